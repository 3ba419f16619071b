"""The nouns of the serving engine and what each of its families promises.

A simulation is arrays of rows: requests, replicas. At every decision point the loop calls a *hook*: a plain function
with one of the signatures below, marked `compilable(SIGNATURE)`, so that the loop can run compiled. A method is a
frozen dataclass that names its hooks and makes the `state` array that they read and write; nothing else outlives a
call.

All times are seconds, all sizes tokens or blocks of `replica.block_tokens` tokens. Indices count from 0; -1 is none.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from perfwise.kit.compiled import Bundle, Record, Row, RowArray, Rows, Signature, Table

__all__ = [
    "REPLICA",
    "REQUEST",
    "STEP",
    "Batching",
    "Calls",
    "Control",
    "Dispatch",
    "ErrorBand",
    "Hook",
    "Indices",
    "Memory",
    "Migration",
    "Preemption",
    "Retention",
    "Row",
    "RowArray",
    "Shape",
    "State",
    "Timer",
]

State: TypeAlias = NDArray[np.float64]
Indices: TypeAlias = NDArray[np.int64]
Hook: TypeAlias = Callable[..., Any]

REQUEST = np.dtype(
    [
        # What every step touches comes first, so that it shares a cache line.
        ("processed", "i8"),  # tokens whose keys and values are computed
        ("prefilled", "i8"),  # 1 once the prompt is processed
        ("capacity", "i8"),  # tokens that fit into what is held; the loop asks for more only beyond
        ("prompt", "i8"),  # tokens to process before the first output token; a restart counts what was made as prompt
        ("output", "i8"),  # tokens to make
        ("last_token_s", "f8"),
        ("worst_gap_s", "f8"),  # longest time between two of its tokens
        ("arrival_s", "f8"),  # NaN for a later turn whose conversation has not come that far
        ("scheduled_s", "f8"),  # first time in a batch; NaN until then
        ("first_token_s", "f8"),
        ("completed_s", "f8"),
        ("started", "i8"),  # 1 while the loop books the step in which the prompt was finished
        ("blocks", "i8"),  # blocks held for this request alone
        ("shared_tokens", "i8"),  # leading tokens whose blocks are held by the prefix cache
        ("hit_tokens", "i8"),  # prompt tokens that the prefix cache had, over all its starts
        ("restarts", "i8"),  # how often memory was taken from it
        ("swapped", "i8"),  # 1 while its keys and values are outside any replica's memory, 2 while they travel
        ("priority", "i8"),  # greater is more urgent
        ("conversation", "i8"),
        ("next_turn", "i8"),  # request that follows in the conversation, or -1
        ("pause_s", "f8"),  # from the end of the turn before to this one's arrival
        ("prefix_start", "i8"),  # its prefix hashes are prefixes[prefix_start : prefix_start + prefix_count]
        ("prefix_count", "i8"),
        ("replica", "i8"),  # where it is, or -1
        ("behind", "i8"),  # next in the waiting queue, or -1
        ("transfer_s", "f8"),  # set by who moves it: how long its keys and values travel
        ("bound_for", "i8"),  # 1 + the replica that it leaves for as soon as it is in no step, 0 for none
    ],
    align=True,
)
"""One request of a trace, and how far it is."""

REPLICA = np.dtype(
    [
        ("index", "i8"),
        ("role", "i8"),  # free for methods of dispatch and migration, e.g. prefill or decode
        ("total_blocks", "i8"),
        ("block_tokens", "i8"),
        ("free_blocks", "i8"),
        ("kept_blocks", "i8"),  # held by the prefix cache alone, so reclaimable
        ("short_blocks", "i8"),  # set by memory when it refuses: how many it lacks
        ("waiting", "i8"),  # requests in its queue
        ("waiting_blocks", "i8"),  # blocks that these will need to start
        ("first_waiting", "i8"),  # head of the queue, or -1
        ("last_waiting", "i8"),
        ("running", "i8"),  # unfinished requests that are in no batch in flight
        ("holders", "i8"),  # requests that hold memory
        ("max_holders", "i8"),  # the most of them
        ("max_members", "i8"),  # the most requests in a batch
        ("members", "i8"),  # requests in the batch that is being built
        ("stages", "i8"),  # pipeline stages, so batches in flight at once
        ("in_flight", "i8"),
        ("oldest_flight", "i8"),
        ("stall_s", "f8"),  # added to the next step: swaps, mappings
        ("speed", "f8"),  # 1 is the clock that the timer knows
        ("woken", "i8"),  # 1 when a look at the queue is due already
        ("busy_s", "f8"),  # sum of the first stage's service times
        ("prefill_s", "f8"),  # of these, of steps with a prompt in them
        ("flops", "f8"),  # of finished steps, where the timer tells
        ("iterations", "i8"),
        ("tokens", "i8"),  # processed in finished steps
        ("preemptions", "i8"),
        ("extrapolated", "i8"),  # steps that the timer had no measurement around
        ("moved", "i8"),  # requests that came here from another replica
        ("leaving", "i8"),  # requests that are bound for another replica
        ("least_free_blocks", "i8"),
        ("sampled", "i8"),  # scratch of the loop
    ],
    align=True,
)
"""One replica: its memory, its queue, and counters of what it did."""

STEP = np.dtype(
    [
        ("tokens", "i8"),  # all that the step processes
        ("members", "i8"),
        ("decodes", "i8"),  # members that make one more token
        ("decode_context", "i8"),  # sum of their processed tokens
        ("longest_decode", "i8"),
        ("prefills", "i8"),  # members whose prompt is not done
        ("prefill_tokens", "i8"),  # sum of their tokens c in this step
        ("prefill_context", "i8"),  # sum of their processed tokens n
        ("prefill_context_64", "i8"),  # the same, each rounded up to 64
        ("prefill_squares", "i8"),  # sum of c * c
        ("prefill_pairs", "i8"),  # sum of c * n + c * (c + 1) / 2: query-key pairs under causal attention
        ("sampled", "i8"),  # members that make a token in this step
        ("tensor_bytes", "f8"),  # free for timers
        ("stage_s", "f8"),  # the answer: seconds in each pipeline stage but the last
        ("last_stage_s", "f8"),  # the answer: seconds in the last (or only) stage
        ("flops", "f8"),  # may be answered: work of the step on all devices
        ("extrapolated", "i8"),  # the answer: 1 where the step lies outside what was measured
    ],
    align=True,
)
"""One step of a replica: what the timer is asked, and its answer."""

_REQUESTS, _REPLICA, _REPLICAS, _STATE = Rows(REQUEST), Record(REPLICA), Rows(REPLICA), Table("f8")
_INDICES = Table("i8")

# memory/
ADMIT = Signature("b1", ("f8", _REQUESTS, "i8", _REPLICA, _STATE))
"""admit(now_s, requests, request, replica, state): take what the request needs to start; refuse with `short_blocks`.

