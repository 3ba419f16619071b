"""Every rule for C++: it fires where it must, stays silent where it must not, and a compiler takes what it makes."""

import re
import subprocess
import sys

import pytest

from perfwise.core.family import Family
from perfwise.improve.archive import Archive
from perfwise.improve.contracts import TaskText
from perfwise.improve.cpp_text import CppProgram, rewritten
from perfwise.improve.loop import improve
from perfwise.improve.methods.rules import Rules
from tests.improve.toy import ToyBench

RULES = Family("perfwise.improve.cpp_rules")


def made(name, text):
    program = CppProgram(text)
    return rewritten(program, list(RULES.get(name)().sites(program)))


@pytest.mark.parametrize("name", RULES.names())
def test_fires_where_it_must_and_once(name):
    rule = RULES.get(name)()
    assert made(name, rule.before) == rule.after
    assert made(name, rule.after) is None or name == "memo"  # a kept recursion still recurses, under another name
    assert rule.tier in {"A", "B"}


@pytest.mark.parametrize("name", RULES.names())
def test_stays_silent_where_it_must_not(name):
    rule = RULES.get(name)()
    assert rule.silent
    assert [text for text in rule.silent if made(name, text) is not None] == []


@pytest.mark.parametrize("name", RULES.names())
def test_says_what_it_needs_and_where_it_is_from(name):
    text = RULES.get(name).__doc__
    assert "Precondition:" in text
    assert "Source:" in text


def test_there_are_a_dozen():
    assert len(RULES.names()) >= 12


def test_a_compiler_takes_all_of_them_before_and_after(tmp_path):
    pytest.importorskip("ziglang", reason="compiling C++ needs ziglang: pip install 'perfwise[cpp]'")
    texts = [text for name in RULES.names() for text in (RULES.get(name).before, RULES.get(name).after)]
    lines = [line for text in texts for line in text.splitlines(keepends=True)]
    headers = dict.fromkeys(line for line in lines if line.startswith("#include"))
    spaces = [
        f"namespace n{number} {{\n{re.sub(r'#include.*', '', text).replace('int main()', 'int run()')}}}\n"
        for number, text in enumerate(texts)
    ]
    file = tmp_path / "all.cpp"
    file.write_text("".join(headers) + "#include <utility>\n" + "".join(spaces), "utf-8")
    command = [sys.executable, "-m", "ziglang", "c++", "-target", "wasm32-wasi", "-std=c++17", "-w", "-c", file]
    command += ["-o", tmp_path / "all.o"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", RULES.names())
@pytest.mark.parametrize(
    "text",
    [
        "",
        "int main( {",
        "/* never closed",
        'char* s = "never closed;\n',
        "for (;;) ;",
        ")",
        "#define loop(i) for (int i",
        "pow(",
    ],
)
def test_what_is_no_program_is_left_alone(name, text):
    assert made(name, text) is None


class CppBench(ToyBench):
    """Cost is the length of the text, whatever it says."""

    @property
    def task(self):
        return TaskText("toy", language="c++")

    def _of(self, text):
        from perfwise.improve.contracts import Assessment

        return Assessment("verified", "value", {self.cost_name: float(len(text))}, tried=1)


def test_the_method_takes_the_rules_of_the_language():
    text = RULES.get("append_in_place").before
    bench = CppBench(text)
    done = improve(bench, Rules(), Archive(None, {}, bench.cost_name))
    assert done.result.proposal.text == RULES.get("append_in_place").after
    assert done.result.proposal.origin == "append_in_place"
