"""Quality against cost, by hand."""

from dataclasses import replace

import numpy as np
import pytest

from perfwise.core.cost import Cost
from perfwise.core.families import FAMILIES
from perfwise.core.family import Family
from perfwise.core.metric import evaluate
from perfwise.core.metrics.cost_at_quality import CostAtQuality
from perfwise.core.metrics.cost_per_solved import CostPerSolved
from perfwise.core.metrics.hypervolume import Hypervolume
from perfwise.core.metrics.pareto_set import ParetoSet
from perfwise.core.metrics.quality_per_cost import QualityPerCost
from perfwise.errors import InvalidMetric, InvalidOption
from tests.outcomes import made


def graded(candidate_set, task, quality, **amounts):
    return replace(made(task, candidate_set=candidate_set), quality=quality, cost=Cost(**amounts))


# Means over two tasks: small (0.5, 10), middle (0.8, 20), large (0.9, 40), silly (0.7, 30)
SETS = {"small": (0.5, 10), "middle": (0.8, 20), "large": (0.9, 40), "silly": (0.7, 30)}
PLANS = [
    graded(name, task, quality + sign * 0.1, gpu_s=amount + sign * 5)
    for name, (quality, amount) in SETS.items()
    for task, sign in (("t", 1), ("u", -1))
]


def value(metric, outcomes=PLANS):
    found = evaluate(metric, outcomes).value
    return found if found is None else pytest.approx(found)


def test_the_pareto_set_leaves_out_what_another_beats():
    places = ParetoSet("gpu_s").places(PLANS)
    assert [(place.candidate_set, place.is_best) for place in places] == [
        ("small", True),
        ("middle", True),
        ("silly", False),
        ("large", True),
    ]
    assert (places[1].quality, places[1].amount) == pytest.approx((0.8, 20))
    assert value(ParetoSet("gpu_s")) == 3


def test_equal_sets_do_not_beat_each_other():
    twins = [graded(name, "t", 0.5, gpu_s=1) for name in "ab"]
    assert all(place.is_best for place in ParetoSet("gpu_s").places(twins))
    assert ParetoSet("gpu_s").places([]) == ()


def test_tasks_that_a_set_did_not_attempt_take_no_part():
    more = [*PLANS, graded("small", "v", 1.0, gpu_s=1)]
    assert ParetoSet("gpu_s").places(more) == ParetoSet("gpu_s").places(PLANS)


def test_hypervolume_is_the_area_under_the_staircase():
    # from 10 to 20 at 0.5, to 40 at 0.8, to 50 at 0.9: 5 + 16 + 9 = 30 of 50
    assert value(Hypervolume("gpu_s", reference_cost=50)) == 30 / 50
    # without a reference the box ends at 40: 21 of 40
    assert value(Hypervolume("gpu_s")) == 21 / 40
    # above a floor of 0.6: 20 * 0.2 + 10 * 0.3 = 7 of 50 * 0.4
    assert value(Hypervolume("gpu_s", reference_cost=50, reference_quality=0.6)) == 7 / 20
    # a box that ends at 15 holds the small set alone: 2.5 of 15
    assert value(Hypervolume("gpu_s", reference_cost=15)) == 2.5 / 15


def test_cost_at_a_quality_is_of_the_cheapest_set_that_reaches_it():
    assert value(CostAtQuality("gpu_s", required=0.75)) == 20
    assert value(CostAtQuality("gpu_s", required=0.85)) == 40
    found = evaluate(CostAtQuality("gpu_s", required=0.95), PLANS)
    assert (found.value, found.note, found.unit) == (None, "undefined on these tasks", "s")


def test_a_mixture_of_two_sets_may_be_cheaper():
    # half middle (0.8 at 20), half large (0.9 at 40)
    assert value(CostAtQuality("gpu_s", required=0.85, mixed=True)) == 30
    assert value(CostAtQuality("gpu_s", required=0.8, mixed=True)) == 20
    assert evaluate(CostAtQuality("gpu_s", required=0.95, mixed=True), PLANS).value is None


def test_prices_make_dollars_of_several_costs():
    outcomes = [graded("a", "t", 1.0, gpu_s=10, energy_j=1000), graded("a", "u", 0.0, gpu_s=30, energy_j=0)]
    prices = {"gpu_s": 0.01, "energy_j": 0.0001}
    # 0.1 + 0.1 and 0.3 dollars
    metric = QualityPerCost(prices=prices)
    assert value(metric, outcomes) == 1 / 0.5
    assert (metric.name, metric.unit) == ("quality_per_cost(gpu_s+energy_j)", "quality/USD")
    unknown = [*outcomes, graded("a", "v", 1.0, gpu_s=1)]
    assert value(metric, unknown) == 1 / 0.5  # its energy is not known


def test_failures_are_paid_for_by_what_is_solved():
    outcomes = [made("t", 100), made("t", 300, right=False, candidate="1"), made("u", 200), made("v", None)]
    assert value(CostPerSolved(), outcomes) == 600 / 2
    assert value(QualityPerCost(), outcomes) == 2 / 600
    nothing = evaluate(CostPerSolved(), [made("t", 100, right=False)])
    assert (nothing.value, nothing.unit) == (None, "instructions")


def test_many_draws_at_once_give_what_each_gives_alone():
    rows = np.random.default_rng(1).random((5, 7, 6))
    for metric in (
        ParetoSet(),
        Hypervolume(),
        Hypervolume(reference_cost=0.4),
        CostAtQuality(required=0.5, mixed=True),
    ):
        together = metric.combine(rows)
        assert together == pytest.approx([float(metric.combine(one)) for one in rows], nan_ok=True)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Hypervolume(reference_cost=0),
        lambda: Hypervolume(reference_quality=1.0),
        lambda: CostAtQuality(required=1.1),
        lambda: CostPerSolved(prices={"gpu_s": -1}),
    ],
)
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(InvalidMetric):
        wrong()


def test_a_price_of_what_has_no_unit_is_refused():
    with pytest.raises(InvalidOption, match="carries no unit"):
        CostPerSolved(prices={"hours": 1.0})


@pytest.mark.parametrize("package", FAMILIES)
def test_every_method_says_what_it_is_and_where_it_is_from(package):
    for info in Family(package).describe():
        assert info.summary.endswith(".")
        assert info.source
