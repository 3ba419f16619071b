"""C and C++ by the wasm meter: whole programs and functions, exact, in a world without files, network or true time."""

import marshal

import pytest

from perfwise.core.outcome import Failure
from perfwise.programs import plain
from perfwise.programs.contracts import Limits
from perfwise.programs.meters.wasm import WasmMeter

pytest.importorskip("ziglang", reason="no compiler for C and C++: pip install 'perfwise[cpp]'")

LIMITS = Limits(budget=1e8, memory_bytes=64 << 20)


def run(source, *arguments, entry_point="", language="c++", limits=LIMITS, seed=0):
    meter = WasmMeter().for_language(language)
    return meter.measure(source, entry_point, [plain.dumps(each) for each in arguments], limits, seed)


def stdin(source, *texts, language="c", **options):
    return run(source, *[(text,) for text in texts], language=language, **options)


def answers(run):
    assert run.failure is None
    return [None if call.answer is None else marshal.loads(call.answer) for call in run.calls]


ADDER = """
#include <stdio.h>
int main(void) {
    long long sum = 0, next;
    while (scanf("%lld", &next) == 1) sum += next;
    printf("%lld\\n", sum);
    return 0;
}
"""


def test_a_whole_program_reads_its_input_and_is_counted_from_start_to_end_each_time_alike():
    first, second = stdin(ADDER, "1 2 3\n", "10000000000 5"), stdin(ADDER, "1 2 3\n", "10000000000 5")
    assert answers(first) == ["6\n", "10000000005\n"]
    assert first == second
    short, long = stdin(ADDER, "1 " * 100, "1 " * 1000).calls
    assert 5 * short.cost < long.cost < 12 * short.cost


def test_both_levels_of_optimisation_count():
    for optimisation in (2, 3):
        meter = WasmMeter(optimisation).for_language("c")
        assert f"-O{optimisation}" in meter.identity()
        assert meter.measure(ADDER, "", [plain.dumps(("1",))], LIMITS, 0).calls[0].cost > 0


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("volatile int i = 0; for (;;) i++;", "out-of-fuel"),
        ('for (;;) write(1, "", 0);', "out-of-fuel"),
        ("static char page[1 << 20]; for (;;) write(1, page, sizeof page);", "answer-too-large"),
        ("for (;;) { volatile char *more = malloc(1 << 20); if (!more) abort(); more[5] = 1; }", "out-of-memory"),
        ("abort();", "crash"),
        ("volatile int zero = 0; return 100 / zero;", "crash"),
        ("volatile char *far = (char *)0xfffffff0u; return *far;", "crash"),
        ("return recurse(1);", "recursion"),
        ("char all[2000000]; for (;;) getentropy(all, 256);", "forbidden"),
    ],
)
def test_a_program_that_goes_wrong_is_stopped_with_the_reason(body, kind):
    head = "#include <stdlib.h>\n#include <unistd.h>\n"
    head += "int recurse(volatile int n) { volatile int m = n; return recurse(n + 1) + m; }\n"
    (call,) = stdin(f"{head}int main(void) {{ {body} }}\n", "").calls
    assert call.stopped.kind == kind


def test_an_exit_status_is_an_exception():
    (call,) = stdin("int main(void) { return 3; }\n", "").calls
    assert call.raised == ("SystemExit", "exit status 3")


def test_files_do_not_exist_time_is_virtual_and_entropy_is_seeded():
    source = """
#include <stdio.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>
int main(void) {
    unsigned drawn;
    time_t start = time(0);
    sleep(3600);
    getentropy(&drawn, sizeof drawn);
    printf("%d %d %lld %lld %u\\n", fopen("/etc/hosts", "r") == 0, fopen("x", "w") == 0, (long long)start,
           (long long)(time(0) - start), drawn);
}
"""
    (told,) = answers(stdin(source, ""))
    assert told.split()[:4] == ["1", "1", "946684800", "3600"]
    assert answers(stdin(source, "")) == [told] != answers(stdin(source, "", seed=1))


ROUND = "#include <bits/stdc++.h>\nusing namespace std;\n#define int long long\n"


