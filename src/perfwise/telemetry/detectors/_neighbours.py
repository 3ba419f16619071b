"""Distances of each window to its nearest others, along the diagonals of the matrix of all distances."""

import numpy as np

from perfwise.errors import InvalidTask
from perfwise.kit.compiled import Signature, Table, compilable, compiled
from perfwise.telemetry.series import Floats

__all__ = ["nearest"]


def nearest(values: Floats, length: int, neighbours: int, most_points: int, *, normalised: bool) -> Floats:
    """Distance of each window to its k-th nearest that is at least half a window away, (windows,).

    Args:
        values: (points,).
        length: of the windows.
        neighbours: k.
        most_points: a longer series is refused, for time grows with the square of the points.
        normalised: each window has its mean taken off and its standard deviation made 1.
    Raises: InvalidTask for a series that is too long, or has not that many windows; MissingExtra without numba.
    """
    if len(values) > most_points:
        raise InvalidTask(
            f"the series has {len(values):,} points and time grows with their square; give most_points={len(values)} "
            "to wait, or take subsequence_pca"
        )
    windows, apart = len(values) - length + 1, max(1, length // 2)
    if windows <= 2 * apart + neighbours:
        raise InvalidTask(f"{windows} windows of {length} points are too few for {neighbours} neighbours each")
    best = np.full((windows, neighbours), np.inf)
    sums, squares = (np.concatenate([[0.0], np.cumsum(part)]) for part in (values, values**2))
    mean = (sums[length:] - sums[:-length]) / length
    spread = np.sqrt(np.maximum((squares[length:] - squares[:-length]) / length - mean**2, 0.0))
    spread[spread < 1e-6] = 0.0  # the values are standardised: this is rounding
    compiled(_walk_diagonals)(np.ascontiguousarray(values), length, apart, normalised, mean, spread, best)
    return np.sqrt(np.maximum(best[:, -1], 0.0))


@compilable(Signature("none", (Table("f8"), "i8", "i8", "b1", Table("f8"), Table("f8"), Table("f8", 2))))
def _walk_diagonals(
    values: Floats, length: int, apart: int, normalised: bool, mean: Floats, spread: Floats, best: Floats
) -> None:
    """Squared distances of all pairs of windows, each from the pair before it; keep the least of each window."""
    windows = best.shape[0]
    for lag in range(apart, windows):
        product = 0.0
        for place in range(length):
            product += _of_pair(values[place], values[place + lag], normalised)
        for first in range(windows - lag):
            second = first + lag
            if first > 0:
                product += _of_pair(values[first + length - 1], values[second + length - 1], normalised)
                product -= _of_pair(values[first - 1], values[second - 1], normalised)
            distance = product
            if normalised:
                distance = 2.0 * length
                if spread[first] > 0 and spread[second] > 0:
                    covariance = product / length - mean[first] * mean[second]
                    distance *= 1.0 - covariance / (spread[first] * spread[second])
                elif spread[first] == spread[second]:
                    distance = 0.0
                else:
                    distance = float(length)
            if distance < best[first, -1]:
                _insert(best[first], distance)
            if distance < best[second, -1]:
                _insert(best[second], distance)


@compilable()
def _of_pair(first: float, second: float, normalised: bool) -> float:
    return first * second if normalised else (first - second) * (first - second)


@compilable()
def _insert(best: Floats, distance: float) -> None:
    """Put a distance into its place among the least, which rise; the greatest falls out."""
    place = best.shape[0] - 1
    while place > 0 and best[place - 1] > distance:
        best[place] = best[place - 1]
        place -= 1
    best[place] = distance
