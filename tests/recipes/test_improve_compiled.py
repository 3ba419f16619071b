"""Improving C++: compiled, held to the original on tests and varied inputs, counted, by rules to the end."""

import pytest

from perfwise.errors import InvalidCandidate, MissingMeter
from perfwise.improve.archive import Archive
from perfwise.improve.loop import improve
from perfwise.improve.methods.rules import Rules
from perfwise.programs.contracts import ProgramTask
from perfwise.programs.meters.cpu_time import CpuTimeMeter
from perfwise.programs.meters.wasm import WasmMeter
from perfwise.recipes.improve_programs.bench import Effort
from perfwise.recipes.improve_programs.compiled import CompiledBench

pytest.importorskip("ziglang", reason="no compiler for C and C++: pip install 'perfwise[cpp]'")

EFFORT = Effort(mutations=12)
PRIMES = """#include <iostream>
using namespace std;

bool prime(int n) {
    if (n < 2) return false;
    for (int i = 2; i < n; i++) {
        if (n % i == 0) return false;
    }
    return true;
}

int main() {
    int n, count = 0;
    cin >> n;
    for (int i = 0; i < n; i++) count += prime(i);
    cout << count << endl;
}
"""
WHOLE = """
def inputs():
    return [("10 ",), ("2 ",), ("30 ",)]
def stress():
    return [("3000 ",)]
def reference(text):
    n = int(text)
    return f"{sum(all(k % d for d in range(2, int(k**0.5) + 1)) for k in range(2, n))}" + chr(10)
"""
FUNCTION = """
def inputs():
    return [(5,), (9,)]
def stress():
    return [(22,)]
def reference(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a
"""
FIB = "long long fib(int n) {\n    if (n < 2) return n;\n    return fib(n - 1) + fib(n - 2);\n}\n"


def bench(script, source, entry_point=""):
    return CompiledBench(ProgramTask("t", script, entry_point), source, "c++", WasmMeter(), EFFORT)


def improved(made, *rules, path=None):
    return improve(made, Rules(only=rules), Archive(path, dict(made.identity), made.cost_name))


def test_trial_division_stops_at_the_root_and_the_run_repeats_byte_for_byte(tmp_path):
    done = improved(bench(WHOLE, PRIMES), "root_bound", path=tmp_path / "1.jsonl")
    assert "i <= n / i" in done.result.proposal.text
    assert done.ratio > 10
    assert done.result.assessment.level == "measured inputs"
    improved(bench(WHOLE, PRIMES), "root_bound", path=tmp_path / "2.jsonl")
    assert (tmp_path / "1.jsonl").read_bytes() == (tmp_path / "2.jsonl").read_bytes()


def test_a_function_is_improved_through_its_driver():
    done = improved(bench(FUNCTION, FIB, "fib"), "memo")
    assert [step.proposal.origin for step in done.steps] == ["memo"]
    assert done.ratio > 5


def test_what_differs_is_told_with_the_input_and_what_does_not_compile_is_broken():
    made = bench(FUNCTION, FIB, "fib")
    baseline = made.baseline()
    wrong = made.assess("long long fib(int n) { return n < 9 ? n : 34; }", baseline)
    assert wrong.finding == "different"
    assert wrong.counterexample.got in {"34", wrong.counterexample.input}
    assert wrong.counterexample.expected != wrong.counterexample.got
    broken = made.assess("long long fib(int n) { return m; }", baseline)
    assert broken.finding == "broken"
    assert "undeclared identifier 'm'" in broken.message
    dear = made.assess(FIB.replace("    if", "    for (volatile int i = 0; i < 9; i++) {}\n    if"), baseline)
    assert dear.finding == "dearer"
    assert dear.costs == {}


def test_an_original_that_fails_its_tests_or_does_not_compile_is_refused():
    with pytest.raises(InvalidCandidate, match="fails its tests") as caught:
        bench(FUNCTION, "long long fib(int n) { return n; }", "fib").baseline()
    assert caught.value.code == "original-fails"
    with pytest.raises(InvalidCandidate, match="cannot be compiled") as caught:
        bench(FUNCTION, "long long fib(int n) {", "fib").baseline()
    assert caught.value.code == "does-not-parse"


def test_a_meter_without_the_language_is_refused():
    with pytest.raises(MissingMeter, match=r"cpu_time does not measure programs in c\+\+"):
        CompiledBench(ProgramTask("t", FUNCTION, "fib"), FIB, "c++", CpuTimeMeter())
