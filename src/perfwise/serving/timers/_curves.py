"""Step times composed from curves: linear work by tokens, attention by batch and context, host time beside them."""

import hashlib
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from perfwise.kit.compiled import compilable
from perfwise.serving.contracts import TIME, ErrorBand, Hook, State

__all__ = ["BATCHES", "CONTEXTS", "KNOTS", "QUERIES", "TOKENS", "Curves"]

Array = NDArray[np.float64]

KNOTS: Array = 2.0 ** (np.arange(48) / 2)
"""Knots of all surfaces: two for each doubling, from 1 on."""

BATCHES, CONTEXTS, QUERIES = KNOTS[:25], KNOTS[:41], KNOTS[:37]
"""Knots of members, of tokens looked at, and of prompt tokens: up to 4,096, 1,048,576 and 262,144."""

TOKENS = 16_384
"""Linear work is tabled for each number of tokens up to here."""

# Where the state has what.
_STAGES, _LAUNCHES_S, _GRAPHS_S, _OVERHEAD_S, _SKEW, _PREFILL_FACTOR, _DECODE_FACTOR = 0, 1, 2, 3, 4, 5, 6
_FLOPS_TOKEN, _FLOPS_SAMPLED, _FLOPS_PAIR = 7, 8, 9
_KNOWN_TOKENS, _KNOWN_MEMBERS, _GRAPH_MEMBERS, _MEMBER_S, _PROMPT_S = 10, 11, 12, 13, 14
_KNOTS_AT, _BODY_AT, _HEAD_AT, _SEND_AT, _DECODE_AT, _PREFILL_AT, _WIDTH = 16, 64, 16449, 32834, 49219, 50244, 52000
_N_BATCHES, _N_CONTEXTS, _N_QUERIES, _LAST = 25, 41, 37, 16384


