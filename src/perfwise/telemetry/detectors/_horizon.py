"""Forecasting by season, with a history no longer than its variance asks for."""

from typing import NamedTuple

import numpy as np

from perfwise.telemetry.detectors._windows import robust_scale
from perfwise.telemetry.series import Floats

__all__ = ["Season", "drift_at", "horizon", "learned"]


class Season(NamedTuple):
    """What was learned.

    Args:
        profile: (period,), the expected value by place in the period; point i has place i modulo the period.
        scale: robust spread of what was left over.
    """

    profile: Floats
    scale: float

    def errors(self, values: Floats, first: int) -> Floats:
        """Signed, in scales, of values whose first is point `first` of the series."""
        places = (first + np.arange(len(values))) % len(self.profile)
        return np.asarray((values - self.profile[places]) / self.scale)


def learned(values: Floats, first: int, period: int, floor: float) -> Season:
    """The mean by place in the period, the overall mean for places not seen; the scale is at least the floor."""
    places = (first + np.arange(len(values))) % period
    counts, sums = np.bincount(places, minlength=period), np.bincount(places, values, minlength=period)
    profile = np.where(counts > 0, sums / np.maximum(counts, 1), values.mean())
    left = values - profile[places]
    return Season(profile, max(robust_scale(left) if np.ptp(left) > 0 else 0.0, floor))


def horizon(history: Floats, share: float, least: int) -> int:
    """Points of the smallest recent window whose variance reaches a share of that of the whole history."""
    recent = history[::-1] - history.mean()
    counts = np.arange(1, len(recent) + 1)
    variance = np.cumsum(recent**2) / counts - (np.cumsum(recent) / counts) ** 2
    enough = np.flatnonzero((variance >= share * variance[-1]) & (counts >= least))
    return int(counts[enough[0]]) if enough.size else len(history)


def drift_at(errors: Floats, allowance: float, alarm: float, heights: tuple[float, float]) -> tuple[int, float, float]:
    """First place at which either sum of what exceeds the allowance passes the alarm, -1 if none; both sums at the end.

    Source: Page, Biometrika 41 (1954) 100.
    """
    ends = []
    first = len(errors)
    for sign, height in zip((1.0, -1.0), heights, strict=True):
        walk = height + np.cumsum(sign * errors - allowance)
        climbed = walk - np.minimum(np.minimum.accumulate(walk), 0.0)
        passed = np.flatnonzero(climbed > alarm)
        first = min(first, int(passed[0])) if passed.size else first
        ends.append(float(climbed[-1]))
    return (first if first < len(errors) else -1), ends[0], ends[1]
