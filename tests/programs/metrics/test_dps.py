import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwise.errors import InvalidMetric
from perfwise.programs.metrics._clusters import Reference, cluster, clustered_references, match
from perfwise.programs.metrics.dps import DPS
from perfwise.programs.metrics.dps_norm import DPSNorm
from tests.outcomes import made, reference, samples

SHIPPED = [
    reference(cost=cost, score=score, candidate=str(i))
    for i, (cost, score) in enumerate([(400, 50.0), (200, 80.0), (100, 100.0)])
]


@pytest.mark.parametrize(
    ("cost", "dps", "norm"), [(150, 80, 200 / 3), (100, 100, 100), (401, 0, 0), (400, 50, 100 / 3)]
)
def test_a_sample_matches_the_fastest_reference_it_does_not_exceed(cost, dps, norm):
    assert DPS(min_correct=1).terms(samples("t", [cost]), SHIPPED) == {"t": (pytest.approx(dps),)}
    assert DPSNorm(min_correct=1).terms(samples("t", [cost]), SHIPPED) == {"t": (pytest.approx(norm),)}


def test_references_out_of_order_are_searched_from_the_fastest_by_score():
    references = [Reference(300, 50.0), Reference(100, 80.0), Reference(200, 100.0)]
    assert match(150, references) == 2


def test_only_right_samples_count_and_a_stopped_one_scores_nothing():
    stopped = made(cost=None, candidate="9", cases=[(0, 1.0, "ok"), (1, 9.0, "stopped")])
    outcomes = [*samples("t", [100, None, 150]), stopped]
    assert DPS(min_correct=3).terms(outcomes, SHIPPED) == {"t": (pytest.approx(60),)}


def test_a_task_needs_enough_right_samples():
    assert DPS().terms(samples("t", [100] * 9 + [None] * 90), SHIPPED) == {}
    assert DPS().terms(samples("t", [100] * 10), SHIPPED) == {"t": (100.0,)}


def test_only_the_first_right_samples_are_profiled():
    outcomes = samples("t", [None] + [100] * 20 + [401] * 50)
    assert DPS().terms(reversed(outcomes), SHIPPED) == {"t": (100.0,)}


def test_a_task_with_an_unmeasured_shipped_reference_is_left_out():
    broken = [*SHIPPED[:2], reference(cost=None, score=100.0, candidate="2")]
    assert DPS(min_correct=1).terms(samples("t", [100]), broken) == {}


def test_a_score_that_is_no_number_is_refused():
    with pytest.raises(InvalidMetric, match="no number"):
        DPS(min_correct=1).terms(samples("t", [100]), [reference(score="high")])  # type: ignore[arg-type]


@pytest.mark.parametrize("base", [0.1, 0.2])
def test_published_clusters(base):
    costs = [5e5, 1e6, 1e5, 9e5, 4.9e5]
    # 1e6 | 9e5 is a gap of 10 %, allowed 10 % + 10 %
    assert cluster(costs, base) == [[1e6, 9e5], [5e5, 4.9e5], [1e5]]
    assert clustered_references(costs, base) == [Reference(1e6, 40.0), Reference(5e5, 80.0), Reference(1e5, 100.0)]


def test_small_counts_are_hardly_told_apart():
    # a gap of 50 % at 10,000 counts needs more than 0.2 + 1
    assert cluster([10_000, 5_000], 0.2) == [[10_000, 5_000]]


@given(st.lists(st.floats(1, 1e12), max_size=30), st.sampled_from([0.1, 0.2]))
def test_clusters_hold_every_cost_once_in_falling_order(costs, base):
    groups = cluster(costs, base)
    assert [cost for group in groups for cost in group] == sorted(costs, reverse=True)
    assert all(groups)


def test_without_shipped_scores_the_pool_is_references_and_right_samples():
    references = [reference(cost=1e9, candidate="0"), reference(cost=1e8, candidate="1")]
    outcomes = samples("t", [1e7, 1e6, None])
    # clusters 1e9, 1e8, 1e7, 1e6, a quarter each: the samples match the last two
    assert DPS(min_correct=1).terms(outcomes, references) == {"t": (pytest.approx(87.5),)}
    assert DPSNorm(min_correct=1, min_clusters=5).terms(outcomes, references) == {}


def test_outcomes_that_are_also_references_count_once():
    outcomes = samples("t", [1e9, 1e8, 1e7, 1e6])
    assert DPS(min_correct=1).terms(outcomes, outcomes) == DPS(min_correct=1).terms(outcomes, [])


@pytest.mark.parametrize("wrong", [{"min_correct": 0}, {"max_profile": 0}, {"base": -0.1}])
def test_parameters_out_of_range(wrong):
    with pytest.raises(InvalidMetric):
        DPS(**wrong)
