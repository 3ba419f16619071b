"""Windows of a series: how long they should be, how long they may be, and points scored by the windows over them."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from perfwise.errors import InvalidTask
from perfwise.telemetry.series import Floats

__all__ = ["robust_scale", "spread_over_points", "standardised", "typical_window", "window_length", "windows_of"]

_LAGS = 400
_FIRST_LAG = 3
_DEFAULT = 100
_LOOKED_AT = 20_000


def typical_window(values: Floats) -> int:
    """The lag of the highest local maximum of the autocorrelation, from 6 to 303; 100 where there is none.

    Source: the rule of vus and PATE for the length of a window (20,000 points, lags 3 to 400).
    """
    looked_at = values[:_LOOKED_AT] - values[:_LOOKED_AT].mean()
    size = 1 << (2 * len(looked_at) - 1).bit_length()
    spectrum = np.fft.rfft(looked_at, size)
    correlation = np.fft.irfft(spectrum * np.conj(spectrum), size)[: min(len(looked_at), _LAGS + 1)][_FIRST_LAG:]
    inner = correlation[1:-1]
    peaks = 1 + np.flatnonzero((inner > correlation[:-2]) & (inner > correlation[2:]))
    if peaks.size == 0:
        return _DEFAULT
    best = int(peaks[np.argmax(correlation[peaks])])
    return best + _FIRST_LAG if 3 <= best <= 300 else _DEFAULT


def window_length(asked: int, values: Floats, least: int = 2) -> int:
    """The length asked for; where that is 0, a typical one of at most a quarter of the series.

    Raises: InvalidTask where the series does not hold two such windows.
    """
    length = asked or max(least, min(typical_window(values), len(values) // 4))
    if length < least or len(values) < 2 * length:
        raise InvalidTask(
            f"windows of {length} points need at least {2 * max(length, least)} points, and at least {least} points "
            f"each; the series has {len(values)}"
        )
    return length


def windows_of(values: Floats, length: int) -> Floats:
    """(windows, length), a view: each window begins one point after the one before."""
    return sliding_window_view(values, length)


def spread_over_points(scores: Floats, length: int) -> Floats:
    """(windows,) -> (points,): the mean over the windows that a point is in."""
    points = len(scores) + length - 1
    sums = np.concatenate([[0.0], np.cumsum(scores)])
    last = np.minimum(np.arange(points), len(scores) - 1)
    first = np.maximum(np.arange(points) - length + 1, 0)
    return np.asarray(np.maximum(sums[last + 1] - sums[first], 0.0) / (last - first + 1))


def robust_scale(values: Floats) -> float:
    """The interquartile range in units of a normal distribution's standard deviation; 1 where it is 0 and all is equal.

    Where the quartiles are equal and some values are not, their standard deviation.
    """
    low, high = np.percentile(values, [25, 75])
    scale = float(high - low) / 1.349 or float(values.std())
    return scale if scale > 0 and np.isfinite(scale) else 1.0


def standardised(values: Floats) -> Floats:
    """Distance from the median in robust scales."""
    return np.asarray((values - np.median(values)) / robust_scale(values))
