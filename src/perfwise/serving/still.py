"""The plain choices where a family has one method so far: nothing moves, and ticks do nothing."""

from dataclasses import dataclass

import numpy as np

from perfwise.kit.compiled import compilable
from perfwise.serving.contracts import HAND_OVER, REBALANCE, TICK, Indices, RowArray, Shape, State

__all__ = ["NoControl", "NoMigration"]


@compilable(HAND_OVER)
def hand_over(now_s: float, requests: RowArray, request: int, replicas: RowArray, state: State) -> int:
    """Stays."""
    return -1


@compilable(REBALANCE)
def rebalance(
    now_s: float, requests: RowArray, replicas: RowArray, running: Indices, moves: Indices, state: State
) -> int:
    """Nothing moves."""
    return 0


@compilable(TICK)
def tick(now_s: float, requests: RowArray, replicas: RowArray, state: State) -> None:
    """Nothing changes."""


@dataclass(frozen=True, slots=True)
class NoMigration:
    """Every request ends where it was sent."""

    hand_over = staticmethod(hand_over)
    rebalance = staticmethod(rebalance)

    def state(self, shape: Shape) -> State:
        """Nothing to remember."""
        return np.zeros(1)


@dataclass(frozen=True, slots=True)
class NoControl:
    """Clocks and priorities stay as they are."""

    tick = staticmethod(tick)

    def state(self, shape: Shape) -> State:
        """Nothing to remember."""
        return np.zeros(1)
