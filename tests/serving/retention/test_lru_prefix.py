from dataclasses import dataclass

import numpy as np
import pytest

from perfwise.serving.batching.sarathi import Sarathi
from perfwise.serving.batching.vllm import Vllm
from perfwise.serving.preemption.swap import Swap
from perfwise.serving.retention.lru_prefix import LruPrefix
from perfwise.serving.simulator import Cluster
from perfwise.serving.trace import Trace
from perfwise.serving.traces.mooncake import Mooncake
from tests.data_folder import shared
from tests.serving.hook_rows import replicas_of, shape_of
from tests.serving.small_runs import prefixed, served, steps, trace_of


class Cache:
    """One replica's cache with its hooks; every request's blocks are of 4 tokens and its own to begin with."""

    def __init__(self, *prompts: str, blocks: int = 100, prefix_tokens: int = 4) -> None:
        requests = [(0, prefix_tokens * len(parts) + 1, 1) for parts in prompts]
        self.trace = prefixed(requests, prompts, prefix_tokens=prefix_tokens)
        self.rows, (self.replica,) = self.trace.rows(), replicas_of(1, blocks=blocks, block_tokens=4)
        self.state = LruPrefix().state(shape_of(self.trace, block_tokens=4))
        self.blocks = blocks

    def hits(self, request: int) -> int:
        return int(LruPrefix.lookup(self.rows, request, self.replica, self.trace.prefixes, self.state))

    def start(self, request: int) -> int:
        """Admit the request and finish its prompt; returns its hits."""
        row, hits = self.rows[request], self.hits(request)
        row.shared_tokens = hits
        LruPrefix.pin(0, self.rows, request, self.replica, self.trace.prefixes, self.state)
        row.blocks = -(-row.prompt // 4) - hits // 4
        self.replica.free_blocks -= row.blocks
        LruPrefix.publish(0, self.rows, request, self.replica, self.trace.prefixes, self.state)
        return hits

    def end(self, request: int) -> None:
        LruPrefix.unpin(0, self.rows, request, self.replica, self.trace.prefixes, self.state)
        self.replica.free_blocks += self.rows.blocks[request]
        self.rows.blocks[request] = self.rows.shared_tokens[request] = 0

    def reclaim(self, blocks: int) -> None:
        LruPrefix.reclaim(0, self.replica, blocks, self.state)

    @property
    def books(self) -> tuple[int, int, int]:
        """Blocks that are free, kept, and a request's own; the rest is in use through the cache."""
        return int(self.replica.free_blocks), int(self.replica.kept_blocks), int(self.rows.blocks.sum())


def test_blocks_of_a_processed_prompt_are_in_use_and_then_kept():
    cache = Cache("abc")
    assert cache.start(0) == 0
    assert cache.books == (96, 0, 1)  # three entries in use
    cache.end(0)
    assert cache.books == (97, 3, 0)


def test_an_equal_beginning_is_found_up_to_where_it_ends():
    cache = Cache("abc", "abx", "ab", "b")
    cache.start(0)
    assert [cache.hits(request) for request in range(4)] == [12, 8, 8, 0]


def test_a_hit_takes_kept_blocks_into_use():
    cache = Cache("abc", "abx")
    cache.start(0)
    cache.end(0)
    assert cache.start(1) == 8
    assert cache.books == (95, 1, 1)  # a, b and x in use, c kept
    cache.end(1)
    assert cache.books == (96, 4, 0)


def test_two_users_hold_one_copy_until_both_have_left():
    cache = Cache("ab", "ab")
    cache.start(0)
    assert cache.start(1) == 8
    assert cache.books == (96, 0, 2)
    cache.end(0)
    assert cache.books == (97, 0, 1)
    cache.end(1)
    assert cache.books == (98, 2, 0)


def test_of_two_that_computed_the_same_the_later_copy_is_freed():
    cache = Cache("ab", "ab")
    for request in (0, 1):  # both were admitted before either was published
        cache.rows.blocks[request] = 3
        cache.replica.free_blocks -= 3
    for request in (0, 1):
        LruPrefix.publish(0, cache.rows, request, cache.replica, cache.trace.prefixes, cache.state)
    assert cache.books == (96, 0, 2)
    assert cache.rows.shared_tokens.tolist() == [8, 8]


def test_a_kept_copy_serves_one_that_computed_it_as_well():
    cache = Cache("ab", "ab")
    cache.rows.blocks[1] = 3
    cache.replica.free_blocks -= 3
    cache.start(0)
    cache.end(0)
    LruPrefix.publish(0, cache.rows, 1, cache.replica, cache.trace.prefixes, cache.state)
    assert cache.books == (97, 0, 1)


def test_the_longest_unused_goes_first_and_ends_before_beginnings():
    cache = Cache("ab", "cd", "ab")
    for request in (0, 1):
        cache.start(request)
        cache.end(request)
    cache.start(2)
    cache.end(2)  # now "ab" was used last
    cache.reclaim(1)
    assert (cache.hits(0), cache.hits(1)) == (8, 4)
    cache.reclaim(2)
    assert (cache.hits(0), cache.hits(1)) == (4, 0)
    assert cache.books == (99, 1, 0)


def test_what_is_in_use_is_not_reclaimed():
    cache = Cache("ab", "cd")
    cache.start(0)
    cache.start(1)
    cache.end(1)
    cache.reclaim(50)
    assert (cache.hits(0), cache.hits(1)) == (8, 0)
    assert cache.books == (97, 0, 1)


def test_entries_taken_out_of_the_middle_leave_the_list_whole():
    cache = Cache("a", "b", "c", "b")
    for request in range(3):
        cache.start(request)
        cache.end(request)
    cache.start(3)
    cache.reclaim(2)
    assert [cache.hits(request) for request in range(3)] == [0, 4, 0]
    cache.end(3)
    cache.reclaim(1)
    assert cache.hits(1) == 0
    assert cache.books == (100, 0, 0)


@pytest.mark.parametrize(
    ("prefix_tokens", "block_tokens", "entry_tokens"), [(4, 4, 4), (512, 16, 512), (2, 4, 4), (6, 4, 12), (5, 1, 5)]
)
def test_an_entry_is_whole_hashes_and_whole_blocks(prefix_tokens, block_tokens, entry_tokens):
    parts = ["abcdefgh"] * 2
    trace = prefixed([(0, 8 * prefix_tokens, 1), (99, 8 * prefix_tokens, 1)], parts, prefix_tokens=prefix_tokens)
    run = served(trace, Cluster(1000, block_tokens=block_tokens), retention=LruPrefix(), plain=True)
    found = (8 * prefix_tokens - 1) // entry_tokens * entry_tokens
    assert run.requests.hit_tokens.tolist() == [0, found]
    assert steps(run)[1] == (1, 8 * prefix_tokens - found, 8 * prefix_tokens - found)
    assert run.replicas.kept_blocks[0] == 8 * prefix_tokens // entry_tokens * entry_tokens // block_tokens
    assert run.replicas.free_blocks[0] + run.replicas.kept_blocks[0] == 1000


def test_at_least_one_token_of_a_prompt_is_processed():
    trace = prefixed([(0, 8, 1), (1, 8, 1)], ["ab", "ab"], prefix_tokens=4)
    run = served(trace, Cluster(10, block_tokens=4), retention=LruPrefix(), plain=True)
    assert run.requests.hit_tokens.tolist() == [0, 4]


def test_a_short_last_part_is_never_found():
    trace = prefixed([(0, 6, 1), (1, 6, 1), (2, 9, 1)], ["ab", "ab", "abc"], prefix_tokens=4)
    run = served(trace, Cluster(10, block_tokens=4), retention=LruPrefix(), plain=True)
    assert run.requests.hit_tokens.tolist() == [0, 4, 4]


def test_the_short_last_part_of_a_restarted_prompt_is_not_taken_for_whole():
    # Blocks of 4. Each prompt of 6 takes two; the first finds no fifth one at 9 tokens and evicts the second, which has
    # 8 by then: its hashes "ab" stand for 6 of these 8 tokens.
    trace = prefixed([(0, 6, 6), (0, 6, 4), (9, 9, 1)], ["xy", "ab", "abc"], prefix_tokens=4)
    run = served(trace, Cluster(4, block_tokens=4), retention=LruPrefix(), batching=Sarathi(), plain=True)
    assert run.requests.restarts[1] > 0
    assert run.requests.prompt[1] >= 8
    assert run.requests.hit_tokens[2] == 4


def test_another_turn_finds_what_the_one_before_left():
    columns = {"next_turn": np.array([1, -1]), "pause_s": np.array([0, 0.5])}
    trace = prefixed([(0, 8, 5), (np.nan, 20, 1)], ["ab", "abcde"], prefix_tokens=4, **columns)
    run = served(trace, Cluster(10, block_tokens=4), retention=LruPrefix(), plain=True)
    assert run.requests.arrival_s[1] == run.requests.completed_s[0] + 0.5
    assert run.requests.hit_tokens.tolist() == [0, 8]


@pytest.mark.parametrize("batching", [Vllm(), Sarathi()])
def test_kept_blocks_give_way_to_a_prompt(batching):
    trace = prefixed([(0, 12, 1), (1, 16, 1), (2, 13, 1)], ["abc", "wxyz", "abcd"], prefix_tokens=4)
    run = served(trace, Cluster(5, block_tokens=4), retention=LruPrefix(), batching=batching, plain=True)
    # 3 of 5 blocks are kept when 4 are wanted: b and c go, a stays.
    assert run.requests.hit_tokens.tolist() == [0, 0, 4]
    assert run.restarts == 0


def test_kept_blocks_give_way_to_a_decode():
    trace = prefixed([(0, 12, 1), (1, 4, 5)], ["abc", "x"], prefix_tokens=4)
    run = served(trace, Cluster(4, block_tokens=4), retention=LruPrefix(), plain=True)
    assert run.restarts == 0
    assert (run.replicas.free_blocks[0], run.replicas.kept_blocks[0]) == (
        2,
        2,
    )  # c is taken; b is what a decode wants free


def test_nothing_is_reclaimed_for_a_prompt_that_does_not_fit_anyway():
    # "ab" is kept, the second runs in 4 of 8 blocks, the third wants 7 and has to wait.
    requests = [(0, 8, 1), (1, 16, 4), (1.001, 28, 1), (1.001, 9, 1)]
    trace = prefixed(requests, ["ab", "wxyz", "opqrstu", "abc"], prefix_tokens=4)
    cluster, seen = Cluster(8, block_tokens=4), []

    @dataclass(frozen=True)
    class Watched(Sarathi):
        @staticmethod
        def build(now_s, requests, replica, *rest):
            Sarathi.build(now_s, requests, replica, *rest)
            seen.append((int(replica.waiting), int(replica.kept_blocks)))

    run = served(trace, cluster, retention=LruPrefix(), batching=Watched(), plain=True)
    assert run.requests.scheduled_s[2] >= run.requests.completed_s[1]
    assert (2, 2) in seen
    assert all(kept == 2 for waiting, kept in seen if waiting == 2)


def test_a_swapped_half_prompt_goes_on_without_the_cache():
    # The first one's decodes send the second away with 11 and with 22 of its 32 tokens.
    trace = prefixed([(0, 8, 4), (0, 32, 2), (50, 33, 1)], ["ab", "stuvwxyz", "stuvwxyz"], prefix_tokens=4)
    cluster = Cluster(11, block_tokens=4, kv_bytes_per_token=1.0)
    run = served(trace, cluster, retention=LruPrefix(), batching=Sarathi(12), preemption=Swap(), plain=True)
    assert run.requests.restarts.tolist() == [0, 2, 0]
    assert run.requests.hit_tokens.tolist() == [0, 0, 28]  # after a restart the last hash is not trusted
    assert run.replicas.tokens[0] == (8 + 3) + (32 + 1) + (33 - 28)
    assert run.replicas.free_blocks[0] + run.replicas.kept_blocks[0] == 11


@pytest.mark.paper
def test_hits_of_a_mooncake_trace_are_those_of_an_endless_cache():
    """One request at a time and room for all: what was seen before is what is found, by a set of hashes."""
    trace = Mooncake().read(shared("serving/mooncake/conversation_trace.jsonl.gz")).first(1500)
    apart = Trace(
        "apart",
        1e5 * np.arange(len(trace)),
        trace.prompt,
        trace.output,
        **{name: getattr(trace, name) for name in ("prefixes", "prefix_start", "prefix_count", "prefix_tokens")},
    )
    seen, expected = set(), []
    for prompt, start, count in zip(trace.prompt, trace.prefix_start, trace.prefix_count, strict=True):
        whole = trace.prefixes[start : start + count][: prompt // 512].tolist()
        known = next((place for place, number in enumerate(whole) if number not in seen), len(whole))
        expected.append(512 * min(known, int(prompt - 1) // 512))
        seen.update(whole)
    run = served(apart, Cluster(blocks=4_000_000), retention=LruPrefix(), batching=Sarathi(4096))
    assert run.requests.hit_tokens.tolist() == expected
    assert sum(expected) > 0.1 * trace.prompt.sum()
    assert run.replicas.kept_blocks[0] == 32 * len(seen)


def test_a_trace_without_hashes_is_served_as_without_a_cache():
    run = served(trace_of((0, 40, 3), (0, 40, 3)), Cluster(10), retention=LruPrefix(), plain=True)
    assert run.requests.hit_tokens.tolist() == [0, 0]
    assert run.replicas.free_blocks[0] == 10
