"""Sub-sequence PCA: what the main shapes of the windows do not explain."""

from dataclasses import dataclass

import numpy as np

from perfwise.errors import InvalidOption
from perfwise.telemetry.detectors._windows import spread_over_points, standardised, window_length, windows_of
from perfwise.telemetry.series import Floats

__all__ = ["SubsequencePca"]

_BLOCK = 8192  # windows at a time, so that memory does not grow with the series


@dataclass(frozen=True)
class SubsequencePca:
    """Score a window by its distance along each principal axis, in the axis' own spread; a point by its windows.

    Axes with little variance weigh most, so what never happens counts more than what often happens strongly.

    Args:
        window: points; 0: the typical period of the series.
        floor: share of the largest variance below which axes are noise of rounding and are left out.

    Source: Shyu et al., A Novel Anomaly Detection Scheme Based on Principal Component Classifier, ICDM 2003; as the
        sub-sequence PCA of TSB-AD, Liu and Paparrizos, NeurIPS 2024, which leads its univariate table.
    Differs: distances are squared and summed over all axes, there as a sum of distances.
    """

    window: int = 0
    floor: float = 1e-6

    def __post_init__(self) -> None:
        if not 0 < self.floor < 1:
            raise InvalidOption(f"a floor lies between 0 and 1, not at {self.floor}")

    def score(self, values: Floats, seed: int) -> Floats:  # noqa: ARG002 - of all detectors
        """Mean over a point's windows of their distances."""
        length = window_length(self.window, values)
        windows = windows_of(standardised(values), length)
        mean = windows.mean(axis=0)
        moments = np.zeros((length, length))
        for start in range(0, len(windows), _BLOCK):
            part = windows[start : start + _BLOCK] - mean
            moments += part.T @ part
        variance, axes = np.linalg.eigh(moments / len(windows))
        kept = variance > self.floor * max(variance[-1], 0.0)
        if not kept.any():
            return np.zeros(len(values))
        whitening = axes[:, kept] / np.sqrt(variance[kept])
        scores = np.empty(len(windows))
        for start in range(0, len(windows), _BLOCK):
            part = (windows[start : start + _BLOCK] - mean) @ whitening
            scores[start : start + _BLOCK] = np.einsum("ij,ij->i", part, part)
        return spread_over_points(scores, length)
