import pytest

from perfwise.errors import InvalidMetric
from perfwise.programs.metrics.beyond import Beyond
from perfwise.programs.metrics.beyond_repository import BeyondRepository
from tests.outcomes import reference, samples

SECONDS = "cpu_s"
KNOWN = [
    reference(cost=cost, candidate=str(i), cost_name=SECONDS, right=cost < 50) for i, cost in enumerate((1, 3, 2, 90))
]


def test_paper_form():
    assert Beyond(cost=SECONDS).terms(samples("t", [1.5], SECONDS), KNOWN) == {"t": (0.75,)}


def test_repository_form_clips_at_one_second():
    assert BeyondRepository().terms(samples("t", [1.5], SECONDS), KNOWN) == {"t": (0.5,)}


def test_paper_form_stays_between_zero_and_one_and_takes_all_samples():
    # faster than all, slower than all, wrong, at the middle
    assert Beyond(cost=SECONDS).terms(samples("t", [0.1, 7, None, 2], SECONDS), KNOWN) == {"t": (1.5 / 4,)}


def test_repository_form_takes_the_first_sample_only_and_a_wrong_one_scores_nothing():
    assert BeyondRepository().terms(samples("t", [None, 1.5], SECONDS), KNOWN) == {"t": (0.0,)}


def test_repository_form_may_exceed_one_for_short_tasks():
    known = [reference(cost=0.2, cost_name=SECONDS), reference(cost=0.4, candidate="1", cost_name=SECONDS)]
    assert BeyondRepository().terms(samples("t", [0.1], SECONDS), known) == {"t": (pytest.approx(1.5),)}


def test_references_that_cost_the_same_give_no_scale():
    same = [reference(cost=5), reference(cost=5, candidate="1")]
    assert Beyond().terms(samples("t", [5]), same) == {}


def test_the_paper_form_does_not_depend_on_the_unit():
    scaled = [reference(cost=cost * 1e9, candidate=str(cost)) for cost in (1, 3)]
    assert Beyond().terms(samples("t", [1.5e9]), scaled) == {"t": (0.75,)}


def test_the_repository_form_refuses_a_cost_that_is_not_seconds():
    with pytest.raises(InvalidMetric, match="one second"):
        BeyondRepository(cost="wasm_instructions")
