"""VES and R-VES on hand-worked ratios."""

import pytest

from perfwise.core.metric import evaluate
from perfwise.programs.metrics.r_ves import RVes
from perfwise.programs.metrics.ves import Ves
from tests.outcomes import made, reference


def value(metric, *samples):
    """Of samples (task, cost or None where wrong) beside gold queries of cost 400."""
    tasks = {task for task, _ in samples}
    outcomes = [made(task, 400.0 if cost is None else cost, right=cost is not None) for task, cost in samples]
    return evaluate(metric, outcomes, [reference(task, 400.0) for task in sorted(tasks)]).value


def test_ves_is_the_root_of_the_ratio_and_not_bounded():
    assert value(Ves(), ("a", 100.0), ("b", None)) == pytest.approx(100.0)  # (2 + 0) / 2
    assert value(Ves(), ("a", 4.0)) == pytest.approx(1000.0)


@pytest.mark.parametrize(
    ("cost", "reward"),
    [(200.0, 1.25), (201.0, 1.0), (400.0, 1.0), (401.0, 0.75), (800.0, 0.75), (1600.0, 0.5), (1601.0, 0.25)],
)
def test_r_ves_rewards_by_steps_of_the_ratio(cost, reward):
    assert value(RVes(), ("a", cost)) == pytest.approx(100 * reward**0.5)


def test_a_wrong_query_has_nothing():
    assert value(RVes(), ("a", None)) == value(Ves(), ("a", None)) == 0.0
