import pytest

from perfwise.core.metric import evaluate
from perfwise.errors import InvalidMetric
from perfwise.programs.metrics.pass_at_k import PassAtK
from tests.outcomes import samples


def test_two_right_of_five():
    assert PassAtK(k=2).terms(samples("t", [1, 1, None, None, None]), []) == {"t": (pytest.approx(0.7),)}


def test_value_is_the_mean_over_tasks_not_over_samples():
    outcomes = samples("t", [1]) + samples("u", [None, None, None])
    assert evaluate(PassAtK(), outcomes).value == pytest.approx(0.5)


def test_a_right_sample_of_unknown_cost_is_right():
    assert PassAtK().terms(samples("t", [1], cost_name="cpu_s"), []) == {"t": (1.0,)}


def test_a_k_above_the_samples_of_one_task_is_not_defined():
    with pytest.raises(InvalidMetric, match=r"pass@2 is not defined: u has only 1 sample"):
        PassAtK(k=2).terms(samples("t", [1, 1]) + samples("u", [1]), [])


def test_k_is_at_least_one():
    with pytest.raises(InvalidMetric):
        PassAtK(k=0)
