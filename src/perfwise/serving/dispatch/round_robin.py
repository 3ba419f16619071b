"""Round robin: the replicas take turns."""

from dataclasses import dataclass

import numpy as np

from perfwise.kit.compiled import compilable
from perfwise.serving.contracts import CHOOSE, RowArray, Shape, State

__all__ = ["RoundRobin"]


@compilable(CHOOSE)
def choose(now_s: float, requests: RowArray, request: int, replicas: RowArray, state: State) -> int:
    """The next in turn."""
    turn = int(state[0])
    state[0] = turn + 1 if turn + 1 < replicas.shape[0] else 0
    return turn


@dataclass(frozen=True, slots=True)
class RoundRobin:
    """Request i goes to replica i modulo their number, whatever their load.

    Source: Nagle, On Packet Switches with Infinite Storage, RFC 970, 1985; the default of Vidur, commit 7d47513.
    """

    choose = staticmethod(choose)

    def state(self, shape: Shape) -> State:
        """(1,): whose turn it is."""
        return np.zeros(1)