What it needs covers max(prompt, processed) tokens less its `shared_tokens`. Sets `blocks`, `capacity`, `free_blocks`.
"""
EXTEND = Signature("b1", ("f8", _REQUESTS, "i8", _REPLICA, _STATE))
"""extend(now_s, requests, request, replica, state): make room for the next token, or refuse with `short_blocks`.

Asked when `processed > capacity` or when no block is free.
"""
RELEASE = Signature("none", ("f8", _REQUESTS, "i8", _REPLICA, _STATE))
"""release(now_s, requests, request, replica, state): give back all of the request's own blocks."""

# preemption/
VICTIM = Signature("i8", ("f8", _REQUESTS, "i8", _REPLICA, _INDICES, "i8", "i8", _STATE))
"""victim(now_s, requests, request, replica, running, first, last, state): who makes room for `request`.

Returns a position in running[first:last]. Called only when that is not empty.
"""
EVICT = Signature("none", ("f8", _REQUESTS, "i8", _REPLICA, _STATE))
"""evict(now_s, requests, request, replica, state): what becomes of a victim's progress; the loop frees and requeues."""
RESUME = Signature("none", ("f8", _REQUESTS, "i8", _REPLICA, _STATE))
"""resume(now_s, requests, request, replica, state): a swapped request has been admitted again."""

