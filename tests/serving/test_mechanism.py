"""The books that all batching methods share, on rows made by hand."""

import numpy as np
import pytest

from perfwise.serving.contracts import Calls
from perfwise.serving.mechanism import (
    NO_BUDGET,
    append,
    enqueue,
    enqueue_first,
    leave,
    sort_by_arrival,
    start_head,
    step_decodes,
    step_prompts,
    tokens_to_process,
    tokens_to_start,
)
from perfwise.serving.memory.paged import Paged
from perfwise.serving.preemption.recompute import Recompute
from perfwise.serving.preemption.swap import Swap
from perfwise.serving.retention.lru_prefix import LruPrefix
from perfwise.serving.retention.none import Nothing
from tests.serving.audit import waiting
from tests.serving.hook_rows import replicas_of, shape_of
from tests.serving.small_runs import prefixed, trace_of

RECOMPUTE, NOTHING = Recompute(), Nothing()


class Bench:
    """One replica with requests of the given sizes; blocks of 16, no watermark."""

    def __init__(self, *sizes, blocks=100, preemption=RECOMPUTE, retention=NOTHING, trace=None, **fields):
        self.trace = trace or trace_of(*((float(place), *size) for place, size in enumerate(sizes)))
        shape = shape_of(self.trace, total_blocks=blocks)
        self.rows, (self.replica,) = self.trace.rows(), replicas_of(1, blocks=blocks, **fields)
        memory = Paged(0.0)
        self.calls = Calls(
            *(memory.admit, memory.extend, memory.release, memory.state(shape)),
            *(preemption.victim, preemption.evict, preemption.resume, preemption.state(shape)),
            *(retention.lookup, retention.pin, retention.unpin, retention.reclaim, retention.state(shape)),
            self.trace.prefixes,
        )
        self.running, self.batch = np.zeros(20, np.int64), np.zeros((2, 20), np.int64)

    def start_all(self, processed=None):
        """Admit everybody and have them decode, with so many tokens processed."""
        for request in range(len(self.rows)):
            enqueue(self.rows, request, self.replica)
            assert start_head(0.0, self.rows, self.replica, self.calls) == request
            self.rows.prefilled[request] = 1
            self.rows.processed[request] = processed[request] if processed else self.rows.prompt[request] + 1
            self.running[request] = request
        self.replica.running = len(self.rows)

    def decodes(self, limit=20):
        return step_decodes(9.0, self.rows, self.replica, self.running, self.batch, limit, self.calls)

    @property
    def members(self):
        return self.batch[:, : self.replica.members].T.tolist()

    @property
    def left(self):
        return self.running[: self.replica.running].tolist()

    @property
    def queue(self):
        return waiting(self.rows, self.replica)


def test_a_queue_keeps_its_order_and_counts_what_it_will_need():
    bench = Bench((16, 1), (17, 1), (1, 1))
    for request in (0, 1):
        enqueue(bench.rows, request, bench.replica)
    enqueue_first(bench.rows, 2, bench.replica)
    assert bench.queue == [2, 0, 1]
    assert (bench.replica.waiting, bench.replica.waiting_blocks) == (3, 1 + 1 + 2)
    assert start_head(4.0, bench.rows, bench.replica, bench.calls) == 2
    assert bench.queue == [0, 1]
    assert (bench.replica.waiting_blocks, bench.replica.holders, bench.rows.scheduled_s[2]) == (3, 1, 4.0)


def test_the_first_in_an_empty_queue_is_its_head_and_end():
    bench = Bench((16, 1), (16, 1))
    enqueue_first(bench.rows, 1, bench.replica)
    enqueue(bench.rows, 0, bench.replica)
    assert bench.queue == [1, 0]


def test_an_empty_queue_or_a_full_house_starts_nobody():
    bench = Bench((16, 1), (16, 1), max_holders=1)
    assert start_head(0.0, bench.rows, bench.replica, bench.calls) == -1
    for request in (0, 1):
        enqueue(bench.rows, request, bench.replica)
    assert start_head(0.0, bench.rows, bench.replica, bench.calls) == 0
    assert start_head(0.0, bench.rows, bench.replica, bench.calls) == -1
    assert bench.queue == [1]


def test_a_head_without_room_waits_and_holds_up_the_next():
    bench = Bench((33, 1), (1, 1), blocks=2)
    for request in (0, 1):
        enqueue(bench.rows, request, bench.replica)
    assert start_head(0.0, bench.rows, bench.replica, bench.calls) == -1
    assert (bench.queue, bench.replica.free_blocks, bench.replica.holders) == ([0, 1], 2, 0)


