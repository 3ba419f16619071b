import pytest

from perfwise.core.metric import evaluate
from perfwise.errors import InvalidMetric
from perfwise.programs.metrics.eff_at_k import EffAtK
from tests.outcomes import made, reference

LEVELS = (1.0, 2.0, 4.0)  # the reference's cost on levels 1, 2, 3, so T = 8


def cases(costs, stopped_at=None):
    """Level 0 at a cost of 0.5, then one case a level; from `stopped_at` on a limit holds."""
    rows = [(0, 0.5, "ok")]
    for level, cost in enumerate(costs, start=1):
        ended = stopped_at is not None and level >= stopped_at
        rows.append(
            (level, None, "not-run") if ended and level > stopped_at else (level, cost, "stopped" if ended else "ok")
        )
    return rows


EXPERT = [reference(cost=7.5, cases=cases(LEVELS))]


def score(rows, references=EXPERT, allowance=0.0, **parameters):
    return EffAtK(allowance=allowance, **parameters).terms([made(cost=1, cases=rows)], references)["t"][0]


def test_levels_and_censoring_by_hand():
    # f = (6/7, 4/6, 0), e = (3 * 6/7 + 3 * 2/3) / 10
    assert score(cases((2, 4, 8), stopped_at=3)) == pytest.approx(0.4571, abs=5e-5)


def test_the_reference_scores_one():
    assert score(cases(LEVELS)) == pytest.approx(1.0)


def test_beating_the_reference_is_not_clipped():
    # f = 8/7, 8/6, 8/4
    assert score(cases((0, 0, 0))) == pytest.approx((3 * 8 / 7 + 3 * 8 / 6 + 4 * 2) / 10)


def test_a_stopped_level_ends_the_later_ones_too():
    assert score(cases((1, 9, 9), stopped_at=2)) == pytest.approx(0.3)


def test_a_case_over_the_limit_ends_its_level_though_nothing_stopped_it():
    assert score(cases((1, 8.1, 4))) == pytest.approx(0.3)
    assert score(cases((1, 8.0, 4))) == pytest.approx(0.7)  # exactly T scores 0 on its level only


def test_the_allowance_keeps_a_level_that_is_just_over():
    assert score(cases((1, 8.1, 4)), allowance=0.2) == pytest.approx(0.7)


def test_a_level_zero_over_the_limit_ends_everything():
    assert score([(0, 9.0, "ok"), *cases(LEVELS)[1:]]) == 0.0


def test_the_dearest_case_of_a_level_counts():
    assert score([*cases(LEVELS), (1, 8.0, "ok")]) == pytest.approx(0.7)


def test_a_wrong_sample_scores_nothing():
    wrong = made(cost=1, right=False, cases=cases(LEVELS))
    assert EffAtK().terms([wrong], EXPERT) == {"t": (0.0,)}


def test_a_right_sample_of_unknown_cost_is_not_scored():
    unknown = made(cost=None, cases=cases((None, None, None)))
    assert EffAtK().terms([unknown], EXPERT) == {}


def test_a_censored_sample_is_scored_though_its_total_is_unknown():
    assert EffAtK().terms([made(cost=None, cases=cases((1, 2, 8), stopped_at=3))], EXPERT) == {
        "t": (pytest.approx(0.6),)
    }


def test_best_of_two_draws():
    outcomes = [
        made(candidate="0", right=False),
        made(candidate="1", cost=1, cases=cases((1, 2, 8), stopped_at=3)),
        made(candidate="2", cost=1, cases=cases(LEVELS)),
    ]
    # e = 0, .6, 1: pairs' maxima .6, 1, 1
    assert evaluate(EffAtK(k=2), outcomes, EXPERT).value == pytest.approx(2.6 / 3)
    with pytest.raises(InvalidMetric, match=r"eff@4 is not defined: t has only 3 sample"):
        EffAtK(k=4).terms(outcomes, EXPERT)


def test_tasks_without_a_weighted_level_or_a_right_reference_are_left_out():
    gate_only = [reference(cost=1, cases=[(0, 5.0, "ok")])]
    failed = [reference(cost=1, right=False, cases=cases(LEVELS))]
    outcomes = [made(cost=1, cases=cases(LEVELS))]
    assert EffAtK().terms(outcomes, gate_only) == {}
    assert EffAtK().terms(outcomes, failed) == {}


def test_a_reference_that_costs_nothing_gives_no_scale():
    free = [reference(cost=1, cases=cases((0, 0, 0)))]
    assert EffAtK().terms([made(cost=1, cases=cases(LEVELS))], free) == {}


def test_the_cheapest_of_several_references_is_the_yardstick():
    slow = reference(cost=75, candidate="1", cases=cases((10, 20, 40)))
    assert score(cases(LEVELS), [slow, *EXPERT]) == pytest.approx(1.0)


def test_a_level_without_hardness_is_refused():
    with pytest.raises(InvalidMetric, match="level 3, hardness is given for 3 levels"):
        score(cases(LEVELS), hardness=(0, 3, 3))


@pytest.mark.parametrize(
    "wrong", [{"k": 0}, {"alpha": 1.0}, {"hardness": ()}, {"hardness": (-1,)}, {"cost": "peak_bytes"}]
)
def test_parameters_out_of_range(wrong):
    with pytest.raises(InvalidMetric):
        EffAtK(**wrong)
