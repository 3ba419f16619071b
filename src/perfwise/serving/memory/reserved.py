"""Reserved memory: a request takes all that it may ever need when it starts."""

from dataclasses import dataclass

import numpy as np

from perfwise.errors import InvalidOption
from perfwise.kit.compiled import compilable
from perfwise.serving.contracts import ADMIT, EXTEND, RELEASE, Row, RowArray, Shape, State

__all__ = ["Reserved"]

_EXACT, _POWER, _LONGEST = range(3)
_RULES = {"exact": _EXACT, "power": _POWER, "longest": _LONGEST}


@compilable()
def _tokens_to_reserve(row: Row, state: State) -> int:
    """Room for the whole request by the rule of the state."""
    if state[0] == _POWER:
        output = 1
        while output < row.output:
            output *= 2
        return min(row.prompt + output, max(row.prompt + row.output, int(state[1])))
    if state[0] == _LONGEST:
        return max(row.prompt + row.output, int(state[1]))
    return row.prompt + row.output


@compilable(ADMIT)
def admit(now_s: float, requests: RowArray, request: int, replica: Row, state: State) -> bool:
    """All blocks at once, or none."""
    row = requests[request]
    shared = row.shared_tokens // replica.block_tokens
    blocks = (_tokens_to_reserve(row, state) + replica.block_tokens - 1) // replica.block_tokens - shared
    if blocks > replica.free_blocks:
        replica.short_blocks = blocks - replica.free_blocks
        return False
    replica.free_blocks -= blocks
    row.blocks = blocks
    row.capacity = (blocks + shared) * replica.block_tokens
    return True


@compilable(EXTEND)
def extend(now_s: float, requests: RowArray, request: int, replica: Row, state: State) -> bool:
    """There is room already."""
    replica.short_blocks = 1
    return requests[request].processed <= requests[request].capacity


@compilable(RELEASE)
def release(now_s: float, requests: RowArray, request: int, replica: Row, state: State) -> None:
    """All blocks are free again."""
    row = requests[request]
    replica.free_blocks += row.blocks
    row.blocks = 0


@dataclass(frozen=True, slots=True)
class Reserved:
    """A request's whole region is reserved on admission, so that nobody is ever evicted and much stays unused.

    Args:
        rule: what is reserved: `exact`, prompt and output as they will be (an oracle); `power`, the output rounded up
            to a power of two, which is at most twice too much; `longest`, `max_tokens` for every request.
        max_tokens: the longest sequence of the model; 0: the longest request of the trace. No rule reserves more,
            unless a request itself is longer.
    Raises: InvalidOption for another rule or a negative `max_tokens`.

    Source: Orca's memory as described by Kwon et al., Efficient Memory Management for Large Language Model Serving with
        PagedAttention, SOSP 2023, arXiv:2309.06180, section 6.1: Orca (Oracle), Orca (Pow2), Orca (Max).
    Differs: regions are whole blocks and need not lie together; there is no fragmentation between them.
    """

    rule: str = "exact"
    max_tokens: int = 0
    admit = staticmethod(admit)
    extend = staticmethod(extend)
    release = staticmethod(release)

    def __post_init__(self) -> None:
        if self.rule not in _RULES:
            raise InvalidOption(f"memory can be reserved by {', '.join(_RULES)}, not by {self.rule!r}")
        if self.max_tokens < 0:
            raise InvalidOption(f"max_tokens must be at least 0, not {self.max_tokens}")

    def state(self, shape: Shape) -> State:
        """(2,): rule, max_tokens. Raises: InvalidOption if `longest` reserves more than a replica has."""
        longest, room = self.max_tokens or shape.max_tokens, shape.total_blocks * shape.block_tokens
        if self.rule == "longest" and longest > room:
            raise InvalidOption(
                f"max_tokens is {longest}, but a replica has room for {room} tokens and could not start one request"
            )
        return np.array([_RULES[self.rule], min(longest, room)], dtype=np.float64)
