"""The loop itself: when things happen, what is written down, and that two runs do not know of each other."""

import sys
import threading
from dataclasses import dataclass

import numpy as np
import pytest

from perfwise.errors import InvalidInput
from perfwise.serving.batching.sarathi import Sarathi
from perfwise.serving.batching.vllm import Vllm
from perfwise.serving.dispatch.power_of_two import PowerOfTwo
from perfwise.serving.memory.paged import Paged
from perfwise.serving.preemption.swap import Swap
from perfwise.serving.retention.lru_prefix import LruPrefix
from perfwise.serving.simulator import Cluster, Recording
from perfwise.serving.still import NoControl, NoMigration
from perfwise.serving.trace import Trace
from tests.serving.small_runs import Linear, busy_trace, serve, served, steps, times, trace_of

BASE_S, TOKEN_S = 2.0**-6, 2.0**-10


def step_s(tokens: int) -> float:
    return BASE_S + tokens * TOKEN_S


# When


def test_an_idle_replica_starts_at_the_next_arrival():
    run = serve((0, 20, 1), (5, 3, 1))
    assert run.requests.scheduled_s.tolist() == [0, 5]
    assert run.end_s == run.requests.completed_s[1] == 5 + step_s(3)


def test_a_batch_sees_who_arrives_as_it_is_formed():
    end_s = step_s(20)
    run = serve((0, 20, 2), (end_s, 3, 1), batching=Sarathi())
    assert steps(run) == [(1, 20, 20), (2, 4, 3)]
    assert steps(serve((0, 20, 2), (np.nextafter(end_s, 1), 3, 1), batching=Sarathi()))[1] == (1, 1, 0)


def test_all_that_come_at_one_time_are_seen_by_the_first_batch():
    assert steps(serve((1, 3, 1), (1, 4, 1), (1, 5, 1)))[0] == (3, 12, 12)


def test_requests_need_not_come_in_the_order_of_their_rows():
    trace = Trace(
        "turns", np.array([0.0, np.nan, 0.0]), np.array([4, 4, 4]), np.array([2, 1, 1]), next_turn=np.array([1, -1, -1])
    )
    run = served(trace, Cluster(100), plain=True)
    assert run.requests.scheduled_s.tolist() == [0, run.requests.completed_s[0], 0]


def test_a_turn_comes_a_pause_after_the_one_before():
    columns = {"next_turn": np.array([1, 2, -1]), "pause_s": np.array([0, 0.5, 0.25])}
    trace = Trace("turns", np.array([1.0, np.nan, np.nan]), np.full(3, 4), np.full(3, 1), **columns)
    rows = served(trace, Cluster(100), plain=True).requests
    assert rows.arrival_s.tolist() == [1, 1 + step_s(4) + 0.5, 1 + 2 * step_s(4) + 0.75]


def test_a_pipeline_has_a_batch_in_each_stage():
    run = serve((0, 20, 1), (0, 20, 1), (0, 20, 1), stages=2, max_requests=2)
    one_s = step_s(20)
    assert run.requests.scheduled_s.tolist() == [0, 0, 2 * one_s]
    assert run.requests.completed_s.tolist() == [2 * one_s, 3 * one_s, 4 * one_s]
    assert run.replicas.busy_s[0] == 3 * one_s


def test_stages_may_take_unlike_times():
    @dataclass(frozen=True)
    class Uneven(Linear):
        def time(self, step, state):
            step.stage_s, step.last_stage_s = 2.0, 1.0

    run = served(trace_of((0, 4, 1), (0, 4, 1)), Cluster(100, stages=2, max_requests=2), Uneven())
    assert run.requests.completed_s.tolist() == [3, 5]  # the second waits for the first stage


def test_replicas_run_side_by_side():
    run = serve((0, 20, 1), (0, 20, 1), (0, 20, 1), replicas=3, max_requests=1)
    assert run.requests.completed_s.tolist() == [step_s(20)] * 3
    assert run.replicas.iterations.tolist() == [1, 1, 1]


def test_a_lone_request_that_was_evicted_starts_again_when_nothing_else_is_due():
    # 2 blocks of 8 and no free one for the decode of the tenth token: it evicts itself, and vLLM looks at the queue
    # first. With another arrival due, it waits for that, as in Vidur.
    alone = serve((0, 9, 2), blocks=2, block_tokens=8, batching=Vllm())
    assert steps(alone) == [(1, 9, 9), (1, 10, 10)]
    assert alone.requests.completed_s[0] == step_s(9) + step_s(10)
    other = serve((0, 9, 2), (1, 1, 1), blocks=2, block_tokens=8, batching=Vllm())
    assert steps(other) == [(1, 9, 9), (1, 10, 10), (1, 1, 1)]
    assert other.requests.completed_s[0] == 1 + step_s(10)


