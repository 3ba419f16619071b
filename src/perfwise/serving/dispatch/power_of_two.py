"""Power of two choices: of two replicas drawn at random, the less loaded."""

from dataclasses import dataclass

import numpy as np

from perfwise.kit.compiled import compilable
from perfwise.serving.contracts import CHOOSE, RowArray, Shape, State
from perfwise.serving.dispatch._load import load, measure_number

__all__ = ["PowerOfTwo"]

# Park and Miller's generator with the multiplier of 1993: products stay below 2**53, so that a float keeps the state.
_MULTIPLIER, _MODULUS = 48271, 2147483647


@compilable()
def _draw(state: State, count: int) -> int:
    """A number in 0 ... count - 1."""
    drawn = int(state[1]) * _MULTIPLIER % _MODULUS
    state[1] = drawn
    return drawn % count


@compilable(CHOOSE)
def choose(now_s: float, requests: RowArray, request: int, replicas: RowArray, state: State) -> int:
    """Two different ones; of equals the one drawn first."""
    count = replicas.shape[0]
    if count == 1:
        return 0
    one = _draw(state, count)
    other = _draw(state, count - 1)
    if other >= one:
        other += 1
    return other if load(replicas[other], state[0]) < load(replicas[one], state[0]) else one


@dataclass(frozen=True, slots=True)
class PowerOfTwo:
    """Draw two replicas at random and take the less loaded: nearly as good as looking at all of them.

    Args:
        measure: of load, as in `LeastLoaded`.
    Raises: InvalidOption for another measure.

    Source: Mitzenmacher, The Power of Two Choices in Randomized Load Balancing, IEEE Transactions on Parallel and
        Distributed Systems 12(10), 2001.
    """

    measure: str = "memory"
    choose = staticmethod(choose)

    def __post_init__(self) -> None:
        measure_number(self.measure)

    def state(self, shape: Shape) -> State:
        """(2,): the measure's number, the generator's, which comes from the seed."""
        start = int(np.random.SeedSequence(abs(shape.seed)).generate_state(1)[0]) % (_MODULUS - 1) + 1
        return np.array([measure_number(self.measure), start], dtype=np.float64)