def test_the_first_start_is_what_counts():
    bench = Bench((16, 1))
    bench.rows.scheduled_s[0] = 1.0
    enqueue(bench.rows, 0, bench.replica)
    start_head(5.0, bench.rows, bench.replica, bench.calls)
    assert bench.rows.scheduled_s[0] == 1.0


@pytest.mark.parametrize(("swapped", "stall_s"), [(1, 0.5), (2, 0.0)])
def test_only_what_was_swapped_is_copied_back(swapped, stall_s):
    """A request that was moved brought its keys and values along."""
    bench = Bench((16, 4), preemption=Swap(copy_s=0.5, bandwidth_bytes_per_s=1e30))
    enqueue(bench.rows, 0, bench.replica)
    bench.rows.swapped, bench.rows.processed, bench.rows.prefilled = swapped, 18, 1
    assert start_head(0.0, bench.rows, bench.replica, bench.calls) == 0
    assert (bench.replica.stall_s, bench.rows.swapped[0], bench.rows.blocks[0]) == (pytest.approx(stall_s), 0, 2)


def test_leaving_gives_everything_back():
    bench = Bench((40, 1))
    bench.start_all()
    leave(0.0, bench.rows, 0, bench.replica, bench.calls)
    assert (bench.replica.free_blocks, bench.replica.holders) == (100, 0)
    assert (bench.rows.blocks[0], bench.rows.capacity[0], bench.rows.shared_tokens[0]) == (0, 0, 0)


def test_tokens_to_start_are_the_rest_of_the_prompt_less_what_the_cache_has():
    trace = prefixed([(0, 40, 3), (1, 40, 3)], ["ab", "ab"], prefix_tokens=16)
    bench = Bench(trace=trace, retention=LruPrefix())
    enqueue(bench.rows, 0, bench.replica)
    start_head(0.0, bench.rows, bench.replica, bench.calls)
    LruPrefix.publish(0.0, bench.rows, 0, bench.replica, trace.prefixes, bench.calls.retention)
    asked = (bench.rows, 1, bench.replica, bench.calls)
    assert tokens_to_start(*asked) == 40 - 32
    bench.rows.processed[1] = 5  # it was swapped in the middle of its prompt, and is not looked up again
    assert tokens_to_start(*asked) == tokens_to_process(bench.rows[1]) == 35
    bench.rows.prefilled[1], bench.rows.processed[1] = 1, 41
    assert tokens_to_start(*asked) == 1


def test_what_the_cache_has_is_shared_and_counts_as_processed():
    trace = prefixed([(0, 40, 3), (1, 40, 3)], ["ab", "ab"], prefix_tokens=16)
    bench = Bench(trace=trace, retention=LruPrefix(), blocks=4)
    enqueue(bench.rows, 0, bench.replica)
    start_head(0.0, bench.rows, bench.replica, bench.calls)
    LruPrefix.publish(0.0, bench.rows, 0, bench.replica, trace.prefixes, bench.calls.retention)
    enqueue(bench.rows, 1, bench.replica)
    assert start_head(0.0, bench.rows, bench.replica, bench.calls) == 1
    row = bench.rows[1]
    assert (row.processed, row.hit_tokens, row.shared_tokens, row.blocks, row.capacity) == (32, 32, 32, 1, 48)
    assert bench.replica.free_blocks == 0


def test_a_refused_admission_leaves_the_cache_as_it_was():
    trace = prefixed([(0, 40, 3), (1, 72, 3)], ["ab", "abcd"], prefix_tokens=16)
    bench = Bench(trace=trace, retention=LruPrefix(), blocks=4)
    enqueue(bench.rows, 0, bench.replica)
    start_head(0.0, bench.rows, bench.replica, bench.calls)
    LruPrefix.publish(0.0, bench.rows, 0, bench.replica, trace.prefixes, bench.calls.retention)
    before = bench.calls.retention.copy()
    enqueue(bench.rows, 1, bench.replica)
    assert start_head(0.0, bench.rows, bench.replica, bench.calls) == -1
    assert np.array_equal(bench.calls.retention, before)
    assert (bench.rows.shared_tokens[1], bench.rows.processed[1], bench.rows.hit_tokens[1]) == (0, 0, 0)


def test_decodes_take_a_token_each_up_to_the_limit():
    bench = Bench((4, 9), (4, 9), (4, 9))
    bench.start_all()
    assert bench.decodes(limit=2) == 0
    assert (bench.members, bench.left) == ([[0, 1], [1, 1]], [2])


