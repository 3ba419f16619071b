"""No retention: what a request leaves is forgotten."""

from dataclasses import dataclass

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

__all__ = ["Nothing"]


@compilable(LOOKUP)
def lookup(requests: RowArray, request: int, replica: Row, prefixes: Indices, state: State) -> int:
    """Never a hit."""
    return 0


@compilable(PIN)
def pin(now_s: float, requests: RowArray, request: int, replica: Row, prefixes: Indices, state: State) -> None:
    """Nothing."""


@compilable(PUBLISH)
def publish(now_s: float, requests: RowArray, request: int, replica: Row, prefixes: Indices, state: State) -> None:
    """Nothing."""


@compilable(UNPIN)
def unpin(now_s: float, requests: RowArray, request: int, replica: Row, prefixes: Indices, state: State) -> None:
    """Nothing."""


@compilable(RECLAIM)
def reclaim(now_s: float, replica: Row, blocks: int, state: State) -> None:
    """Nothing."""


@compilable(TURN_END)
def turn_end(now_s: float, requests: RowArray, request: int, replica: Row, prefixes: Indices, state: State) -> None:
    """Nothing: the next turn computes everything again."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """Blocks are free as soon as their request ends; no prefix is ever found.

    Source: the plain engine of Kwon et al., SOSP 2023, arXiv:2309.06180, without prefix sharing.
    """

    lookup = staticmethod(lookup)
    pin = staticmethod(pin)
    publish = staticmethod(publish)
    unpin = staticmethod(unpin)
    reclaim = staticmethod(reclaim)
    turn_end = staticmethod(turn_end)

    def state(self, shape: Shape) -> State:
        """Nothing to remember."""
        return np.zeros(1)
