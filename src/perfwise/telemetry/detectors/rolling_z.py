"""Rolling z: distance from the mean of the points just before, in their standard deviations."""

from dataclasses import dataclass

import numpy as np

from perfwise.telemetry.detectors._windows import standardised, window_length
from perfwise.telemetry.series import Floats

__all__ = ["RollingZ"]


@dataclass(frozen=True)
class RollingZ:
    """Score a point by the mean and standard deviation of the window before it, the point itself left out.

    Args:
        window: points; 0: the typical period of the series.
        floor: least standard deviation, in robust scales of the whole series, so that a flat window alarms for no dust.

    Source: Shewhart's control charts (1931) over a moving window.
    """

    window: int = 0
    floor: float = 0.05

    def score(self, values: Floats, seed: int) -> Floats:  # noqa: ARG002 - of all detectors
        """Distances in standard deviations; the first window is scored by the points there are."""
        window = window_length(self.window, values)
        scaled = standardised(values)
        sums, squares = (np.concatenate([[0.0], np.cumsum(part)]) for part in (scaled, scaled**2))
        here = np.arange(len(values))
        first = np.maximum(here - window, 0)
        count = np.maximum(here - first, 1)
        mean = (sums[here] - sums[first]) / count
        variance = np.maximum((squares[here] - squares[first]) / count - mean**2, 0.0)
        scores = np.abs(scaled - mean) / np.maximum(np.sqrt(variance), self.floor)
        scores[: min(2, len(scores))] = 0.0
        return scores
