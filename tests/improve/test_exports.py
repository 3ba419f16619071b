"""Files for training: what their rows hold, from an archive that fits on a screen."""

from perfwise.core.family import Family
from perfwise.improve.archive import Archive
from perfwise.improve.contracts import Assessment
from perfwise.improve.loop import improve
from perfwise.improve.reward import Reward, StepReward
from tests.improve.toy import Listed, ToyBench

COST = "toy_instructions"


def rows(form):
    found = improve(ToyBench(), Listed(("1+3", "5", "(", "2 * 2 * 1 * 1 * 1", "4")), Archive(None, {}, COST))
    return list(Family("perfwise.improve.exports").get(form)().rows("toy", found.entries, COST))


def test_pairs_are_of_steps_and_of_the_whole_with_their_ratio():
    pairs = [(row["input"], row["target"], row["speedup"], row["tag"]) for row in rows("pie_pairs")]
    assert pairs == [
        ("1 + 1 + 1 + 1", "1+3", 13 / 3, 3),
        ("1+3", "4", 3.0, 10),
        ("1 + 1 + 1 + 1", "4", 13.0, 10),
    ] or pairs == [("1 + 1 + 1 + 1", "1+3", 13 / 3, 3), ("1 + 1 + 1 + 1", "4", 13.0, 10)]


def test_a_list_is_ranked_by_score_with_the_original_among_its_responses():
    (row,) = rows("ranked_lists")
    assert row["query"] == "1 + 1 + 1 + 1"
    assert row["responses"][:3] == ["4", "1+3", "1 + 1 + 1 + 1"]
    assert row["scores"] == [13.0, 13 / 3, 1.0, 13 / 17, 0.0, 0.0]


def test_rewards_step_down_from_right_to_wrong_to_broken():
    rewards = {row["response"]: row["reward"] for row in rows("rewards")}
    assert rewards == {
        "1+3": 0.5 + 0.5 * 13 / 3,
        "5": -0.5,
        "(": -1.0,
        "2 * 2 * 1 * 1 * 1": 0.5 + 0.5 * 13 / 17,
        "4": 5.5,
    }


def test_a_reward_is_worked_out_once_for_equal_texts():
    bench = ToyBench()
    reward = Reward(bench)
    assert (reward("1+3"), reward("1 + 3"), len(bench.assessed)) == (0.5 + 0.5 * 13 / 3, 0.5 + 0.5 * 13 / 3, 1)


def test_the_cap_bounds_what_speed_earns():
    step, reference = StepReward(cap=2.0), Assessment("verified", costs={COST: 100.0})
    assert step.of(Assessment("verified", costs={COST: 1.0}), reference, COST) == 1.5
    assert step.of(Assessment("dearer"), reference, COST) == 0.0
