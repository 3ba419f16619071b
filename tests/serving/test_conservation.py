"""Nothing is lost and nothing invented, whatever arrives and whoever decides; the limits of load are kept."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfwise.kit.compiled import compilable
from perfwise.serving.batching.orca import Orca
from perfwise.serving.batching.sarathi import Sarathi
from perfwise.serving.batching.splitfuse import Splitfuse
from perfwise.serving.batching.static import Static
from perfwise.serving.batching.vllm import Vllm
from perfwise.serving.contracts import EVICT, STEP
from perfwise.serving.dispatch.least_loaded import LeastLoaded
from perfwise.serving.dispatch.power_of_two import PowerOfTwo
from perfwise.serving.dispatch.round_robin import RoundRobin
from perfwise.serving.memory.paged import Paged
from perfwise.serving.memory.reserved import Reserved
from perfwise.serving.preemption.recompute import Recompute
from perfwise.serving.preemption.recompute import evict as start_over
from perfwise.serving.preemption.swap import Swap
from perfwise.serving.retention.lru_prefix import LruPrefix
from perfwise.serving.retention.none import Nothing
from perfwise.serving.simulator import Cluster, Recording
from perfwise.serving.timers.table import Table
from perfwise.serving.trace import Trace
from tests.serving.audit import Audited
from tests.serving.reference_simulator import toy_arrays
from tests.serving.small_runs import Linear, prefixed, served, steps, times, trace_of

quick = settings(deadline=None, database=None, max_examples=80, derandomize=True)
slow = settings(deadline=None, database=None, max_examples=20, derandomize=True)
PER_HASH = 4
ROUGH = Linear(0.013, 0.00021, 1.7e-7)


@compilable(EVICT)
def _count_and_start_over(now_s, requests, request, replica, state):
    row = requests[request]
    row.priority += row.processed - row.prefilled
    start_over(now_s, requests, request, replica, state)


class Counted(Recompute):
    """Recompute that adds up in `priority`, which nobody reads, how many processed tokens a request has lost."""

    evict = staticmethod(_count_and_start_over)


@st.composite
def traces(draw, most: int) -> Trace:
    """Up to `most` requests, some in conversations, with prompts that begin alike now and then."""
    count = draw(st.integers(1, most))
    now_s, requests, parts, next_turn, pause_s, follows = 0.0, [], [], [], [], False
    for row in range(count):
        prompt, output = draw(st.integers(1, 30)), draw(st.integers(1, 12))
        now_s += draw(st.sampled_from([0.0, 0.001, 0.1]))
        requests.append((np.nan if follows else now_s, prompt, output))
        own = [draw(st.sampled_from("ab")) for _ in range(prompt // PER_HASH)]
        parts.append([*own, *([f"rest of {row}"] if prompt % PER_HASH else [])])
        follows = row + 1 < count and draw(st.integers(0, 3)) == 0
        next_turn.append(row + 1 if follows else -1)
        pause_s.append(draw(st.sampled_from([0.003, 0.2])))
    columns = {"next_turn": np.array(next_turn), "pause_s": np.array(pause_s)}
    return prefixed(requests, parts, prefix_tokens=PER_HASH, **columns)


@st.composite
def runs(draw, most: int = 25, stages: tuple[int, ...] = (1, 2, 3)) -> tuple[Trace, Cluster, dict[str, Any]]:
    """A trace, a cluster that can hold its longest request, and who decides."""
    trace = draw(traces(most))
    block_tokens = draw(st.sampled_from([1, 4, 6]))
    longest = int((trace.prompt + trace.output).max())
    cluster = Cluster(
        blocks=-(-longest // block_tokens) + draw(st.integers(0, 20)),
        replicas=draw(st.integers(1, 3)),
        block_tokens=block_tokens,
        stages=(several := draw(st.sampled_from(stages))),
        max_requests=draw(st.integers(several, 10)),
        kv_bytes_per_token=1e6,
    )
    batchings = [Static(), Orca(), Vllm(longest), Vllm(200), Sarathi(7), Sarathi(64), Splitfuse(9), Splitfuse(40, 3)]
    policies = {
        "batching": draw(st.sampled_from(batchings)),
        "memory": draw(st.sampled_from([Paged(0.0), Paged(0.0), Reserved(), Reserved("power"), Reserved("longest")])),
        "preemption": draw(st.sampled_from([Counted(), Swap()])),
        "retention": draw(st.sampled_from([Nothing(), LruPrefix()])),
        "dispatch": draw(st.sampled_from([RoundRobin(), LeastLoaded(), PowerOfTwo()])),
    }
    return trace, cluster, policies


def all_served(trace: Trace, run: Any) -> None:
    rows, replicas = run.requests, run.replicas
    assert np.isfinite(rows.completed_s).all()
    assert (rows.arrival_s <= rows.scheduled_s).all()
    assert (rows.scheduled_s < rows.first_token_s).all()
    assert (rows.first_token_s <= rows.last_token_s).all()
    assert (rows.last_token_s == rows.completed_s).all()
    assert (rows.processed == rows.prompt + rows.output).all()
    assert (rows.prompt + rows.output == trace.prompt + trace.output).all()
    for nothing in ("blocks", "shared_tokens", "capacity", "swapped", "bound_for"):
        assert not rows[nothing].any()
    assert (replicas.free_blocks + replicas.kept_blocks == replicas.total_blocks).all()
    for nothing in ("waiting", "waiting_blocks", "running", "holders", "in_flight", "leaving"):
        assert not replicas[nothing].any()


@quick
@given(runs())
def test_every_request_is_served_once_and_gives_all_back(given_run):
    trace, cluster, policies = given_run
    run = served(trace, cluster, ROUGH, **policies)
    all_served(trace, run)
    follow = np.flatnonzero(trace.next_turn >= 0)
    after = trace.next_turn[follow]
    assert (run.requests.arrival_s[after] == run.requests.completed_s[follow] + trace.pause_s[after]).all()


@quick
@given(runs())
def test_tokens_processed_are_those_of_the_trace_less_hits_and_once_more_what_was_lost(given_run):
    trace, cluster, policies = given_run
    run = served(trace, cluster, ROUGH, **policies)
    demanded = (trace.prompt + trace.output - 1).sum()  # the last token of an answer is made, never processed
    lost, found = run.requests.priority.sum(), run.requests.hit_tokens.sum()
    assert run.replicas.tokens.sum() == demanded + lost - found
    assert run.replicas.tokens.sum() == sum(tokens for _, tokens, _ in steps(run))
    assert run.replicas.preemptions.sum() == run.restarts
    if isinstance(policies["preemption"], Swap) or not run.restarts:
        assert lost == 0
        assert run.gaps.sum() == (trace.output - 1).sum()
    if isinstance(policies["memory"], Reserved):
        assert run.restarts == 0


@quick
@given(runs(stages=(1,)))
def test_littles_law_holds_step_by_step(given_run):
    """Who is inside by the replicas' own counts is who has come and not gone, so sums of times are integrals."""
    trace, cluster, policies = given_run
    run = served(trace, cluster, ROUGH, recording=Recording(samples=20_000), **policies)
    inside_by_replica = 0.0
    for index in range(cluster.replicas):
        rows = run.requests[run.requests.replica == index]
        samples = run.samples[run.samples[:, 1] == index]
        if len(samples) == 0:
            assert len(rows) == 0
            continue
        came = (rows.arrival_s[:, None] <= samples[None, :, 0]).sum(0)
        gone = (rows.completed_s[:, None] <= samples[None, :, 0]).sum(0)
        assert (samples[:, 2] + samples[:, 3] == came - gone).all()
        changes = np.sort(np.concatenate([rows.arrival_s, rows.completed_s]))
        middles = (changes[1:] + changes[:-1]) / 2
        inside = (rows.arrival_s[:, None] < middles).sum(0) - (rows.completed_s[:, None] < middles).sum(0)
        inside_by_replica += float((inside * np.diff(changes)).sum())
    assert inside_by_replica == pytest.approx((run.requests.completed_s - run.requests.arrival_s).sum())


