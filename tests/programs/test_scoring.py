import math
from dataclasses import replace

import pytest

from perfwise.core.outcome import Failure
from perfwise.errors import InvalidOption
from perfwise.programs.scoring import Scores, default_metrics, made_metrics, score
from tests.outcomes import NOISY, made, reference

COST = "wasm_instructions"


def scored(*outcomes, metrics=("pass_at_k",), ks=(1,)) -> Scores:
    return score(outcomes, made_metrics(metrics, ks, COST), COST)


def value(scores: Scores, candidate_set: str, name: str) -> float | None:
    return {result.name: result.value for result in scores.sets[candidate_set]}[name]


def test_quality_ranks_first_and_cost_decides_ties():
    scores = scored(
        made("t", 9e6, candidate_set="slow"),
        made("t", 1e6, candidate_set="fast"),
        made("t", right=False, candidate_set="z"),
    )
    assert scores.ranking == ("fast", "slow", "z")
    assert scores.comparison is not None
    assert (scores.comparison.first, scores.comparison.second) == ("slow", "fast")


def test_typical_cost_is_the_geometric_mean_over_tasks_that_every_solving_set_solves():
    outcomes = [
        made("t", 1e6, candidate_set="a"),
        made("u", 4e6, candidate_set="a"),
        made("v", 9e9, candidate_set="a"),  # only `a` solves it, so it says nothing beside `b`
        made("t", 2e6, candidate_set="b"),
        made("u", 8e6, candidate_set="b"),
        made("v", right=False, candidate_set="b"),
        made("t", right=False, candidate_set="none"),
    ]
    scores = scored(*outcomes)
    assert value(scores, "a", COST) == pytest.approx(math.sqrt(1e6 * 4e6))
    assert value(scores, "b", COST) == pytest.approx(4e6)
    assert value(scores, "none", COST) is None


def test_references_are_handed_to_the_metrics_and_not_ranked():
    scores = scored(reference("t", 50.0), made("t", 100.0), metrics=["speedup"])
    assert scores.ranking == ("a",)
    assert scores.samples == 1
    assert value(scores, "a", "speedup") == 0.5


def test_a_metric_that_is_not_defined_leaves_a_note_and_the_others_whole():
    scores = scored(made("t"), ks=(1, 10))
    assert (value(scores, "a", "pass@1"), value(scores, "a", "pass@10")) == (1.0, None)
    assert any("pass@10" in caveat and "only 1 sample" in caveat for caveat in scores.caveats)


def test_sets_are_placed_among_all_known_solutions_by_the_metrics_that_want_them():
    costs = {"a": 1000.0, "b": 3000.0, "c": 2000.0}
    scores = scored(*(made("t", cost, candidate_set=name) for name, cost in costs.items()), metrics=["beyond"])
    assert [value(scores, name, "beyond") for name in costs] == [1.0, 0.0, 0.5]


def test_equal_candidates_are_counted_as_saved():
    twin = replace(made("t", candidate="1"), key=made("t").key)
    scores = scored(made("t"), twin)
    assert (scores.samples, scores.distinct) == (2, 1)


def test_caveats_are_told_once_with_how_often():
    doubtful = [made("t", candidate=str(i), caveats=("it wobbled",)) for i in range(3)]
    assert "it wobbled (3 outcomes)" in scored(*doubtful).caveats


def test_programs_that_the_guest_cannot_run_and_tasks_that_fail_are_told():
    unrun = replace(made("t"), quality=None, failure=Failure("unsupported"))
    faulty = replace(made("u"), quality=None, failure=Failure("task-fault"))
    told = " ".join(scored(unrun, faulty).caveats)
    assert "1 outcome could not be measured: the program needs what its meter does not have" in told
    assert "1 outcome could not be judged" in told


def test_costs_of_different_meters_are_never_compared():
    other = made("t", candidate_set="b", provenance=NOISY)
    scores = scored(made("t", candidate_set="a"), other)
    assert scores.comparison is None
    assert any("measured differently" in caveat for caveat in scores.caveats)


def test_default_metrics_follow_samples_levels_references_and_shipped_scores():
    def names(*outcomes):
        return [metric.name for metric in default_metrics(outcomes, (), COST)]

    ten = [made("t", candidate=str(i)) for i in range(10)]
    assert names(made("t")) == ["pass@1"]
    assert names(*ten) == ["pass@1", "pass@10"]
    assert names(*ten, reference("t")) == ["pass@1", "pass@10", "efficient@1", "speedup"]
    levelled = reference("t", cases=[(0, 1.0, "ok"), (1, 1.0, "ok")])
    assert names(made("t"), levelled) == ["pass@1", "eff@1", "efficient@1", "speedup"]
    assert names(made("t"), reference("t", score=60.0)) == ["pass@1", "DPS", "DPS_norm", "efficient@1", "speedup"]


@pytest.mark.parametrize(
    ("asked", "kept"), [((5,), ["pass@1", "pass@5"]), ((5, 2), ["pass@2", "pass@5"]), ((2,), ["pass@2"])]
)
def test_an_asked_k_that_is_not_defined_is_kept_behind_one_that_can_rank(asked, kept):
    two = [made("t"), made("t", candidate="1")]
    assert [metric.name for metric in default_metrics(two, asked, COST)] == kept


def test_failures_are_counted_by_kind_over_the_ranked_sets():
    stopped = replace(made("t", right=False, candidate_set="b"), failure=Failure("out-of-fuel"))
    wrong = [made("t", right=False, candidate_set=name) for name in "ab"]
    scores = scored(made("t"), *wrong, stopped, reference("t", right=False))
    assert scores.failures == {"wrong-answer": 2, "out-of-fuel": 1}


def test_all_makes_every_metric_and_an_unknown_name_is_refused():
    assert len(made_metrics(["all"], [1], "cpu_s")) >= 12
    assert {metric.name for metric in made_metrics(["speedup"], [1], "cpu_s")} == {"speedup(cpu_s)"}
    with pytest.raises(InvalidOption, match="nosuch"):
        made_metrics(["nosuch"], [1], COST)


def test_no_outcome_at_all_gives_no_ranking():
    assert scored(reference("t")).ranking == ()
