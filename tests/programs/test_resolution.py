from dataclasses import replace

from perfwise.core.compare import Resolution, Side, compare
from perfwise.programs.resolution import unresolved
from tests.outcomes import NOISY, made

FOUR_CALLS = [(0, 10.0, "ok")] * 4


def test_a_thousand_instructions_for_each_call():
    assert unresolved(made(cases=FOUR_CALLS)) == 4000


def test_only_stress_cases_are_counted_where_there_are_any():
    outcome = made(cases=FOUR_CALLS)
    stressed = replace(outcome, detail={**outcome.detail, "case_stress": [False, False, False, True]})
    assert unresolved(stressed) == 1000


def test_a_noisy_meter_has_no_absolute_resolution():
    assert unresolved(made(cases=FOUR_CALLS, provenance=NOISY)) == 0


def test_small_programs_tie_within_a_thousand_a_call():
    first, second = (Side(name, [made("t", cost, cases=FOUR_CALLS)]) for name, cost in (("a", 9_000), ("b", 13_000)))
    assert compare(first, second).worse == 1
    assert compare(first, second, resolution=Resolution(absolute=unresolved)).tied == 1