@quick
@given(runs())
def test_no_replica_does_more_than_its_timer_allows(given_run):
    trace, cluster, policies = given_run
    run = served(trace, cluster, Linear(0.01, 0.001), **policies)
    least_s = 0.01 * run.replicas.iterations + 0.001 * run.replicas.tokens
    assert (run.replicas.busy_s >= least_s * (1 - 1e-12)).all()  # more where swaps stall
    span_s = run.end_s - np.nanmin(trace.arrival_s)
    assert (run.replicas.busy_s <= span_s * (1 + 1e-12)).all()
    assert (run.replicas.prefill_s <= run.replicas.busy_s).all()
    assert trace.output.sum() <= span_s / 0.01 * cluster.max_requests * cluster.replicas
    alone_s = cluster.stages * (0.01 * trace.output + 0.001 * (trace.output - 1))  # and the prompt, as far as not found
    assert (
        run.requests.completed_s - run.requests.arrival_s >= alone_s * (1 - 1e-9) * (run.requests.restarts == 0)
    ).all()


@slow
@given(runs(most=10))
def test_the_books_are_right_before_and_after_every_decision(given_run):
    trace, cluster, policies = given_run
    run = served(trace, cluster, ROUGH, **{**policies, "batching": Audited(policies["batching"], PER_HASH)})
    all_served(trace, run)
    assert times(run) == times(served(trace, cluster, ROUGH, **policies))


