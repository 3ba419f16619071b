from dataclasses import replace

import pytest

from perfwise.errors import InvalidOption
from perfwise.web.findings import chosen_cost, findings
from perfwise.web.gathering import Part, gathered
from tests.outcomes import NOISY, made, reference
from tests.web.made_runs import two_sets


def found_of(*parts, **wishes):
    return findings(gathered(Part(f"run-{number}", part) for number, part in enumerate(parts, 1)), **wishes)


def by_name(found):
    return {one.name: one for one in found.sets}


def test_sets_are_ranked_by_quality_and_then_by_cost():
    outcomes = [made("t", 5, candidate_set="dear"), made("t", 2, candidate_set="cheap")]
    outcomes.append(made("t", 1, candidate_set="wrong", right=False))
    assert [one.name for one in found_of(outcomes).sets] == ["cheap", "dear", "wrong"]


def test_typical_cost_is_the_geometric_mean_over_tasks_that_all_solve():
    outcomes = [made(task, cost, candidate_set=name) for name in "ab" for task, cost in (("t", 2), ("u", 8))]
    outcomes.append(made("v", 1000, candidate_set="a"))
    found = found_of(outcomes)
    assert found.solved_by_all == {"t", "u"}
    assert by_name(found)["a"].cost.value == pytest.approx(4)


def test_a_solved_item_is_charged_with_the_failures():
    outcomes = [made("t", 30), made("u", 50, right=False), made("v", 40)]
    (one,) = found_of(outcomes).sets
    assert one.cost_per_solved.value == 60
    assert (one.solved, one.attempts, one.failures) == (2, 3, {"wrong-answer": 1})


def test_prices_turn_the_cost_of_a_solved_item_into_dollars():
    found = found_of([made("t", 30), made("u", 50, right=False)], prices={"wasm_instructions": 0.5})
    assert found.paid == "price_usd"
    assert found.sets[0].cost_per_solved.value == 40


def test_frontier_holds_the_sets_that_no_other_beats():
    cheap = [made(task, 10, candidate_set="cheap", right=task == "t") for task in "tu"]
    good = [made(task, 20, candidate_set="good") for task in "tu"]
    beaten = [made(task, 30, candidate_set="beaten", right=task == "t") for task in "tu"]
    assert {one.name for one in found_of([*cheap, *good, *beaten]).sets if one.on_frontier} == {"cheap", "good"}


def test_the_best_two_of_one_run_are_compared_the_second_best_as_the_baseline():
    found = found_of(two_sets())
    assert (found.comparison.first, found.comparison.second) == ("fast", "slow")
    assert found.baseline == "fast"
    assert by_name(found)["slow"].beside is found.comparison


def test_two_runs_are_compared_in_the_order_they_were_named():
    one, other = [made(f"t{i}", 10) for i in range(12)], [made(f"t{i}", 20) for i in range(12)]
    found = found_of(one, other)
    assert (found.comparison.first, found.comparison.second) == ("a (run-1)", "a (run-2)")
    assert found.comparison.cost_ratio.value == pytest.approx(2)


def test_a_baseline_of_the_readers_choice():
    assert found_of(two_sets(), baseline="slow").comparison.first == "slow"
    with pytest.raises(InvalidOption, match="no set 'nobody'"):
        found_of(two_sets(), baseline="nobody")


def test_unlike_measurements_are_refused_in_words_and_not_raised():
    found = found_of([made("t")], [made("t", provenance=NOISY)])
    assert found.comparison is None
    assert "measured differently" in found.verdict
    assert found_of([made("t")], [made("t", provenance=NOISY)], allow=["meter", "meter identity", "machine"]).comparison


def test_one_set_has_no_rival_and_no_common_task_no_verdict():
    assert "nothing to compare" in found_of([made("t", 7)]).verdict
    found = found_of([made("t", candidate_set="a"), made("u", candidate_set="b")])
    assert "no judged task in common" in found.verdict
    assert any("no task is solved by every set" in caveat for caveat in found.caveats)


def test_caveats_are_counted():
    doubtful = made("t", caveats=("a hasty clock",))
    assert found_of([doubtful, replace(doubtful, candidate="1"), made("u")]).caveats == (
        "a hasty clock (2 of 3 outcomes)",
    )


def test_the_cheapest_success_counts_the_references():
    assert found_of([made("t", 30), reference("t", 20), made("t", 1, right=False, candidate="1")]).cheapest == {"t": 20}


def test_the_cost_that_most_know_is_compared():
    assert chosen_cost([made(cost_name="gpu_s"), made("u", cost_name="gpu_s"), made("v", cost_name="cpu_s")]) == "gpu_s"
    assert chosen_cost([made(cost_name="gpu_s"), made("u", cost_name="latency_s")]) == "latency_s"
    assert chosen_cost([]) == "wasm_instructions"
    with pytest.raises(InvalidOption, match="no outcome knows the cost cpu_s; there are wasm_instructions"):
        found_of([made()], cost="cpu_s")


def test_nothing_to_show_is_said():
    with pytest.raises(InvalidOption, match="no outcome to show"):
        found_of([reference()])