def test_a_clock_at_half_speed_doubles_what_starts_from_then_on():
    @dataclass(frozen=True)
    class Halve(NoControl):
        def tick(self, now_s, requests, replicas, state):
            replicas.speed[:] = 0.5

    run = serve((0, 20, 3), control=Halve(), tick_s=0.001)
    assert run.requests.first_token_s[0] == step_s(20)
    assert run.requests.completed_s[0] == step_s(20) + 2 * 2 * step_s(1)


def test_ticks_come_at_their_times_until_all_are_served():
    seen = []

    @dataclass(frozen=True)
    class Watch(NoControl):
        def tick(self, now_s, requests, replicas, state):
            seen.append(now_s)

    serve((0.3, 4, 1), control=Watch(), tick_s=0.125)
    assert seen == [0.125, 0.25]


# Moves


def test_who_moves_at_a_tick_leaves_when_its_step_ends():
    @dataclass(frozen=True)
    class Send(NoMigration):
        def rebalance(self, now_s, requests, replicas, running, moves, state):
            if replicas[0].holders == 0:
                return 0
            assert running[0, : replicas[0].holders].tolist() == [0]
            requests[0].transfer_s = 0.5
            moves[0] = 0, 1
            return 1

    run = serve((0, 20, 3), replicas=2, migration=Send(), tick_s=0.001)
    assert run.requests.completed_s[0] == step_s(20) + 0.5 + 2 * step_s(1)
    assert run.replicas.tokens.tolist() == [20, 2]
    assert run.replicas.moved.tolist() == [0, 1]
    assert run.replicas.free_blocks.tolist() == [1000, 1000]


def test_who_ends_with_its_step_does_not_move_any_more():
    @dataclass(frozen=True)
    class Send(NoMigration):
        def rebalance(self, now_s, requests, replicas, running, moves, state):
            moves[0] = 0, 1
            return 1 if replicas[0].holders else 0

    run = serve((0, 20, 1), replicas=2, migration=Send(), tick_s=0.001)
    assert run.requests.completed_s[0] == step_s(20)
    assert run.replicas.moved.tolist() == [0, 0]


def test_a_move_to_where_it_is_is_none():
    @dataclass(frozen=True)
    class Stay(NoMigration):
        def rebalance(self, now_s, requests, replicas, running, moves, state):
            moves[0] = 0, 0
            return 1 if replicas[0].holders else 0

    assert times(serve((0, 20, 3), migration=Stay(), tick_s=0.001)) == times(serve((0, 20, 3)))


# What is written down


def test_gaps_are_counted_in_bins_of_a_tenth_of_a_millisecond():
    run = serve((0, 20, 3), (0, 20, 1))
    assert run.gaps.sum() == 2
    assert np.flatnonzero(run.gaps).tolist() == [int(step_s(1) * 1e4)]
    assert run.requests.worst_gap_s.tolist() == [step_s(1), 0]


def test_gaps_beyond_the_last_bin_are_in_it():
    run = served(trace_of((0, 4, 2)), Cluster(100), Linear(100.0), plain=True)
    assert run.gaps[-1] == 1


def test_a_restart_shows_as_a_gap():
    run = serve((0, 8, 3), (0, 8, 2), blocks=3, block_tokens=8, batching=Sarathi())
    assert run.requests.worst_gap_s[1] == step_s(1) + step_s(1) + step_s(9)
    assert run.gaps.sum() == 2 + 1


def test_samples_thin_out_evenly_when_there_is_no_more_room():
    whole = serve((0, 4, 100), recording=Recording(samples=200))
    assert len(whole.samples) == 100
    thin = serve((0, 4, 100), recording=Recording(samples=16))
    # Full with 16 steps, then with 2, 4, ... 32, then with 4, 8, ... 64: from there on every 8th.
    assert thin.samples[:, 0].tolist() == whole.samples[7::8, 0].tolist()


