import csv
import gzip

import numpy as np
import pytest

from perfwise.errors import InvalidOption
from perfwise.serving.batching.sarathi import Sarathi
from perfwise.serving.batching.splitfuse import Splitfuse
from perfwise.serving.simulator import Cluster
from perfwise.serving.timers.table import Table
from tests.data_folder import shared
from tests.serving.small_runs import busy_trace, serve, served, steps, times, trace_of


def test_prompts_are_split_and_combined_to_fill_the_budget_exactly():
    run = serve((0, 5, 4), (0, 20, 1), (0, 2, 1), batching=Splitfuse(8))
    assert steps(run) == [(2, 8, 8), (2, 8, 7), (2, 8, 7), (3, 6, 5)]


def test_decodes_never_exceed_the_budget_and_take_turns():
    run = serve(*[(0, 1, 3)] * 4, batching=Splitfuse(3))
    # Three prompts; three decodes; then the one prompt beside two of them.
    assert all(tokens <= 3 for _, tokens, _ in steps(run))
    assert sum(tokens for _, tokens, _ in steps(run)) == 4 * 3


def test_no_step_has_more_sequences_than_allowed():
    run = serve(*[(0, 4, 2)] * 5, batching=Splitfuse(100, max_sequences=2))
    assert {members for members, _, _ in steps(run)} == {2, 1}


def test_a_begun_prompt_waits_where_decodes_take_all_places():
    # The first two are decoding when the third's second part is due: there are two places.
    run = serve((0, 2, 4), (0, 9, 1), batching=Splitfuse(8, max_sequences=1))
    assert steps(run) == [(1, 2, 2), (1, 1, 0), (1, 1, 0), (1, 1, 0), (1, 8, 8), (1, 1, 1)]


@pytest.mark.parametrize("options", [{"budget_tokens": 0}, {"max_sequences": 0}])
def test_limits_below_one_are_refused(options):
    with pytest.raises(InvalidOption, match="at least 1"):
        Splitfuse(**options)


@pytest.mark.parametrize("stages", [1, 2])
def test_with_budget_and_chunk_alike_it_is_sarathi(stages):
    trace = busy_trace(3, 120)
    runs = [
        served(trace, Cluster(blocks=20, max_requests=16, stages=stages), batching=method)
        for method in (Splitfuse(24), Sarathi(24))
    ]
    assert runs[0].restarts > 0
    assert times(runs[0]) == times(runs[1])
    assert steps(runs[0]) == steps(runs[1])


@pytest.mark.paper
def test_with_budget_and_chunk_alike_it_is_sarathi_on_a_whole_trace():
    """19,366 requests of Splitwise's conversation trace, equal to the last bit."""
    with gzip.open(shared("serving/anchors/A1_sarathi_splitwise_full_requests.csv.gz"), "rt") as file:
        rows = list(csv.DictReader(file))
    tables = shared("serving/anchors/vidur_tables_per_operator_llama3-8b_a100_tp1.npz")
    trace = trace_of(*((float(row["arrived_at"]), int(row["prefill"]), int(row["decode"])) for row in rows))
    run = served(trace, Cluster(blocks=30208), Table.from_npz(tables), batching=Splitfuse(512))
    assert run.iterations == 152688
    assert np.array_equal(run.requests.completed_s, [float(row["completed_at"]) for row in rows])