# retention/
LOOKUP = Signature("i8", (_REQUESTS, "i8", _REPLICA, _INDICES, _STATE))
"""lookup(requests, request, replica, prefixes, state): leading prompt tokens that the cache has; changes nothing.

A multiple of `block_tokens`, less than the prompt.
"""
PIN = Signature("none", ("f8", _REQUESTS, "i8", _REPLICA, _INDICES, _STATE))
"""pin(now_s, requests, request, replica, prefixes, state): the request's first `shared_tokens` are in use by it.

Lowers `kept_blocks` by the blocks that only the cache held.
"""
PUBLISH = Signature("none", ("f8", _REQUESTS, "i8", _REPLICA, _INDICES, _STATE))
"""publish(now_s, requests, request, replica, prefixes, state): the prompt is processed; others may share its prefix.

May move blocks from the request (`blocks` down, `shared_tokens` up) into the cache, in use by it. `capacity` stays.
"""
UNPIN = Signature("none", ("f8", _REQUESTS, "i8", _REPLICA, _INDICES, _STATE))
"""unpin(now_s, requests, request, replica, prefixes, state): the request leaves; what nobody uses counts as kept."""
RECLAIM = Signature("none", ("f8", _REPLICA, "i8", _STATE))
"""reclaim(now_s, replica, blocks, state): free at least so many kept blocks if there are: kept down, free up."""
TURN_END = Signature("none", ("f8", _REQUESTS, "i8", _REPLICA, _INDICES, _STATE))
"""turn_end(now_s, requests, request, replica, prefixes, state): in place of `unpin` where another turn follows."""


class Calls(NamedTuple):
    """What a batching method may ask of the other families, through the functions of `mechanism`."""

    admit: Hook
    extend: Hook
    release: Hook
    memory: State
    victim: Hook
    evict: Hook
    resume: Hook
    preemption: State
    lookup: Hook
    pin: Hook
    unpin: Hook
    reclaim: Hook
    retention: State
    prefixes: NDArray[np.int64]


CALLS = Bundle(
    Calls,
    (
        *(ADMIT, EXTEND, RELEASE, _STATE),
        *(VICTIM, EVICT, RESUME, _STATE),
        *(LOOKUP, PIN, UNPIN, RECLAIM, _STATE, _INDICES),
    ),
)

# batching/
BUILD = Signature("none", ("f8", _REQUESTS, _REPLICA, _INDICES, Table("i8", 2), CALLS, _STATE))
"""build(now_s, requests, replica, running, batch, calls, state): who is in the next step, with how many tokens.

batch[0, :members] are requests, batch[1, :members] their tokens; no member means that nothing can run now. Takes
members out of running[:replica.running] and out of the waiting queue.
"""

# timers/
TIME = Signature("none", (Record(STEP), _STATE))
"""time(step, state): fill in the answers of a STEP."""

# dispatch/
CHOOSE = Signature("i8", ("f8", _REQUESTS, "i8", _REPLICAS, _STATE))
"""choose(now_s, requests, request, replicas, state): the replica that gets an arriving request."""

# migration: a module until there is a second method
HAND_OVER = Signature("i8", ("f8", _REQUESTS, "i8", _REPLICAS, _STATE))
"""hand_over(now_s, requests, request, replicas, state): where a request goes whose prompt is done, or -1 to stay.

Sets the request's `transfer_s`.
"""
REBALANCE = Signature("i8", ("f8", _REQUESTS, _REPLICAS, Table("i8", 2), Table("i8", 2), _STATE))
"""rebalance(now_s, requests, replicas, running, moves, state): at a tick, how many requests move.

running[replica, :replicas[replica].holders] may move: they leave as soon as the replica is between two of their steps.
moves[k] = (request, target replica). Sets their `transfer_s`.
"""

