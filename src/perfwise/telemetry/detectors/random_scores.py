"""Random: the floor that a detector has to be above."""

from dataclasses import dataclass

import numpy as np

from perfwise.telemetry.series import Floats

__all__ = ["RandomScores"]


@dataclass(frozen=True)
class RandomScores:
    """Score every point by chance, evenly between 0 and 1.

    Source: the baseline of Kim et al., Towards a Rigorous Evaluation of Time-Series Anomaly Detection, AAAI 2022,
        arXiv:2109.05257.
    """

    def score(self, values: Floats, seed: int) -> Floats:
        """One draw a point."""
        return np.random.default_rng(seed).random(len(values))
