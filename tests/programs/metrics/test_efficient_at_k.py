import pytest

from perfwise.errors import InvalidMetric
from perfwise.programs.metrics.efficient_at_k import EfficientAtK
from tests.outcomes import made, reference, samples


def test_right_and_strictly_cheaper_than_the_best_reference():
    references = [reference(cost=200, candidate="0"), reference(cost=100, candidate="1")]
    outcomes = samples("t", [99, 100, 150, None])  # cheaper, tie, beats only the worse reference, wrong
    assert EfficientAtK().terms(outcomes, references) == {"t": (0.25,)}


def test_two_draws():
    # one efficient of four: 1 - C(3,2) / C(4,2)
    assert EfficientAtK(k=2).terms(samples("t", [99, 100, 150, None]), [reference()]) == {"t": (0.5,)}


def test_tasks_without_a_measured_reference_are_left_out():
    outcomes = samples("t", [1]) + samples("u", [1]) + samples("v", [1])
    references = [reference("t", None), reference("u", 5, right=False)]
    assert EfficientAtK().terms(outcomes, references) == {}


def test_a_stopped_sample_is_not_efficient():
    stopped = made(cost=None, cases=[(0, 1.0, "ok"), (1, 9.0, "stopped")])
    assert EfficientAtK().terms([stopped], [reference()]) == {"t": (0.0,)}


def test_samples_of_unknown_cost_do_not_count_among_n():
    outcomes = [made(cost=50), made(cost=None, candidate="1")]
    assert EfficientAtK().terms(outcomes, [reference()]) == {"t": (1.0,)}
    with pytest.raises(InvalidMetric, match=r"efficient@2 is not defined: t has only 1 sample"):
        EfficientAtK(k=2).terms(outcomes, [reference()])


def test_any_cost_can_be_compared():
    outcomes = samples("t", [5], cost_name="peak_bytes")
    assert EfficientAtK(cost="peak_bytes").terms(outcomes, [reference(cost=6, cost_name="peak_bytes")]) == {"t": (1.0,)}
