"""Robust z: distance from the median in interquartile ranges."""

from dataclasses import dataclass

import numpy as np

from perfwise.telemetry.detectors._windows import standardised
from perfwise.telemetry.series import Floats

__all__ = ["RobustZ"]


@dataclass(frozen=True)
class RobustZ:
    """Score a point by its distance from the series' median in units of the interquartile range.

    Source: Pham et al., BARO, FSE 2024, arXiv:2405.09330, for the scale; the robust z of Iglewicz and Hoaglin, How to
        Detect and Handle Outliers, ASQC 1993.
    Differs: the median is that of the whole series, both directions count, and an interquartile range of 0 is replaced
        by the standard deviation.
    """

    def score(self, values: Floats, seed: int) -> Floats:  # noqa: ARG002 - of all detectors
        """Distances in scales."""
        return np.abs(standardised(values))
