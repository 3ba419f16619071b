"""Seasonal-naive: distance from the same point of the period before."""

from dataclasses import dataclass

import numpy as np

from perfwise.telemetry.detectors._windows import standardised, window_length
from perfwise.telemetry.series import Floats

__all__ = ["SeasonalNaive"]


@dataclass(frozen=True)
class SeasonalNaive:
    """Score a point by how far it is from the value one period earlier.

    Args:
        period: points; 0: the typical period of the series.

    Source: Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., sec. 5.2.
    """

    period: int = 0

    def score(self, values: Floats, seed: int) -> Floats:  # noqa: ARG002 - of all detectors
        """Distances in robust scales of all such distances; the first period has 0."""
        period = window_length(self.period, values)
        scores = np.zeros(len(values))
        scores[period:] = np.abs(standardised(values[period:] - values[:-period]))
        return scores
