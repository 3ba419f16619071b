"""The compiled loop and the plain reference, which share no code, must agree to the last bit."""

import csv
import gzip
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from perfwise.errors import InvalidCandidate
from perfwise.serving.batching.sarathi import Sarathi
from perfwise.serving.batching.vllm import Vllm
from perfwise.serving.dispatch.least_loaded import LeastLoaded
from perfwise.serving.dispatch.round_robin import RoundRobin
from perfwise.serving.simulator import Cluster
from perfwise.serving.timers.table import Table
from tests.data_folder import shared
from tests.serving import reference_simulator as reference
from tests.serving.small_runs import served, trace_of

LAYERS = 6
DISPATCH = {"round_robin": RoundRobin(), "least_outstanding": LeastLoaded("waiting")}
ARRAYS = reference.toy_arrays() | {"send_recv_ms_by_tokens": np.full(513, 0.5)}
THEIR_TABLES = reference.Tables({name: array.tolist() for name, array in ARRAYS.items()}, LAYERS)


@pytest.fixture(scope="module")
def our_tables(tmp_path_factory):
    path = tmp_path_factory.mktemp("toy") / "toy.npz"
    np.savez(path, **{name: array for name, array in ARRAYS.items() if "linear" not in name})
    return {stages: Table.from_npz(path, attention=path, layers=LAYERS, pipeline_stages=stages) for stages in (1, 2, 3)}


def ours(requests: list[tuple[float, int, int]], tables: Any, **given_: Any) -> Any:
    """Our run in the reference's terms."""
    cluster = Cluster(
        blocks=given_.get("blocks", 30208),
        replicas=given_.get("replicas", 1),
        block_tokens=given_.get("block_size", 16),
        max_requests=given_.get("batch_cap", 128),
        stages=given_.get("pipeline_stages", 1),
    )
    budget = Vllm(given_.get("max_batch_tokens", 4096)), Sarathi(given_.get("chunk", 512))
    batching = budget[0] if given_["scheduler"] == "vllm" else budget[1]
    return served(
        trace_of(*requests),
        cluster,
        tables,
        batching=batching,
        dispatch=DISPATCH[given_.get("dispatch", "round_robin")],
    )


def agree(our: Any, their: reference.Result) -> None:
    rows = our.requests
    assert rows.scheduled_s.tolist() == [each.scheduled_s for each in their.requests]
    assert rows.first_token_s.tolist() == [each.first_token_s for each in their.requests]
    assert rows.completed_s.tolist() == [each.completed_s for each in their.requests]
    assert rows.restarts.tolist() == [each.restarts for each in their.requests]
    assert list(zip(rows.prompt, rows.output, strict=True)) == [(each.prompt, each.output) for each in their.requests]
    assert (our.iterations, our.restarts) == (their.iterations, their.restarts)
    formed = [(batch.time_s, batch.replica, [tokens for _, tokens in batch.members]) for batch in their.batches]
    steps = [(float(row[1]), int(row[0]), int(row[3]), int(row[4])) for row in our.slices]
    assert sorted(steps) == sorted(
        (at, replica, len(tokens), sum(tokens)) for at, replica, tokens in formed[: len(steps)]
    )


