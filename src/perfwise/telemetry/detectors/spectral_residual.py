"""Spectral residual: what stands out of the smoothed spectrum stands out of the series."""

from dataclasses import dataclass

import numpy as np

from perfwise.telemetry.detectors._windows import standardised
from perfwise.telemetry.series import Floats

__all__ = ["SpectralResidual"]


@dataclass(frozen=True)
class SpectralResidual:
    """Score a point by its saliency above the local mean of saliencies.

    Args:
        frequencies: over which the log spectrum is averaged.
        points: over which saliencies are averaged.

    Source: Ren et al., Time-Series Anomaly Detection Service at Microsoft, KDD 2019, arXiv:1906.03821.
    Differs: the whole series is one window; no point is estimated ahead, since nothing here is online.
    """

    frequencies: int = 3
    points: int = 21

    def score(self, values: Floats, seed: int) -> Floats:  # noqa: ARG002 - of all detectors
        """Saliency over its local mean less 1, at least 0."""
        transformed = np.fft.fft(standardised(values))
        amplitude = np.maximum(np.abs(transformed), 1e-12)
        log = np.log(amplitude)
        residual = log - _averaged(log, self.frequencies)
        saliency = np.abs(np.fft.ifft(np.exp(residual) * transformed / amplitude))
        if np.ptp(saliency) <= 1e-9 * saliency.max(initial=0.0):
            return np.zeros(len(values))
        return np.maximum(saliency / np.maximum(_averaged(saliency, self.points), 1e-12) - 1, 0.0)


def _averaged(column: Floats, width: int) -> Floats:
    """Mean over so many neighbours, fewer at the ends."""
    sums = np.concatenate([[0.0], np.cumsum(column)])
    here = np.arange(len(column))
    first, last = np.maximum(here - width // 2, 0), np.minimum(here + (width + 1) // 2, len(column))
    return np.asarray((sums[last] - sums[first]) / (last - first))
