"""Replay: the times that were recorded, possibly faster."""

import math
from dataclasses import dataclass

import numpy as np

from perfwise.errors import InvalidOption
from perfwise.serving.trace import Floats

__all__ = ["Replay"]


@dataclass(frozen=True)
class Replay:
    """Recorded times divided by a speed: bursts keep their shape, the rate is multiplied.

    Args:
        speed: 1 is as recorded, 2 twice as fast; above 0.

    Source: replay of recorded traces as in Patel et al., Splitwise, ISCA 2024, arXiv:2311.18677.
    """

    speed: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.speed < math.inf:
            raise InvalidOption(f"the speed must be a finite number above 0, not {self.speed}")

    def times(self, count: int, seed: int, recorded_s: Floats | None = None) -> Floats:
        """(count,) the first of the recorded times, in seconds. Raises: InvalidOption if there are too few."""
        there = 0 if recorded_s is None else len(recorded_s)
        if recorded_s is None or there < count:
            raise InvalidOption(f"{count} times are wanted of a replay, {there} are recorded; take poisson or gamma")
        return np.asarray(recorded_s[:count], np.float64) / self.speed
