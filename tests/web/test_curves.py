from dataclasses import replace

import pytest

from perfwise.web.curves import growth_curves, performance_profiles
from tests.outcomes import made
from tests.web.made_runs import SIZES, outcome


def test_a_line_is_the_geometric_mean_of_the_successes_by_size():
    group = [outcome("t", "a", 1e6), outcome("t", "a", 4e6, candidate="1"), outcome("t", "a", 9, right=False)]
    (curve,) = growth_curves({"a": group}, 5)
    line = curve.lines["a"]
    assert (curve.sized, line.sizes) == (True, SIZES)
    assert line.costs == pytest.approx([2e6 * size / sum(SIZES) for size in SIZES])
    assert line.fit.name == "n"


def test_without_sizes_levels_are_shown_and_nothing_is_fitted():
    cases = [(0, 10.0, "ok"), (1, 100.0, "ok"), (2, 1000.0, "ok"), (3, 1e4, "ok"), (3, None, "not-run")]
    (curve,) = growth_curves({"a": [made(cases=cases)]}, 5)
    assert (curve.sized, curve.lines["a"].sizes, curve.lines["a"].fit) == (False, (0, 1, 2, 3), None)


@pytest.mark.parametrize(
    "detail", [{}, {"case_cost": 3, "case_verdict": "ok"}, {"case_cost": [None], "case_size": [{}]}]
)
def test_what_an_engine_does_not_tell_is_no_curve(detail):
    assert growth_curves({"a": [replace(made(), detail=detail)]}, 5) == []


def test_the_steepest_tasks_come_first():
    flat = made("flat", cases=[(0, 10.0, "ok"), (1, 11.0, "ok")])
    steep = made("steep", cases=[(0, 10.0, "ok"), (1, 99.0, "ok")])
    assert [curve.task for curve in growth_curves({"a": [flat, steep]}, 5)] == ["steep", "flat"]
    assert [curve.task for curve in growth_curves({"a": [flat, steep]}, 1)] == ["steep"]


def test_a_profile_counts_unsolved_tasks():
    group = [made("t", 10), made("u", 40), made("v", 5, right=False)]
    line = performance_profiles({"a": group}, "wasm_instructions", {"t": 10, "u": 20, "v": 5})["a"]
    assert list(line.factors) == pytest.approx([1, 2])
    assert list(line.shares) == pytest.approx([1 / 3, 2 / 3])