def test_half_processed_prompts_are_passed_by_and_kept_in_front():
    bench = Bench((4, 9), (4, 9), (4, 9), (4, 9))
    bench.start_all()
    bench.rows.prefilled[[0, 2]], bench.rows.processed[[0, 2]] = 0, 2
    assert bench.decodes(limit=1) == 1  # the second prompt lies behind the limit
    assert (bench.members, bench.left) == ([[1, 1]], [0, 2, 3])


def test_the_last_makes_room_and_waits_in_front():
    bench = Bench((16, 9), (16, 9), (16, 9), (1, 1), blocks=4)
    bench.start_all()
    assert bench.replica.free_blocks == 0
    bench.rows.processed[3] = 1
    assert bench.decodes(limit=3) == 0
    # The first evicts the last and takes its block; the second evicts the third and takes its.
    assert (bench.members, bench.left, bench.queue) == ([[0, 1], [1, 1]], [], [2, 3])
    assert (bench.replica.preemptions, bench.replica.free_blocks, bench.replica.holders) == (2, 0, 2)
    assert bench.rows.restarts.tolist() == [0, 0, 1, 1]


def test_without_anybody_behind_it_a_request_goes_itself():
    bench = Bench((16, 9), (16, 9), blocks=3)
    bench.start_all()
    assert bench.decodes() == 0
    assert (bench.members, bench.left, bench.queue) == ([[0, 1]], [], [1])
    assert bench.replica.free_blocks == 1


def test_the_cache_gives_way_before_anybody_is_evicted():
    trace = prefixed([(0, 33, 9), (1, 16, 9)], ["ab", "c"], prefix_tokens=16)
    bench = Bench(trace=trace, retention=LruPrefix(), blocks=4)
    enqueue(bench.rows, 0, bench.replica)
    start_head(0.0, bench.rows, bench.replica, bench.calls)
    LruPrefix.publish(0.0, bench.rows, 0, bench.replica, trace.prefixes, bench.calls.retention)
    LruPrefix.unpin(0.0, bench.rows, 0, bench.replica, trace.prefixes, bench.calls.retention)
    leave(0.0, bench.rows, 0, bench.replica, bench.calls)
    enqueue(bench.rows, 1, bench.replica)
    start_head(0.0, bench.rows, bench.replica, bench.calls)
    bench.rows.processed[1], bench.rows.prefilled[1], bench.running[0], bench.replica.running = 17, 1, 1, 1
    bench.replica.free_blocks -= 1  # somebody else's
    bench.decodes()
    assert bench.members == [[1, 1]]
    assert (bench.replica.kept_blocks, bench.replica.free_blocks, bench.replica.preemptions) == (1, 0, 0)


def test_any_position_among_those_behind_may_be_the_victims():
    class First(Recompute):
        @staticmethod
        def victim(now_s, requests, request, replica, running, first, last, state):
            return first

    bench = Bench((16, 9), (16, 9), (16, 9), blocks=3, preemption=First())
    bench.start_all()
    bench.decodes(limit=1)
    assert (bench.members, bench.left, bench.queue) == ([[0, 1]], [2], [1])


def test_prompts_go_on_within_the_tokens_and_members_that_are_left():
    bench = Bench((10, 9), (10, 9), (10, 9), (10, 9))
    bench.start_all(processed=[4, 4, 4, 11])
    bench.rows.prefilled[:3] = 0
    asked = (bench.rows, bench.replica, bench.running, bench.batch, 3)
    assert step_prompts(*asked, 20, 8) == 0
    assert (bench.members, bench.left) == ([[0, 6], [1, 2]], [2, 3])


def test_prompts_stop_at_the_limit_of_members():
    bench = Bench((10, 9), (10, 9), (10, 9))
    bench.start_all(processed=[4, 4, 4])
    bench.rows.prefilled[:] = 0
    append(bench.replica, bench.batch, 7, 1)
    assert step_prompts(bench.rows, bench.replica, bench.running, bench.batch, 3, 2, NO_BUDGET) == NO_BUDGET - 6
    assert (bench.members, bench.left) == ([[7, 1], [0, 6]], [1, 2])


def test_sorting_by_arrival_keeps_the_order_of_equals():
    rows = trace_of(*[(arrival_s, 1, 1) for arrival_s in (1, 2, 2, 3)]).rows()
    running = np.array([3, 2, 0, 1, 9])
    sort_by_arrival(rows, running, 4)
    assert running.tolist() == [0, 2, 1, 3, 9]
