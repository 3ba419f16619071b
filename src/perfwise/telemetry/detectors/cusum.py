"""CUSUM: small shifts add up."""

from dataclasses import dataclass

import numpy as np

from perfwise.telemetry.detectors._windows import standardised
from perfwise.telemetry.series import Floats

__all__ = ["Cusum"]


@dataclass(frozen=True)
class Cusum:
    """Score a point by the sum of what exceeds the allowance since that sum was last 0, upward or downward.

    Args:
        allowance: in robust scales; half of the shift that matters.
        most: one point adds at most so many scales, so that a single spike does not drown what follows.

    Source: Page, Continuous Inspection Schemes, Biometrika 41 (1954) 100.
    Differs: the level is the median and the scale the interquartile range of the whole series; contributions are cut.
    """

    allowance: float = 0.5
    most: float = 5.0

    def score(self, values: Floats, seed: int) -> Floats:  # noqa: ARG002 - of all detectors
        """The larger of both sums."""
        scaled = np.clip(standardised(values), -self.most, self.most)
        return np.maximum(_climb(scaled - self.allowance), _climb(-scaled - self.allowance))


def _climb(steps: Floats) -> Floats:
    """max(0, previous + step), all at once: the height above the lowest point so far."""
    walk = np.cumsum(steps)
    return np.asarray(walk - np.minimum(np.minimum.accumulate(walk), 0.0))