def test_thinning_is_fair_to_replicas_that_take_turns():
    run = serve((0, 4, 100), (0, 4, 100), replicas=2, recording=Recording(samples=32))
    first, second = (run.samples[run.samples[:, 1] == index, 0].tolist() for index in (0, 1))
    assert first == second
    assert len(first) >= 8


def test_a_sample_says_how_full_a_replica_is():
    run = serve((0, 33, 2), (0.001, 16, 1), batching=Vllm(), max_requests=1)
    time_s, replica, running, waiting, used_blocks, tokens = run.samples[0]
    assert (time_s, replica, running, waiting, used_blocks, tokens) == (step_s(33), 0, 1, 1, 3, 33)


def test_slices_are_the_first_steps():
    run = serve((0, 20, 3), recording=Recording(slices=2))
    assert run.slices.tolist() == [[0, 0, step_s(20), 1, 20, 20], [0, step_s(20), step_s(20) + step_s(1), 1, 1, 0]]


def test_nothing_needs_to_be_recorded():
    bare = serve((0, 20, 3), recording=Recording(samples=0))
    assert (bare.samples.shape, bare.slices.shape) == ((0, 6), (0, 6))
    assert times(bare) == times(serve((0, 20, 3)))


def test_counters_of_a_replica_add_up():
    @dataclass(frozen=True)
    class Telling(Linear):
        def time(self, step, state):
            step.stage_s = step.last_stage_s = 0.25
            step.flops, step.extrapolated = 7.0, 1

    (replica,) = served(trace_of((0, 20, 3)), Cluster(100), Telling()).replicas
    assert (replica.iterations, replica.tokens, replica.flops, replica.extrapolated) == (3, 22, 21.0, 3)
    assert (replica.busy_s, replica.prefill_s, replica.least_free_blocks) == (0.75, 0.25, 98)


def test_what_was_given_is_left_alone():
    trace = busy_trace(1, 30)
    rows, prefixes = trace.rows(), trace.prefixes.copy()
    served(trace, Cluster(40), retention=LruPrefix())
    assert trace.rows().tobytes() == rows.tobytes()
    assert np.array_equal(trace.prefixes, prefixes)


# What cannot be


def test_requests_longer_than_memory_are_named_together():
    with pytest.raises(InvalidInput) as raised:
        serve((0, 60, 4), (0, 60, 5), (0, 1, 1), (0, 99, 1), blocks=4)
    assert [(fault.where, fault.code) for fault in raised.value.faults] == [
        ("request 1", "request-too-long"),
        ("request 3", "request-too-long"),
    ]
    assert "60 + 5 tokens do not fit into 4 blocks of 16 (64 tokens)" in raised.value.faults[0].message


# Two runs


ROUGH = Linear(0.013, 0.00021, 1.7e-7)
RUNS = [
    (
        busy_trace(seed, 40, longest=24),
        Cluster(20, replicas=2, block_tokens=4, max_requests=8, kv_bytes_per_token=1e6),
        options,
    )
    for seed, options in (
        (1, {"batching": Sarathi(16), "dispatch": PowerOfTwo(), "retention": LruPrefix()}),
        (2, {"batching": Vllm(), "preemption": Swap(), "memory": Paged(0.0)}),
    )
]


def whole(run) -> tuple[bytes, ...]:
    return (run.requests.tobytes(), run.replicas.tobytes(), run.samples.tobytes(), run.gaps.tobytes())


@pytest.mark.parametrize("plain", [True, False])
def test_two_runs_in_turns_do_not_know_of_each_other(plain):
    """Threads that change places every few instructions, four at a time."""
    alone = [whole(served(*RUNS[which][:2], ROUGH, plain=plain, **RUNS[which][2])) for which in (0, 1)]
    found: list[tuple[int, tuple[bytes, ...]]] = []
    start = threading.Barrier(4)

    def run(which: int) -> None:
        start.wait()
        for _ in range(1 if plain else 20):
            found.append((which, whole(served(*RUNS[which][:2], ROUGH, plain=plain, **RUNS[which][2]))))

    threads = [threading.Thread(target=run, args=(which,)) for which in (0, 1, 0, 1)]
    before_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before_s)
    assert len(found) == (4 if plain else 80)
    assert all(bytes_of == alone[which] for which, bytes_of in found)


def test_another_seed_is_another_run():
    trace, cluster, options = RUNS[0]
    first, again, other = (whole(served(trace, cluster, ROUGH, seed=seed, **options)) for seed in (5, 5, 6))
    assert first == again != other
