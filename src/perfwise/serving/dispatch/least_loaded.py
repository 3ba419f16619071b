"""Least loaded: a request goes where there is most room for it."""

from dataclasses import dataclass

import numpy as np

from perfwise.kit.compiled import compilable
from perfwise.serving.contracts import CHOOSE, RowArray, Shape, State
from perfwise.serving.dispatch._load import load, measure_number

__all__ = ["LeastLoaded"]


@compilable(CHOOSE)
def choose(now_s: float, requests: RowArray, request: int, replicas: RowArray, state: State) -> int:
    """The least load; the first wins a tie."""
    best = 0
    least = load(replicas[0], state[0])
    for index in range(1, replicas.shape[0]):
        here = load(replicas[index], state[0])
        if here < least:
            best, least = index, here
    return best


@dataclass(frozen=True, slots=True)
class LeastLoaded:
    """Look at all replicas and take the least loaded, the first of equals.

    Args:
        measure: `memory`, (blocks in use + blocks that the waiting will take) / total; `requests`, all that are there;
            `waiting`, those that have not started, which Vidur calls least outstanding requests.
    Raises: InvalidOption for another measure.

    Source: Sun et al., Llumnix: Dynamic Scheduling for Large Language Model Serving, OSDI 2024, arXiv:2406.03243, for
        load by memory; Vidur, commit 7d47513, for `waiting`.
    """

    measure: str = "memory"
    choose = staticmethod(choose)

    def __post_init__(self) -> None:
        measure_number(self.measure)

    def state(self, shape: Shape) -> State:
        """(1,): the measure's number."""
        return np.array([measure_number(self.measure)], dtype=np.float64)
