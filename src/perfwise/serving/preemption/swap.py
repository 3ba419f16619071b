"""Swap: a victim's keys and values go to the CPU's memory and come back."""

from dataclasses import dataclass

import numpy as np

from perfwise.errors import InvalidOption
from perfwise.kit.compiled import compilable
from perfwise.serving.contracts import EVICT, RESUME, VICTIM, Indices, Row, RowArray, Shape, State

__all__ = ["Swap"]


@compilable()
def _stall(row: Row, replica: Row, state: State) -> None:
    """The next step waits for the copy. The last token that was made has no keys and values yet."""
    replica.stall_s += state[0] * (row.processed - row.prefilled) + state[1]


@compilable(VICTIM)
def victim(
    now_s: float, requests: RowArray, request: int, replica: Row, running: Indices, first: int, last: int, state: State
) -> int:
    """The last that runs."""
    return last - 1


@compilable(EVICT)
def evict(now_s: float, requests: RowArray, request: int, replica: Row, state: State) -> None:
    """Keeps its progress; all its keys and values are copied out, also those that it shared."""
    requests[request].swapped = 1
    _stall(requests[request], replica, state)


@compilable(RESUME)
def resume(now_s: float, requests: RowArray, request: int, replica: Row, state: State) -> None:
    """The copy back."""
    _stall(requests[request], replica, state)


@dataclass(frozen=True, slots=True)
class Swap:
    """The request that came last is copied to the CPU's memory over PCIe and goes on where it was, once there is room.

    stall of the next step = copy_s + tokens * bytes per token / bandwidth, once out and once back.

    Args:
        bandwidth_bytes_per_s: between a replica's GPUs and the CPU, all links together; 25e9 is about what one PCIe 4.0
            x16 link moves.
        copy_s: of starting a copy, whatever its size.
    Raises: InvalidOption for a bandwidth that is not above 0 or a negative `copy_s`.

    Source: Kwon et al., Efficient Memory Management for Large Language Model Serving with PagedAttention, SOSP 2023,
        arXiv:2309.06180, section 4.5.
    Differs: the CPU's memory is never full, and no copy overlaps with a step.
    """

    bandwidth_bytes_per_s: float = 25e9
    copy_s: float = 0.0
    victim = staticmethod(victim)
    evict = staticmethod(evict)
    resume = staticmethod(resume)

    def __post_init__(self) -> None:
        if not 0 < self.bandwidth_bytes_per_s < float("inf"):
            raise InvalidOption(f"bandwidth_bytes_per_s must be above 0 and finite, not {self.bandwidth_bytes_per_s}")
        if not 0 <= self.copy_s < float("inf"):
            raise InvalidOption(f"copy_s must be at least 0 and finite, not {self.copy_s}")

    def state(self, shape: Shape) -> State:
        """(2,): seconds for a token, seconds for a copy. Raises: InvalidOption where the size of a token is unknown."""
        if not 0 < shape.kv_bytes_per_token < float("inf"):
            raise InvalidOption(
                "swapping costs what its bytes cost, so the cluster must say its kv_bytes_per_token (above 0), "
                f"not {shape.kv_bytes_per_token}"
            )
        return np.array([shape.kv_bytes_per_token / self.bandwidth_bytes_per_s, self.copy_s])
