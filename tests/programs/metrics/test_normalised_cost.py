import pytest

from perfwise.core.metric import evaluate
from perfwise.programs.metrics.normalised_cost import NormalisedCost
from perfwise.programs.metrics.normalised_cost_by_task import NormalisedCostByTask
from tests.outcomes import reference, samples

MODEL = samples("t", [2]) + samples("u", [6])
CANONICAL = [reference("t", 2), reference("u", 1)]


def test_ratio_of_sums():
    assert evaluate(NormalisedCost(), MODEL, CANONICAL).value == pytest.approx(8 / 3)


def test_mean_of_ratios():
    assert evaluate(NormalisedCostByTask(), MODEL, CANONICAL).value == pytest.approx(3.5)


def test_the_canonical_solution_is_the_first_reference():
    references = [reference("t", 1, candidate="10"), reference("t", 4, candidate="2")]
    assert NormalisedCost().terms(samples("t", [8]), references) == {"t": (8, 4)}


def test_wrong_samples_do_not_count():
    outcomes = samples("t", [2, None, 4]) + samples("u", [None])
    assert NormalisedCost().terms(outcomes, CANONICAL) == {"t": (6, 4)}
    assert NormalisedCostByTask().terms(outcomes, CANONICAL) == {"t": (1.5,)}


def test_memory_is_a_cost_like_any_other():
    outcomes = samples("t", [3e6], cost_name="peak_bytes")
    metric = NormalisedCost(cost="peak_bytes")
    assert metric.name == "normalised_cost(peak_bytes)"
    assert metric.terms(outcomes, [reference("t", 2e6, cost_name="peak_bytes")]) == {"t": (3e6, 2e6)}
