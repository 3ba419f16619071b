"""Last difference: how far a point is from the one before."""

from dataclasses import dataclass

import numpy as np

from perfwise.telemetry.series import Floats

__all__ = ["LastDifference"]


@dataclass(frozen=True)
class LastDifference:
    """Score a point by its distance from the point before.

    Source: the one-liners of Wu and Keogh, Current Time Series Anomaly Detection Benchmarks are Flawed, TKDE 2021,
        arXiv:2009.13807.
    """

    def score(self, values: Floats, seed: int) -> Floats:  # noqa: ARG002 - of all detectors
        """Distances; the first point has 0."""
        return np.abs(np.diff(values, prepend=values[:1]))
