"""The compiler is bounded, tells its limits apart from the program's faults, and lets no file of the host in."""

import pytest

from perfwise.core.outcome import Failure
from perfwise.errors import MissingExtra
from perfwise.programs.compiled import compiler
from perfwise.programs.compiled.compiler import Recipe, kept_module

pytest.importorskip("ziglang", reason="no compiler for C and C++: pip install 'perfwise[cpp]'")

C = Recipe("c")
CPP = Recipe("c++")


def failure(source, recipe=C):
    made = kept_module(source, recipe)
    assert isinstance(made, Failure), "it compiled"
    return made.kind, made.message


def test_the_same_source_makes_the_same_bytes_in_two_builds():
    source = '#include <stdio.h>\nint main(void) { puts("hello"); return 0; }\n'
    assert compiler._compiled(source, C) == compiler._compiled(source, C)


def test_a_module_is_kept_under_a_key_of_source_flags_and_versions(tmp_path, monkeypatch):
    compiler.prepare()
    monkeypatch.setattr(compiler, "cache_folder", lambda: tmp_path)
    compiled = []
    monkeypatch.setattr(compiler, "_compiled", lambda source, recipe: compiled.append(recipe) or b"module")
    for recipe in (C, C, Recipe("c", optimisation=3)):
        assert kept_module("int main(void) {}", recipe) == b"module"
    assert compiled == [C, Recipe("c", optimisation=3)]


def test_a_missing_compiler_is_an_error_that_says_how_to_get_it(monkeypatch):
    def absent(name):
        raise compiler.importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(compiler.importlib.metadata, "version", absent)
    with pytest.raises(MissingExtra, match=r"perfwise\[cpp\]"):
        compiler.compiler_version()


@pytest.mark.parametrize(
    ("source", "kind", "said"),
    [
        ("int main(void) {\n  return x;\n}\n", "compile-error", "line 2: use of undeclared identifier 'x'"),
        ("int f(void) { return 1; }\n", "no-entry-point", "main"),
        ("char a[300000000] = {1}; int main(void) { return a[7]; }\n", "compile-error", "does not fit into 256"),
        ("#include <omp.h>\nint main(void) {}\n", "unsupported", "not in the standard library"),
        ("#include <pthread.h>\nint main(void) { return pthread_create(0, 0, 0, 0); }\n", "unsupported", "threads"),
        ('int main(void) { __asm__(".incbin \\"/etc/passwd\\""); }\n', "unsupported", "assembly"),
    ],
)
def test_faults_of_a_program_and_limits_of_this_way_to_measure_are_told_apart(source, kind, said):
    told = failure(source)
    assert told[0] == kind
    assert said in told[1]


@pytest.mark.parametrize(
    ("body", "said"),
    [("throw 1;", "exceptions"), ("try { } catch (...) { }", "exceptions"), ("std::thread t([] {});", "threads")],
)
def test_exceptions_and_threads_are_not_measurable_here(body, said):
    kind, message = failure(f"#include <thread>\nint main() {{ {body} }}\n", CPP)
    assert kind == "unsupported"
    assert message.startswith("not measurable here")
    assert said in message


@pytest.mark.parametrize(
    "text",
    [
        '#include "{}"',
        '#define FILE_NAME "{}"\n#include FILE_NAME',
        "#include <{}>",
        '#in\\\nclude /**/ "{}"',
        'const unsigned char text[] = {{\n#em\\\nbed "{}"\n}};',
        '%:include "{}"',
    ],
)
@pytest.mark.parametrize("relative", [False, True])
def test_no_file_of_the_host_reaches_a_program_or_an_outcome(text, relative, tmp_path):
    secret = tmp_path / "secret.h"
    secret.write_text("hunter2\n")
    name = f"../../../../../../../../..{secret}" if relative else str(secret)
    kind, message = failure(f"{text.format(name)}\nint main(void) {{ return 0; }}\n")
    assert kind == "forbidden"
    assert "hunter2" not in message


@pytest.mark.parametrize(
    "source",
    [
        "template <class T> struct A { typedef typename A<A<T>>::t t; };\nA<int>::t x;\nint main() {}\n",
        '#include "program.cpp"\nint main() {}\n',
    ],
    ids=["templates without end", "includes itself"],
)
def test_bombs_end_within_the_bounds(source, monkeypatch):
    assert failure(source, CPP)[0] == "compile-error"


def test_a_compiler_that_takes_too_long_is_stopped():
    source = "template <int N, int M> struct A { static const int v = A<N - 1, M>::v + A<N - 1, M + (1 << N)>::v; };\n"
    source += "template <int M> struct A<0, M> { static const int v = 1; };\nint main() { return A<28, 0>::v; }\n"
    made = compiler._compiled(source, CPP, cpu_s=2)
    assert isinstance(made, Failure)
    assert "did not finish" in made.message


def test_our_headers_are_the_driver_and_the_umbrella():
    source = "#include <bits/stdc++.h>\nusing namespace std;\nint f(vector<int> v) { return __gcd(v[0], v[1]); }\n"
    assert isinstance(kept_module(source, Recipe("c++", "f")), bytes)
