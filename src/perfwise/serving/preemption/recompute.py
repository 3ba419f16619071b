"""Recompute: a victim forgets its keys and values and processes all its tokens again as a prompt."""

from dataclasses import dataclass

import numpy as np

from perfwise.kit.compiled import compilable
from perfwise.serving.contracts import EVICT, RESUME, VICTIM, Indices, Row, RowArray, Shape, State

__all__ = ["Recompute"]


@compilable(VICTIM)
def victim(
    now_s: float, requests: RowArray, request: int, replica: Row, running: Indices, first: int, last: int, state: State
) -> int:
    """The last that runs."""
    return last - 1


@compilable(EVICT)
def evict(now_s: float, requests: RowArray, request: int, replica: Row, state: State) -> None:
    """What it made becomes part of its prompt; the tokens that are left become its output.

    Of a victim whose prompt is not done, the unprocessed rest of the prompt counts as output from now on, as in Vidur.
    """
    row = requests[request]
    total = row.prompt + row.output
    row.prompt = row.processed
    row.output = total - row.processed
    row.processed = 0
    row.prefilled = 0


@compilable(RESUME)
def resume(now_s: float, requests: RowArray, request: int, replica: Row, state: State) -> None:
    """Nothing: it starts over."""


@dataclass(frozen=True, slots=True)
class Recompute:
    """The request that came last gives its memory back and starts over, its own output now part of its prompt.

    Source: Kwon et al., Efficient Memory Management for Large Language Model Serving with PagedAttention, SOSP 2023,
        arXiv:2309.06180, section 4.5; details as simulated by Vidur, commit 7d47513.
    """

    victim = staticmethod(victim)
    evict = staticmethod(evict)
    resume = staticmethod(resume)

    def state(self, shape: Shape) -> State:
        """Nothing to remember."""
        return np.zeros(1)
