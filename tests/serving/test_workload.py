"""Traces made from others."""

import numpy as np
import pytest

from perfwise.errors import InvalidOption
from perfwise.serving.arrivals.poisson import Poisson
from perfwise.serving.arrivals.replay import Replay
from perfwise.serving.lengths.fixed import Fixed
from perfwise.serving.lengths.uniform import Uniform
from perfwise.serving.reading import read_trace
from perfwise.serving.trace import Trace
from perfwise.serving.workload import generated, rearrived, trimmed
from tests.data_folder import shared


def test_a_generated_trace_has_the_times_and_lengths_of_its_parts():
    made = generated("g", Poisson(2.0), Fixed(7, 3), 5, seed=1)
    assert made.arrival_s.tolist() == Poisson(2.0).times(5, 1).tolist()
    assert (made.prompt.tolist(), made.output.tolist()) == ([7] * 5, [3] * 5)


def test_lengths_stay_when_the_arrivals_change():
    slow, fast = (generated("g", Poisson(rate), Uniform(), 50, seed=3) for rate in (1.0, 8.0))
    assert slow.prompt.tolist() == fast.prompt.tolist()
    assert slow.arrival_s[-1] == pytest.approx(8 * fast.arrival_s[-1])


def test_nothing_cannot_be_generated():
    with pytest.raises(InvalidOption, match="at least one request, not 0"):
        generated("g", Poisson(), Fixed(), 0)


def test_new_times_leave_later_turns_to_their_pauses():
    links = np.array([1, -1, -1])
    made = Trace("t", np.array([1.0, np.nan, 4.0]), np.full(3, 5), np.full(3, 5), next_turn=links)
    assert rearrived(made, Replay(2.0)).arrival_s.tolist() == pytest.approx([0.5, np.nan, 2.0], nan_ok=True)


def test_excess_is_taken_from_the_prompt_alone():
    made = Trace("t", np.zeros(3), np.array([90, 50, 10]), np.array([20, 50, 200]))
    cut = trimmed(made, 100)
    assert cut.prompt.tolist() == [80, 50, 1]
    assert cut.output.tolist() == [20, 50, 200]
    assert cut.notes == ("2 prompt(s) cut so that prompt and output have 100 tokens",)
    assert trimmed(made, 1000).notes == ()


def test_hashes_beyond_a_cut_prompt_are_dropped():
    made = Trace("t", np.zeros(1), np.array([1500]), np.array([10]), prefixes=np.arange(3), prefix_count=np.array([3]))
    assert trimmed(made, 600).prefix_count.tolist() == [2]  # 590 tokens, so two hashes of 512


@pytest.mark.paper
def test_trimming_gives_the_lengths_that_vidur_replayed():
    """microsoft/vidur 7d47513: its run of the whole splitwise_conv trace with max_tokens 4096."""
    recorded = read_trace(shared("serving/vidur_traces/splitwise_conv.csv.gz"))
    replayed = read_trace(shared("serving/anchors/A1_sarathi_splitwise_full_requests.csv.gz"))
    assert trimmed(recorded, 4096).digest == replayed.digest != recorded.digest
