"""A batching method that checks a replica's books whenever it is asked for a batch; plain Python only."""

from collections import Counter
from dataclasses import dataclass
from math import lcm
from typing import Any

from perfwise.serving.contracts import Batching
from perfwise.serving.retention.lru_prefix import LruPrefix

__all__ = ["Audited"]


@dataclass(frozen=True)
class Audited:
    """Decides as `inner` does, and counts from the requests what the loop and the methods keep in numbers."""

    inner: Batching
    prefix_tokens: int

    def state(self, shape: Any) -> Any:
        return self.inner.state(shape)

    def build(self, now_s, requests, replica, running, batch, calls, state) -> None:
        self._check(requests, replica, running, calls)
        holders = replica.holders
        self.inner.build(now_s, requests, replica, running, batch, calls, state)
        self._check(requests, replica, running, calls)
        members = [int(request) for request in batch[0, : replica.members]]
        assert len(set(members)) == len(members) <= replica.max_holders
        left = [int(request) for request in running[: replica.running]]
        assert not set(members) & set(left)
        assert not set(members) & set(waiting(requests, replica))
        assert replica.holders <= replica.max_holders
        assert holders >= 0
        for request, tokens in zip(members, batch[1], strict=False):
            row = requests[request]
            assert row.processed + tokens - row.prefilled <= row.capacity

    def _check(self, requests, replica, running, calls) -> None:
        here = [request for request in range(len(requests)) if requests[request].replica == replica.index]
        holders = [request for request in here if requests[request].capacity > 0]
        assert replica.holders == len(holders)
        queue = waiting(requests, replica)
        assert not set(queue) & set(holders)
        wanted = [max(requests[request].prompt, requests[request].processed) for request in queue]
        assert replica.waiting_blocks == sum(-(-tokens // replica.block_tokens) for tokens in wanted)
        left = [int(request) for request in running[: replica.running]]
        assert len(set(left)) == len(left)
        assert set(left) <= set(holders)
        self._check_blocks(requests, replica, here, calls)

    def _check_blocks(self, requests, replica, here, calls) -> None:
        own = sum(int(requests[request].blocks) for request in here)
        users = self._users(requests, replica, here, calls.prefixes)
        blocks = lcm(self.prefix_tokens, replica.block_tokens) // replica.block_tokens
        if calls.lookup is LruPrefix.lookup:
            counts = calls.retention[4::3]  # users of each hash; -1 where it is not there
            assert {number: count for number, count in enumerate(counts) if count > 0} == users
            assert replica.kept_blocks == blocks * int((counts == 0).sum())
        assert min(replica.free_blocks, replica.kept_blocks) >= 0
        assert replica.free_blocks + replica.kept_blocks + own + blocks * len(users) == replica.total_blocks

    def _users(self, requests, replica, here, prefixes) -> Counter:
        tokens = lcm(self.prefix_tokens, replica.block_tokens)
        hashes = tokens // self.prefix_tokens
        users: Counter = Counter()
        for request in here:
            row = requests[request]
            assert row.shared_tokens % tokens == 0
            ends = range(hashes, row.shared_tokens // self.prefix_tokens + 1, hashes)
            users.update(int(prefixes[row.prefix_start + end - 1]) for end in ends)
        return users


def waiting(requests, replica) -> list[int]:
    """The queue, head first."""
    queue, request = [], int(replica.first_waiting)
    while len(queue) < replica.waiting:
        queue.append(request)
        request = int(requests[request].behind)
    if queue:
        assert queue[-1] == replica.last_waiting
        assert request == -1
    return queue