def test_plain_data_crosses_unchanged():
    kinds = [
        ("vector<int>", [0, -1, 2**31, -(2**31) - 1, 2**63 - 1, -(2**63)]),
        ("vector<bool>", [True, False]),
        ("vector<double>", [0.5, float("inf")]),
        ("pair<string, string>", ("", "naïve\n")),
        ("vector<vector<int>>", [[1], [2, 3], []]),
        ("tuple<int, bool, float>", (1, True, 2.5)),
        ("map<string, vector<int>>", {"a": [1], "b": []}),
        ("unordered_set<int>", {1, 2, 3}),
        ("pair<optional<int>, optional<int>>", (None, 5)),
        ("array<int, 2>", [4, 5]),
        ("deque<char>", ["a", "b"]),
        ("__int128", 2**100),
    ]
    everything = f"tuple<{', '.join(kind for kind, _ in kinds)}>"
    source = f"{ROUND}{everything} same_again(const {everything}& value) {{ return value; }}\n"
    values = tuple(value for _, value in kinds)
    (found,) = answers(run(source, (values,), entry_point="same_again"))
    assert [(type(each), each) for each in found] == [(type(each), each) for each in values]


def test_parameters_by_value_by_reference_and_as_pointers_to_text():
    source = (
        f"{ROUND}void change(vector<int>& all) {{ all.clear(); }}\nstring join(string a, const char* b, string_view c) "
    )
    source += "{ vector<int> v{1}; change(v); return a + b + string(c); }\n"
    assert answers(run(source, ("a", "b", "c"), entry_point="join")) == ["abc"]
    assert answers(run(source, ([1],), entry_point="change")) == [None]


@pytest.mark.parametrize(
    ("arguments", "kind", "said"),
    [
        ((2**40,), "OverflowError", "argument 1"),
        (("text",), "TypeError", "a whole number is wanted"),
        ((1, 2), "TypeError", "takes 1 arguments, the task gives 2"),
    ],
)
def test_arguments_that_do_not_fit_are_told_as_an_exception(arguments, kind, said):
    (call,) = run("#include <vector>\nint f(int n) { return n; }\n", arguments, entry_point="f").calls
    assert call.raised[0] == kind
    assert said in call.raised[1]


def test_a_method_of_a_class_solution_is_called_on_a_fresh_object():
    source = "struct Solution { int calls = 0; int next(int n) { return n + ++calls; } };\n"
    assert answers(run(source, (1,), (1,), entry_point="next")) == [2, 2]


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("int other(int n) { return n; }\n", "no-entry-point"),
        ("struct Own {}; Own f(int) { return {}; }\n", "compile-error"),
    ],
)
def test_a_function_that_cannot_be_called_with_plain_data_says_why(source, kind):
    assert run(source, (1,), entry_point="f").failure.kind == kind


def test_a_function_in_c_is_not_measurable_here():
    assert run("int f(int n) { return n; }", (1,), entry_point="f", language="c").failure.kind == "unsupported"


def test_the_call_alone_is_counted_but_not_work_hidden_in_the_handing_over():
    plain_source = "int f(int n) { return n; }\n"
    hiding = """
#include <cstdlib>
#include <new>
volatile int sink;
void* operator new(std::size_t size) { for (int i = 0; i < 1000000; i++) sink = i; return malloc(size); }
void operator delete(void* at) noexcept { free(at); }
#include <string>
int f(const std::string& text) { return text.size(); }
"""
    assert run(plain_source, (1,), entry_point="f").calls[0].cost < 200
    assert run(hiding, ("x" * 100,), entry_point="f").calls[0].cost > 1_000_000


def test_long_has_a_caveat_because_it_is_short_here():
    assert stdin("int main(void) { long n = 0; return n; }", "").caveats
    assert not stdin("int main(void) { long long n = 0; long double x; return n; }", "").caveats


def test_a_budget_covers_all_calls_together():
    limits = Limits(budget=stdin(ADDER, "1 " * 1000).calls[0].cost * 1.5, memory_bytes=64 << 20)
    calls = stdin(ADDER, "1 " * 1000, "1 " * 1000, limits=limits).calls
    assert [call.stopped and call.stopped.kind for call in calls] == [None, "out-of-fuel"]
    assert sum(call.cost for call in calls) <= limits.budget


def test_a_program_that_does_not_compile_fails_before_any_call():
    assert stdin("int main(", "").failure == Failure("compile-error", stdin("int main(", "").failure.message)