# Without load


def toy_table(tmp_path):
    np.savez(tmp_path / "toy.npz", **toy_arrays())
    return Table.from_npz(tmp_path / "toy.npz", layers=2)


def asked(timer: Any, **features: int) -> float:
    step = np.zeros(1, STEP).view(np.recarray)[0]
    for name, value in {"members": 1, "sampled": 1, **features}.items():
        setattr(step, name, value)
    timer.time(step, timer.state())
    return float(step.last_stage_s)


def chunk_s(timer: Any, done: int, tokens: int) -> float:
    return asked(
        timer,
        tokens=tokens,
        prefills=1,
        prefill_tokens=tokens,
        prefill_context=done,
        prefill_context_64=-(-done // 64) * 64,
        prefill_squares=tokens * tokens,
        prefill_pairs=tokens * done + tokens * (tokens + 1) // 2,
    )


def decode_s(timer: Any, done: int) -> float:
    return asked(timer, tokens=1, decodes=1, decode_context=done, longest_decode=done)


@pytest.mark.parametrize(
    ("batching", "chunk"),
    [(Static(), 300), (Orca(), 300), (Vllm(), 300), (Sarathi(64), 64), (Splitfuse(90), 90)],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize(("prompt", "output"), [(200, 40), (1, 2), (64, 1)])
def test_a_lone_request_takes_its_steps_and_nothing_else(tmp_path, batching, chunk, prompt, output):
    """The idealized runtime: TTFT is the prompt's steps, TPOT the mean of the decode steps, by the timer itself."""
    for timer in (toy_table(tmp_path), ROUGH):
        run = served(trace_of((3.0, prompt, output)), Cluster(100), timer, batching=batching)
        (request,) = run.requests
        ttft_s = sum(chunk_s(timer, done, min(chunk, prompt - done)) for done in range(0, prompt, chunk))
        assert request.scheduled_s == 3.0
        assert request.first_token_s - 3.0 == pytest.approx(ttft_s, rel=1e-12)
        if output > 1:
            decodes_s = [decode_s(timer, done) for done in range(prompt + 1, prompt + output)]
            tpot_s = (request.completed_s - request.first_token_s) / (output - 1)
            assert tpot_s == pytest.approx(np.mean(decodes_s), rel=1e-12)
            assert request.worst_gap_s == pytest.approx(max(decodes_s), rel=1e-9)
        assert run.replicas.extrapolated[0] == 0


def test_requests_far_apart_do_not_notice_each_other(tmp_path):
    timer, alone = toy_table(tmp_path), [(20, 5), (100, 3), (7, 30)]
    apart = served(trace_of(*((10.0 * row, *each) for row, each in enumerate(alone))), Cluster(100), timer)
    for row, each in enumerate(alone):
        run = served(trace_of((10.0 * row, *each)), Cluster(100), timer)
        assert run.requests.completed_s[0] == apart.requests.completed_s[row]