@st.composite
def cases(draw):
    """Up to 30 requests within the toy tables, memory that just fits the longest or a little more."""
    stages = draw(st.integers(1, 3))
    now_s, requests = 0.0, []
    for _ in range(draw(st.integers(1, 30))):
        now_s += draw(st.sampled_from([0.0, 0.0, 0.003, 0.02, 0.11]))
        requests.append((now_s, draw(st.integers(1, 60)), draw(st.integers(1, 25))))
    longest = max(prompt + output for _, prompt, output in requests)
    block_size = draw(st.sampled_from([1, 4, 16]))
    return requests, {
        "scheduler": draw(st.sampled_from(["vllm", "sarathi"])),
        "chunk": draw(st.sampled_from([3, 16, 64, 512])),
        "max_batch_tokens": draw(st.sampled_from([100, 512])),
        "blocks": -(-longest // block_size) + draw(st.integers(0, 12)),
        "block_size": block_size,
        "batch_cap": draw(st.integers(stages, 12)),
        "replicas": draw(st.integers(1, 3)),
        "dispatch": draw(st.sampled_from(sorted(DISPATCH))),
        "pipeline_stages": stages,
    }


@settings(deadline=None, database=None, max_examples=120, derandomize=True)
@given(cases())
def test_random_runs_agree_to_the_last_bit(our_tables, case):
    requests, given_ = case
    tables, left = our_tables[given_["pipeline_stages"]], []
    try:
        their = reference.simulate(requests, THEIR_TABLES, keep_batches=True, **given_)
    except reference.OutsideTables:
        assume(False)
    except reference.Unfinished as unfinished:
        left = unfinished.indices
    if not left:
        agree(ours(requests, tables, **given_), their)
    else:
        goes_on_or_is_stuck(requests, tables, given_, left)


def goes_on_or_is_stuck(requests, tables, given_, left) -> None:
    """Where Vidur would leave requests waiting, we look at the queues once more; some then fit, others never will."""
    try:
        run = ours(requests, tables, **given_)
    except InvalidCandidate as stuck:
        if "[stuck]" not in str(stuck):
            raise
    else:
        assert run.requests.restarts[left].any()  # the others wait behind those


@pytest.mark.parametrize("scheduler", ["vllm", "sarathi"])
@pytest.mark.parametrize("stages", [1, 2, 3])
def test_a_busy_run_with_many_restarts_agrees(our_tables, scheduler, stages):
    draw = np.random.default_rng(stages)
    arrivals = np.cumsum(draw.exponential(0.01, 150))
    requests = [
        (float(at), int(prompt), int(output))
        for at, prompt, output in zip(arrivals, draw.integers(1, 60, 150), draw.integers(1, 40, 150), strict=True)
    ]
    options = {"blocks": 40, "block_size": 8, "batch_cap": 15, "replicas": 2, "pipeline_stages": stages, "chunk": 48}
    their = reference.simulate(requests, THEIR_TABLES, scheduler=scheduler, keep_batches=True, **options)
    assert their.restarts > 50
    agree(ours(requests, our_tables[stages], scheduler=scheduler, **options), their)


# Vidur's inputs under vLLM's scheduler, whose outputs are not published

ANCHORS = "serving/anchors"
KINDS = [f"vidur_tables_{kind}llama3-8b_a100_tp1.npz" for kind in ("", "per_operator_")]


@pytest.mark.paper
@pytest.mark.parametrize(
    ("source", "options"),
    [
        pytest.param("A_readme_sarathi_512", {"blocks": 1500}, id="R2"),
        pytest.param("A_readme_sarathi_512", {}, id="A_readme with vllm"),
        pytest.param(
            "A_readme_sarathi_512", {"blocks": 1500, "replicas": 3, "dispatch": "least_outstanding"}, id="three"
        ),
        pytest.param("A3_sarathi_arxiv_2048", {}, id="A5", marks=pytest.mark.slow),
        pytest.param("A1_sarathi_splitwise_full", {}, id="A2", marks=pytest.mark.slow),
    ],
)
def test_recorded_requests_under_vllm_agree_to_the_last_bit(source, options):
    with gzip.open(shared(f"{ANCHORS}/{source}_requests.csv.gz"), "rt") as file:
        rows = list(csv.DictReader(file))
    requests = [(float(row["arrived_at"]), int(row["prefill"]), int(row["decode"])) for row in rows]
    paths = [shared(f"{ANCHORS}/{kind}") for kind in KINDS]
    their = reference.simulate(requests, reference.load_tables(*paths), scheduler="vllm", keep_batches=True, **options)
    agree(ours(requests, Table.from_npz(paths[1]), scheduler="vllm", **options), their)
