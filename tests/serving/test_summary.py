"""What is said of a run."""

import json

import numpy as np
import pytest

from perfwise.errors import InvalidOption
from perfwise.serving.contracts import REPLICA
from perfwise.serving.summary import Slo, distribution, jain, summary
from tests.data_folder import shared
from tests.serving.finished import ANCHORS, hand_worked, recorded


def test_statistics_are_over_the_completed_requests():
    said = summary(hand_worked().requests)
    assert (said["requests"], said["completed"], said["end_s"], said["restarts"]) == (3, 2, 3.0, 0)
    assert said["ttft_s"] == pytest.approx({"mean": 1.5, "p50": 1.5, "p90": 1.9, "p99": 1.99, "max": 2.0})
    assert said["tpot_s"]["max"] == said["worst_gap_s"]["max"] - 0.25 == 0.5


def test_throughput_counts_what_completed_from_zero_to_the_end():
    assert summary(hand_worked().requests, end_s=4.0)["throughput"] == {
        "requests_per_s": 0.5,
        "output_tokens_per_s": 1.5,
        "tokens_per_s": 39.0,
    }


def test_tokens_are_those_that_were_asked_for():
    served = hand_worked()
    served.requests.prompt[0], served.requests.output[0] = 103, 2
    assert summary(served.requests, trace=served.trace)["throughput"]["tokens_per_s"] == 52.0


@pytest.mark.parametrize(
    ("slo", "share"),
    [
        (Slo(1.0, 0.5), 1 / 3),
        (Slo(2.0, 0.5), 2 / 3),
        (Slo(2.0, 0.4), 1 / 3),
        (Slo(2.0, 0.5, e2e_s=2.5), 1 / 3),
        (Slo(0.5, 0.5), 0.0),
    ],
)
def test_goodput_needs_every_bound_and_a_completed_request(slo, share):
    goodput = summary(hand_worked().requests, slo)["goodput"]
    assert goodput["share"] == pytest.approx(share)
    assert goodput["requests_per_s"] == pytest.approx(share)  # three requests in three seconds


@pytest.mark.parametrize("bounds", [(0.0, 1.0), (1.0, -1.0), (1.0, 1.0, 0.0), (float("inf"),), (float("nan"),)])
def test_an_objective_is_a_finite_time_above_zero(bounds):
    with pytest.raises(InvalidOption, match="must be a finite time above 0 s"):
        Slo(*bounds)


def test_fairness_is_jains_index_of_slowdowns():
    fairness = summary(hand_worked().requests)["fairness"]
    assert fairness["jain_requests"] == pytest.approx(2.2**2 / (2 * (1.44 + 1.0)))
    assert fairness["jain_conversations"] is None


def test_conversations_count_once_whatever_their_length():
    served = hand_worked()
    served.requests.conversation[:2] = 4
    assert summary(served.requests)["fairness"]["jain_conversations"] == 1.0


def test_jains_index_runs_from_one_over_n_to_one():
    assert jain(np.array([3.0, 3.0, 3.0])) == pytest.approx(1.0)
    assert jain(np.array([0.0, 0.0, 7.0])) == pytest.approx(1 / 3)
    assert jain(np.zeros(0)) is None


def test_times_between_tokens_come_from_counted_bins():
    gaps = np.zeros(1001, np.int64)
    gaps[[10, 20]] = 9, 1  # nine gaps of 1.0 to 1.1 ms, one of 2.0 to 2.1 ms
    tbt = summary(hand_worked().requests, gaps=gaps)["tbt_s"]
    assert tbt == pytest.approx({"mean": 1.15e-3, "p50": 1.05e-3, "p90": 1.05e-3, "p99": 2.05e-3, "max": 2.05e-3})
    assert summary(hand_worked().requests, gaps=np.zeros(5, np.int64))["tbt_s"] is None


def test_replicas_say_how_busy_and_how_full_they_were():
    replicas = np.zeros(2, REPLICA).view(np.recarray)
    replicas.busy_s, replicas.total_blocks, replicas.least_free_blocks = [3.0, 1.5], 10, [4, 1]
    replicas.preemptions = [2, 1]
    said = summary(hand_worked().requests, replicas=replicas)["replicas"]
    assert said == {"count": 2, "utilisation": 0.75, "kv_peak_share": 0.9, "preemptions": 3}


def test_hits_are_over_the_prompts_of_the_trace():
    assert summary(hand_worked().requests)["prefix_cache"] == {"hit_tokens": 20, "hit_share": 0.1}


def test_a_run_in_which_nothing_completes_has_nothing_to_say():
    served = hand_worked()
    said = summary(served.trace.rows(), Slo(1.0, 1.0))
    assert (said["completed"], said["ttft_s"], said["throughput"]) == (0, None, None)
    assert said["goodput"] == {
        "share": 0.0,
        "requests_per_s": None,
        "slo": {"ttft_s": 1.0, "tpot_s": 1.0, "e2e_s": None},
    }
    json.dumps(said, allow_nan=False)


def test_a_distribution_passes_over_what_is_not_defined():
    assert distribution(np.array([np.nan, 2.0]))["mean"] == 2.0
    assert distribution(np.array([np.nan])) is None


@pytest.mark.paper
@pytest.mark.parametrize("run", ANCHORS)
def test_statistics_of_recorded_runs_are_those_of_the_record(run):
    """microsoft/vidur 7d47513: its summary of four runs; sums in another order may differ in the last digits."""
    record = json.loads(shared("serving/anchors/anchor_runs.json").read_text())["vidur_runs"][run]
    served = recorded(run)
    said = summary(served.requests, end_s=record["simulated_s"])
    for name in ("ttft_s", "tpot_s", "e2e_s", "scheduling_delay_s"):
        for statistic in ("mean", "p50", "p90", "p99", "max"):
            assert said[name][statistic] == pytest.approx(record["metrics"][name][statistic], rel=1e-12)
    throughput = said["throughput"]
    assert throughput["requests_per_s"] == pytest.approx(record["metrics"]["throughput_req_s"], rel=1e-12)
    assert throughput["output_tokens_per_s"] == pytest.approx(record["metrics"]["throughput_out_tok_s"], rel=1e-12)
    assert throughput["tokens_per_s"] == pytest.approx(record["metrics"]["throughput_tok_s"], rel=1e-12)
