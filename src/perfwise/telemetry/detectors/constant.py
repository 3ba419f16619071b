"""Constant: nothing is unusual."""

from dataclasses import dataclass

import numpy as np

from perfwise.telemetry.series import Floats

__all__ = ["Constant"]


@dataclass(frozen=True)
class Constant:
    """Score every point 0: what a metric says of a detector that says nothing.

    Source: our own, the lower bound that a metric must not reward.
    """

    def score(self, values: Floats, seed: int) -> Floats:  # noqa: ARG002 - of all detectors
        """Zeros."""
        return np.zeros(len(values))