@compilable()
def _line(state: State, at: int, tokens: int) -> float:
    """A curve by tokens; beyond its end as steep as over its last half."""
    if tokens <= _LAST:
        return state[at + tokens]
    end, half = state[at + _LAST], state[at + _LAST // 2]
    return end + (end - half) * (2.0 * (tokens - _LAST) / _LAST)


@compilable()
def _knot(x: float, knots: int) -> int:
    """The knot at or below x that has another above."""
    return min(int(2.0 * np.log2(x)), knots - 2) if x > 1.0 else 0


@compilable()
def _surface(state: State, at: int, rows: int, columns: int, x: float, y: float) -> float:
    """A surface between its knots, straight in x and y; negative where a corner is extrapolated."""
    i, j = _knot(x, rows), _knot(y, columns)
    low_x, low_y = state[_KNOTS_AT + i], state[_KNOTS_AT + j]
    u = (x - low_x) / (state[_KNOTS_AT + i + 1] - low_x)
    v = (y - low_y) / (state[_KNOTS_AT + j + 1] - low_y)
    here = at + i * columns + j
    a, b, c, d = state[here], state[here + 1], state[here + columns], state[here + columns + 1]
    found = (1.0 - u) * ((1.0 - v) * abs(a) + v * abs(b)) + u * ((1.0 - v) * abs(c) + v * abs(d))
    known = a >= 0.0 and (b >= 0.0 or v == 0.0) and (c >= 0.0 or u == 0.0) and (d >= 0.0 or u == 0.0 or v == 0.0)
    return max(found, 0.0) if known else -max(found, 0.0)


@compilable(TIME)
def _time(step: Any, state: State) -> None:
    members, tokens = step.decodes, step.tokens
    outside = tokens > state[_KNOWN_TOKENS] or members > state[_KNOWN_MEMBERS]
    decode, prefill, pairs = 0.0, 0.0, 0.0
    if members > 0:
        mean = step.decode_context / members
        decode = _surface(state, _DECODE_AT, _N_BATCHES, _N_CONTEXTS, float(members), mean)
        outside = outside or decode < 0.0
        decode = abs(decode)
        if state[_SKEW] > 0.0:
            worst = abs(
                _surface(state, _DECODE_AT, _N_BATCHES, _N_CONTEXTS, float(members), float(step.longest_decode))
            )
            decode += state[_SKEW] * (worst - decode)
        pairs = float(step.decode_context + members)
    if step.prefills > 0:
        keys = step.prefill_pairs / step.prefill_tokens
        prefill = _surface(state, _PREFILL_AT, _N_QUERIES, _N_CONTEXTS, float(step.prefill_tokens), keys)
        outside = outside or prefill < 0.0
        prefill = abs(prefill)
        pairs += step.prefill_pairs
    factor = state[_PREFILL_FACTOR] if step.prefills > 0 else state[_DECODE_FACTOR]
    body = factor * (_line(state, _BODY_AT, tokens) + decode + prefill)
    head = factor * _line(state, _HEAD_AT, step.sampled)
    stages = state[_STAGES]
    host = state[_GRAPHS_S] if step.prefills == 0 and members <= state[_GRAPH_MEMBERS] else state[_LAUNCHES_S]
    overhead = state[_OVERHEAD_S] + state[_MEMBER_S] * step.members
    if step.prefills > 0:
        overhead += state[_PROMPT_S]
    overhead /= stages
    step.last_stage_s = max(body / stages + head, host / stages) + overhead
    step.stage_s = step.last_stage_s
    if stages > 1.0:
        step.stage_s = max(body / stages, host / stages) + _line(state, _SEND_AT, tokens) + overhead
    step.flops = state[_FLOPS_TOKEN] * tokens + state[_FLOPS_SAMPLED] * step.sampled + state[_FLOPS_PAIR] * pairs
    step.extrapolated = 1 if outside else 0


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """Time of a step on the GPU and on the host, of whatever made the curves; a `Timer`.

    GPU: `body[tokens] + decode(members, mean context) + prefill(prompt tokens, mean keys) + head[sampled]`, the body
    divided among the stages. Host: launching the kernels one by one where the step has prompts, replaying a recorded
    graph where it has none. The longer of the two counts, and `overhead_s` comes on top. Between knots surfaces are
    straight; a cell that nothing was measured around is negative and makes the step `extrapolated`.

    Args:
        body: (TOKENS + 1,) s of all layers' work that depends on tokens alone.
        head: (TOKENS + 1,) s of embedding, head and sampling by sampled positions.
        send: (TOKENS + 1,) s of the transfer to the next stage.
        decode: (batches, contexts) s of all layers' attention, at `BATCHES` and `CONTEXTS`.
        prefill: (queries, contexts) s, at `QUERIES` and `CONTEXTS`; queries in all, keys that one looks at on average.
        about: source, for people.
        gpus: of one replica.
        stages: pipeline stages.
        launches_s: host time to launch a step's kernels one by one.
        graph_s: host time to replay a step.
        graph_members: largest batch that is replayed.
        overhead_s: host time that nothing overlaps.
        member_s, prompt_s: more of it for each sequence in the step, and in a step with prompts.
        skew: share of the gap between the longest and the mean context that a decode pays.
        prefill_factor, decode_factor: calibration of steps with and without prompts.
        flops_per_token, flops_per_sampled, flops_per_pair: work on all GPUs.
        known_tokens, known_members: largest that were measured.
        errors: how far it was from measurements.
    """

    time: ClassVar[Hook] = staticmethod(_time)

    body: Array
    head: Array
    send: Array
    decode: Array
    prefill: Array
    about: str
    gpus: int = 1
    stages: int = 1
    launches_s: float = 0.0
    graph_s: float = 0.0
    graph_members: int = 512
    overhead_s: float = 0.0
    member_s: float = 0.0
    prompt_s: float = 0.0
    skew: float = 0.0
    prefill_factor: float = 1.0
    decode_factor: float = 1.0
    flops_per_token: float = 0.0
    flops_per_sampled: float = 0.0
    flops_per_pair: float = 0.0
    known_tokens: float = np.inf
    known_members: float = np.inf
    errors: ErrorBand | None = None

    def __post_init__(self) -> None:
        assert self.body.shape == self.head.shape == self.send.shape == (TOKENS + 1,)
        assert self.decode.shape == (BATCHES.size, CONTEXTS.size)
        assert self.prefill.shape == (QUERIES.size, CONTEXTS.size)

    @property
    def identity(self) -> str:
        """Digest of everything that decides its answers."""
        return hashlib.sha256(b"curves" + self.state().tobytes()).hexdigest()[:16]

    @property
    def devices(self) -> int:
        """GPUs of one replica."""
        return self.gpus

    @property
    def source(self) -> str:
        """Where the numbers come from."""
        return self.about

    @property
    def band(self) -> ErrorBand | None:
        """How far it was from measurements; None where nobody compared."""
        return self.errors

    def calibrated(
        self, prefill_factor: float, decode_factor: float, overhead_s: float, band: ErrorBand | None
    ) -> Self:
        """The same with other factors, overhead and band."""
        return replace(
            self, prefill_factor=prefill_factor, decode_factor=decode_factor, overhead_s=overhead_s, errors=band
        )

    def state(self) -> State:
        """(width,): constants, knots, curves, surfaces."""
        state = np.zeros(_WIDTH)
        state[: _PROMPT_S + 1] = (
            *(self.stages, self.launches_s, self.graph_s, self.overhead_s, self.skew),
            *(self.prefill_factor, self.decode_factor),
            *(self.flops_per_token, self.flops_per_sampled, self.flops_per_pair),
            *(self.known_tokens, self.known_members, self.graph_members, self.member_s, self.prompt_s),
        )
        parts = (KNOTS, self.body, self.head, self.send, self.decode.ravel(), self.prefill.ravel())
        for at, part in zip((_KNOTS_AT, _BODY_AT, _HEAD_AT, _SEND_AT, _DECODE_AT, _PREFILL_AT), parts, strict=True):
            state[at : at + part.size] = part
        return state


class Composed:
    """What a timer inherits that composes its curves once, in `curves`."""

    time: ClassVar[Hook] = staticmethod(_time)

    @property
    def curves(self) -> Curves:
        """The composed curves."""
        raise NotImplementedError

    @property
    def identity(self) -> str:
        """Digest of everything that decides its answers."""
        return self.curves.identity

    @property
    def devices(self) -> int:
        """GPUs of one replica."""
        return self.curves.gpus

    @property
    def source(self) -> str:
        """Where the numbers come from."""
        return self.curves.about

    @property
    def band(self) -> ErrorBand | None:
        """How far it was from measurements; None where nobody compared."""
        return self.curves.errors

    def state(self) -> State:
        """(width,): constants, knots, curves, surfaces."""
        return self.curves.state()
