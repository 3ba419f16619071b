"""EWMA: distance from an exponentially weighted mean, in its own standard deviations."""

from dataclasses import dataclass

import numpy as np

from perfwise.errors import InvalidOption
from perfwise.telemetry.detectors._windows import standardised
from perfwise.telemetry.series import Floats

__all__ = ["Ewma"]


@dataclass(frozen=True)
class Ewma:
    """Score a point by how far it is from the exponentially weighted mean of what came before.

    Args:
        weight: of the newest point, between 0 and 1.
        floor: least standard deviation, in robust scales of the whole series.

    Source: Roberts, Control Chart Tests Based on Geometric Moving Averages, Technometrics 1 (1959) 239.
    Differs: the spread is an exponentially weighted one too, where the chart takes one that is known.
    """

    weight: float = 0.1
    floor: float = 0.05

    def __post_init__(self) -> None:
        if not 0 < self.weight <= 1:
            raise InvalidOption(f"a weight lies above 0 and is at most 1, not {self.weight}")

    def score(self, values: Floats, seed: int) -> Floats:  # noqa: ARG002 - of all detectors
        """Distances in standard deviations; the first point has 0."""
        from scipy.signal import lfilter

        scaled = standardised(values)
        kept = 1 - self.weight

        def averaged(column: Floats) -> Floats:
            return np.asarray(lfilter([self.weight], [1, -kept], column, zi=[kept * column[0]])[0])

        error = scaled - np.concatenate([scaled[:1], averaged(scaled)[:-1]])
        variance = np.concatenate([[0.0], averaged(error**2)[:-1]])
        return np.abs(error) / np.maximum(np.sqrt(np.maximum(variance, 0.0)), self.floor)