# control: a module until there is a second method
TICK = Signature("none", ("f8", _REQUESTS, _REPLICAS, _STATE))
"""tick(now_s, requests, replicas, state): at a tick, before rebalancing, e.g. set `speed` or `priority`."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a method may need to know to make its state.

    Args:
        replicas: how many.
        requests: how many in the trace.
        prefixes: how many different prefix hashes there are.
        prefix_tokens: tokens behind one hash.
        total_blocks: of a replica.
        block_tokens: tokens in a block.
        max_tokens: longest prompt plus output that a request may have.
        kv_bytes_per_token: keys and values of one token on all devices of a replica.
        seed: of the run; a method that draws starts from it.
    """

    replicas: int
    requests: int
    prefixes: int
    prefix_tokens: int
    total_blocks: int
    block_tokens: int
    max_tokens: int
    kv_bytes_per_token: float
    seed: int


class Memory(Protocol):
    """How keys and values are laid out: what a request takes to start and to grow. One state row for each replica."""

    admit: Hook
    extend: Hook
    release: Hook

    def state(self, shape: Shape) -> State:
        """(width,): how a replica starts."""


class Preemption(Protocol):
    """Who gives memory back when there is none left, and at what price. One state row for each replica."""

    victim: Hook
    evict: Hook
    resume: Hook

    def state(self, shape: Shape) -> State:
        """(width,): how a replica starts."""


class Retention(Protocol):
    """What stays in memory after a request: prefix caches, pinned conversations. One state row for each replica."""

    lookup: Hook
    pin: Hook
    publish: Hook
    unpin: Hook
    reclaim: Hook
    turn_end: Hook

    def state(self, shape: Shape) -> State:
        """(width,): how a replica starts."""


class Batching(Protocol):
    """Who is in the next step. One state row for each replica."""

    build: Hook

    def state(self, shape: Shape) -> State:
        """(width,): how a replica starts."""


class Dispatch(Protocol):
    """Which replica an arriving request goes to. One state."""

    choose: Hook

    def state(self, shape: Shape) -> State:
        """(width,): how a run starts."""


class Migration(Protocol):
    """Which requests move between replicas. One state."""

    hand_over: Hook
    rebalance: Hook

    def state(self, shape: Shape) -> State:
        """(width,): how a run starts."""


class Control(Protocol):
    """What happens at ticks: clocks, priorities. One state."""

    tick: Hook

    def state(self, shape: Shape) -> State:
        """(width,): how a run starts."""


@dataclass(frozen=True, slots=True)
class ErrorBand:
    """How far a prediction may be from a measurement: measured / predicted lies in [low, high] in 8 cases of 10.

    Args:
        ttft_low, ttft_high: of the time to the first token without queueing, dominated by prefill steps.
        tpot_low, tpot_high: of the time per output token, dominated by decode steps.
        source: which comparison it comes from, for people.
    """

    ttft_low: float
    ttft_high: float
    tpot_low: float
    tpot_high: float
    source: str


class Timer(Protocol):
    """How long a step takes on one model, device and parallel plan. One state for all replicas, which it only reads."""

    @property
    def time(self) -> Hook:
        """Of the signature TIME."""

    @property
    def identity(self) -> str:
        """Digest of everything that decides its answers."""

    @property
    def devices(self) -> int:
        """GPUs of one replica."""

    @property
    def source(self) -> str:
        """Where its numbers come from, for people; a roofline says `roofline`."""

    @property
    def band(self) -> ErrorBand | None:
        """None where no comparison with measurements is known."""

    def state(self) -> State:
        """(width,): tables and constants."""
