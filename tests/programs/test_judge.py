"""Assert-style checks: the answers are replayed, and a check that takes another way has found a wrong one."""

from dataclasses import replace

from perfwise.programs.judge import Judge
from tests.programs.probe import DOUBLE, attempt

INVERSE = replace(
    DOUBLE,
    id="inverse",
    entry_point="f",
    reference="def f(x):\n    return -x\n",
    script="""
reference = program(REFERENCE, ENTRY_POINT)
def check_program(candidate):
    y = candidate(5)
    assert candidate(y) == 5
""",
)
PRIMES = replace(
    DOUBLE,
    id="primes",
    entry_point="f",
    reference="def f(n):\n    return [2, 3, 5, 7] if n == 10 else n\n",
    script="""
reference = program(REFERENCE, ENTRY_POINT)
def check_program(candidate):
    found = candidate(10)
    for each in found:
        assert candidate(each) is not None
    assert found == [2, 3, 5, 7]
""",
)


def test_an_honest_program_passes_a_check_that_goes_on_from_answers():
    assert attempt(INVERSE.reference, INVERSE).succeeded
    assert attempt("def f(x):\n    return 0 - x\n", INVERSE).succeeded


def test_an_answer_that_leads_the_check_elsewhere_is_wrong():
    outcome = attempt("def f(x):\n    return 5 if x == -5 else 0\n", INVERSE)
    assert outcome.failure is not None
    assert outcome.failure.kind == "wrong-answer"


def test_an_answer_that_makes_the_check_ask_for_more_is_wrong():
    outcome = attempt("def f(n):\n    return [2, 3, 5, 7, 9, 11]\n", PRIMES)
    assert outcome.failure is not None
    assert outcome.failure.kind == "wrong-answer"


def test_a_faulty_script_is_tried_once():
    judge, faults = Judge(), []
    broken = replace(DOUBLE, id="broken", script="1 / 0")
    for _ in range(2):
        try:
            judge.open(broken)
        except Exception as fault:
            faults.append(fault)
    assert faults[0] is faults[1]
    assert "ZeroDivisionError" in str(faults[0])
