"""Prefix cache: blocks of equal prompt beginnings are shared, and kept after use until memory is needed."""

from dataclasses import dataclass
from math import lcm

import numpy as np

from perfwise.kit.compiled import compilable
from perfwise.serving.contracts import (
    LOOKUP,
    PIN,
    PUBLISH,
    RECLAIM,
    TURN_END,
    UNPIN,
    Indices,
    Row,
    RowArray,
    Shape,
    State,
)

__all__ = ["LruPrefix"]

# The state: constants and the ends of the list, then for each hash its users and its neighbours in the list of those
# that nobody uses, longest unused first. An entry is as many hashes as fill whole blocks, known by the last of them.
_TOKENS, _HASHES, _OLDEST, _NEWEST, _FIRST = range(5)
_USERS, _OLDER, _NEWER, _WIDTH = range(4)
_ABSENT = -1.0


@compilable()
def _entry(row: Row, number: int, prefixes: Indices, state: State) -> int:
    """Where the state has a request's entry number so and so."""
    hashes = int(state[_HASHES])
    return _FIRST + _WIDTH * prefixes[row.prefix_start + (number + 1) * hashes - 1]


@compilable()
def _entries(row: Row, tokens: int, state: State) -> int:
    """How many entries lie within a request's first `tokens` and its hashes.

    The last hash may stand for less than it could, which shows as long as the prompt is what it was: after a restart
    it is left out.
    """
    hashes = row.prefix_count if row.restarts == 0 else row.prefix_count - 1
    return max(0, min(hashes // int(state[_HASHES]), tokens // int(state[_TOKENS])))


@compilable()
def _blocks(replica: Row, state: State) -> int:
    """Of one entry."""
    return int(state[_TOKENS]) // replica.block_tokens


@compilable()
def _keep(entry: int, state: State) -> None:
    """Put an entry that nobody uses any more at the list's newest end."""
    newest = int(state[_NEWEST])
    state[entry + _OLDER], state[entry + _NEWER] = newest, -1
    if newest < 0:
        state[_OLDEST] = entry
    else:
        state[newest + _NEWER] = entry
    state[_NEWEST] = entry


@compilable()
def _unlink(entry: int, state: State) -> None:
    """Take an entry out of the list."""
    older, newer = int(state[entry + _OLDER]), int(state[entry + _NEWER])
    if older < 0:
        state[_OLDEST] = newer
    else:
        state[older + _NEWER] = newer
    if newer < 0:
        state[_NEWEST] = older
    else:
        state[newer + _OLDER] = older


@compilable()
def _use(entry: int, replica: Row, state: State) -> None:
    """One more request uses an entry that is there."""
    if state[entry + _USERS] == 0:
        _unlink(entry, state)
        replica.kept_blocks -= _blocks(replica, state)
    state[entry + _USERS] += 1


@compilable()
def _leave(row: Row, replica: Row, prefixes: Indices, state: State) -> None:
    """One user less for each entry; the prompt's end grows old before its beginning, without which it is worthless."""
    entries = row.shared_tokens // int(state[_TOKENS])
    for back in range(entries):
        entry = _entry(row, entries - 1 - back, prefixes, state)
        state[entry + _USERS] -= 1
        if state[entry + _USERS] == 0:
            _keep(entry, state)
            replica.kept_blocks += _blocks(replica, state)


@compilable(LOOKUP)
def lookup(requests: RowArray, request: int, replica: Row, prefixes: Indices, state: State) -> int:
    """Up to the first entry that is not there; at least one token is left to process."""
    row = requests[request]
    entries = _entries(row, row.prompt - 1, state)
    found = 0
    while found < entries and state[_entry(row, found, prefixes, state) + _USERS] != _ABSENT:
        found += 1
    return found * int(state[_TOKENS])


@compilable(PIN)
def pin(now_s: float, requests: RowArray, request: int, replica: Row, prefixes: Indices, state: State) -> None:
    """One more user for each entry of the shared tokens."""
    row = requests[request]
    for number in range(row.shared_tokens // int(state[_TOKENS])):
        _use(_entry(row, number, prefixes, state), replica, state)


@compilable(PUBLISH)
def publish(now_s: float, requests: RowArray, request: int, replica: Row, prefixes: Indices, state: State) -> None:
    """The request's own entries move into the cache; of those that another one was quicker with, its copy is freed."""
    row = requests[request]
    tokens, blocks = int(state[_TOKENS]), _blocks(replica, state)
    for number in range(row.shared_tokens // tokens, _entries(row, row.prompt, state)):
        entry = _entry(row, number, prefixes, state)
        if state[entry + _USERS] == _ABSENT:
            state[entry + _USERS] = 1
        else:
            _use(entry, replica, state)
            replica.free_blocks += blocks
        row.blocks -= blocks
        row.shared_tokens += tokens


@compilable(UNPIN)
def unpin(now_s: float, requests: RowArray, request: int, replica: Row, prefixes: Indices, state: State) -> None:
    """One user less for each entry of the shared tokens."""
    _leave(requests[request], replica, prefixes, state)


@compilable(RECLAIM)
def reclaim(now_s: float, replica: Row, blocks: int, state: State) -> None:
    """Whole entries, longest unused first."""
    freed = 0
    while freed < blocks and state[_OLDEST] >= 0:
        entry = int(state[_OLDEST])
        _unlink(entry, state)
        state[entry + _USERS] = _ABSENT
        freed += _blocks(replica, state)
    replica.kept_blocks -= freed
    replica.free_blocks += freed


@compilable(TURN_END)
def turn_end(now_s: float, requests: RowArray, request: int, replica: Row, prefixes: Indices, state: State) -> None:
    """As after any request: the next turn finds what its hashes name, unless memory was needed for others."""
    _leave(requests[request], replica, prefixes, state)


@dataclass(frozen=True, slots=True)
class LruPrefix:
    """Prompts share the memory of equal beginnings, and what nobody uses stays until others need the room.

    A prompt's blocks are found by the trace's prefix hashes from the moment it is processed. Each has a count of its
    users; of those without, the longest unused are given up first, ends before beginnings. Every operation takes the
    same time, however much is kept.

    Source: Zheng et al., SGLang: Efficient Execution of Structured Language Model Programs, NeurIPS 2024,
        arXiv:2312.07104, for least recently used leaves first; Kwon et al., SOSP 2023, arXiv:2309.06180, for shared
        blocks with counts.
    Differs: only prompts are kept, not what was made after them, since a trace has hashes for prompts alone; the unit
        is as many hashes as fill whole blocks, so that a shorter rest of a prompt is never found.
    """

    lookup = staticmethod(lookup)
    pin = staticmethod(pin)
    publish = staticmethod(publish)
    unpin = staticmethod(unpin)
    reclaim = staticmethod(reclaim)
    turn_end = staticmethod(turn_end)

    def state(self, shape: Shape) -> State:
        """(4 + 3 * prefixes,): tokens and hashes of an entry, ends of the list; users and neighbours of each hash."""
        per_hash = max(shape.prefix_tokens, 1)
        tokens = lcm(per_hash, shape.block_tokens)
        state = np.empty(_FIRST + _WIDTH * shape.prefixes)
        state[:_FIRST] = tokens, tokens // per_hash, -1, -1
        state[_FIRST:] = _ABSENT
        return state
