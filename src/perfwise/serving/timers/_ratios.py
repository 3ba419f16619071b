"""How many times longer measured operators take than their ideal, smoothly between the measured shapes."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["Grid", "nearest"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Grid:
    """A function on a rectangular grid of positive axes, multilinear in logarithms, constant beyond its edges.

    Args:
        axes: sorted, positive.
        logs: logarithms of the values; cells that nobody measured are filled from their neighbours.
        known: which cells were measured.
    """

    axes: tuple[Array, ...]
    logs: Array
    known: NDArray[np.bool_]

    @classmethod
    def of(cls, points: Array, values: Array) -> Self:
        """Out of rows (points, dimensions) and a positive value for each."""
        axes, places = [], []
        for column in points.T:
            axis, place = np.unique(column, return_inverse=True)
            axes.append(axis)
            places.append(place.ravel())
        logs = np.full([axis.size for axis in axes], np.nan)
        logs[tuple(places)] = np.log(values)
        known = np.isfinite(logs)
        for dimension in reversed(range(logs.ndim)):
            _fill(np.moveaxis(logs, dimension, -1))
        return cls(tuple(axes), logs, known)

    def at(self, *coordinates: Array) -> tuple[Array, NDArray[np.bool_]]:
        """Values, and whether every measured neighbour is there; coordinates of one shape."""
        total, known = np.zeros(np.broadcast(*coordinates).shape), np.ones(np.broadcast(*coordinates).shape, dtype=bool)
        cells, weights = [], []
        for axis, wanted in zip(self.axes, coordinates, strict=True):
            inside = np.clip(wanted, axis[0], axis[-1])
            low = np.clip(np.searchsorted(axis, inside, side="right") - 1, 0, max(axis.size - 2, 0))
            high = np.minimum(low + 1, axis.size - 1)
            span = np.log(axis[high] / axis[low])
            weight = np.where(span > 0, np.log(inside / axis[low]) / np.where(span > 0, span, 1.0), 0.0)
            known &= (wanted >= axis[0] * 0.5) & (wanted <= axis[-1])
            cells.append((low, high))
            weights.append(weight)
        for corner in range(2 ** len(cells)):
            chosen = [cell[corner >> i & 1] for i, cell in enumerate(cells)]
            share = np.prod([w if corner >> i & 1 else 1 - w for i, w in enumerate(weights)], axis=0)
            total = total + share * self.logs[tuple(chosen)]
            known &= self.known[tuple(chosen)] | (share == 0)
        return np.exp(total), known


def nearest(rows: Array, wanted: tuple[float, ...], weights: tuple[float, ...] = ()) -> tuple[Array, Array]:
    """The leading columns nearest to `wanted` in logarithms, and the rest of the rows that have them."""
    leading = rows[:, : len(wanted)]
    distance = np.abs(np.log(leading / np.asarray(wanted))) @ np.asarray(weights or [1.0] * len(wanted))
    best: Array = leading[np.argmin(distance)]
    found: Array = rows[(leading == best).all(axis=1)][:, len(wanted) :]
    return best, found


def _fill(lines: Array) -> None:
    """Give gaps in the last axis the nearest value on their line, in place; a line of gaps stays one."""
    gaps = np.isnan(lines)
    for line in np.argwhere(gaps.any(axis=-1) & ~gaps.all(axis=-1)):
        place = tuple(line)
        there = np.flatnonzero(~gaps[place])
        nearest_there = np.abs(np.arange(lines.shape[-1])[:, None] - there).argmin(axis=1)
        lines[place] = lines[place][there[nearest_there]]
