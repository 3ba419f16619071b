"""What measurements nearby say that a formula misses: kriging of residuals over labels and numbers."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["Kriging", "Level"]

Array = NDArray[np.float64]
Labels = NDArray[np.str_]

_ROUNDS = 3  # of reweighting; outliers have found their weight by then
_FOLDS = 5
_SPREAD = (0.1, 0.9)
_KIN, _PRIOR = (
    1,
    10.0,
)  # the spread of all with the same label there counts as so many measurements beside the near ones


@dataclass(frozen=True, slots=True)
class Level:
    """A part of the residual that all measurements share whose label of this level is the same.

    Args:
        deviation: of that part, in logarithms.
        length: how far apart in numbers two measurements are when it has changed.
    """

    deviation: float
    length: float


@dataclass(frozen=True, slots=True, eq=False)
class Kriging:
    """Residuals in logarithms, expected at a point from those measured: best where labels agree and numbers are near.

    The covariance of two points is the sum over the levels whose labels agree of
    deviation^2 exp(-distance^2 / (2 length^2)); measurements carry noise, and those far off count less.

    Args:
        levels: parts, coarse to fine.
        labels: (n, levels) of the measurements.
        numbers: (n, numbers).
        weights: (n,) of the expectation.
        misses: (n,) residuals that are left when a measurement's group is held out.

    Source: Krige 1951; Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, chapter 2.
    Differs: noise of outliers is raised round by round, after Huber 1964.
    """

    levels: tuple[Level, ...]
    labels: Labels
    numbers: Array
    weights: Array
    misses: Array

    @classmethod
    def fit(
        cls, levels: tuple[Level, ...], labels: Labels, numbers: Array, residuals: Array, groups: Array, noise: float
    ) -> Self:
        """Learn from measurements; of those at one point the median counts.

        Args:
            levels: parts, coarse to fine.
            labels: (n, levels) of the measurements.
            numbers: (n, numbers).
            residuals: (n,) log(measured / formula).
            groups: (n,) equal for measurements of one configuration and load, which are held out together.
            noise: deviation of one measurement, in logarithms.
        """
        first, residuals = _points(labels, numbers, residuals)
        labels, numbers, groups = labels[first], numbers[first], groups[first]
        misses = np.empty(residuals.size)
        fold = _folds(groups)
        for held in range(_FOLDS):
            out, inside = fold == held, fold != held
            if not out.any() or not inside.any():
                misses[out] = residuals[out]
                continue
            weights = _weights(levels, labels[inside], numbers[inside], residuals[inside], noise)
            near = _covariance(levels, labels[out], numbers[out], labels[inside], numbers[inside])
            misses[out] = residuals[out] - near @ weights
        return cls(levels, labels, numbers, _weights(levels, labels, numbers, residuals, noise), misses)

    def at(self, labels: Labels, numbers: Array) -> tuple[Array, Array, Array]:
        """Expected residuals and 10 % and 90 % quantiles of what is left, for (m, levels) labels and (m, numbers)."""
        near = _covariance(self.levels, labels, numbers, self.labels, self.numbers)
        order = np.argsort(self.misses)
        total = sum(level.deviation**2 for level in self.levels)
        shares = (near / total) ** 2
        kin = _same(labels[:, _KIN], self.labels[:, _KIN])
        kin |= ~kin.any(axis=1, keepdims=True)
        shares = shares + _PRIOR * kin / kin.sum(axis=1, keepdims=True)
        summed = np.cumsum(shares[:, order], axis=1)
        summed /= summed[:, -1:]
        low, high = (self.misses[order][np.argmax(summed >= quantile, axis=1)] for quantile in _SPREAD)
        return near @ self.weights, low, high


def _covariance(levels: tuple[Level, ...], labels: Labels, numbers: Array, others: Labels, numbers_of: Array) -> Array:
    distance = ((numbers[:, None, :] - numbers_of[None, :, :]) ** 2).sum(axis=2)
    total = np.zeros(distance.shape)
    for column, level in enumerate(levels):
        rows, columns = np.nonzero(_same(labels[:, column], others[:, column]))
        apart = distance[rows, columns]
        total[rows, columns] += level.deviation**2 * np.exp(-apart / (2 * level.length**2))
    return total


def _same(labels: Labels, others: Labels) -> NDArray[np.bool_]:
    """Where labels agree; numbers are compared faster than texts."""
    _, codes = np.unique(np.concatenate([labels, others]), return_inverse=True)
    agree: NDArray[np.bool_] = codes[: labels.size, None] == codes[None, labels.size :]
    return agree


def _weights(levels: tuple[Level, ...], labels: Labels, numbers: Array, residuals: Array, noise: float) -> Array:
    covariance = _covariance(levels, labels, numbers, labels, numbers)
    trust: Array = np.ones(residuals.size)
    weights = np.zeros(residuals.size)
    for _ in range(_ROUNDS):
        weights = np.asarray(np.linalg.solve(covariance + np.diag(noise**2 / trust), residuals), dtype=np.float64)
        left = np.abs(noise**2 / trust * weights)
        trust = np.asarray(1.0 / np.maximum(1.0, left / (1.5 * noise)), dtype=np.float64)
    return weights


def _points(labels: Labels, numbers: Array, residuals: Array) -> tuple[NDArray[np.int64], Array]:
    """First measurement of each point, and the median residual there."""
    places: dict[tuple[object, ...], list[int]] = {}
    for place, (label, number) in enumerate(zip(labels.tolist(), numbers.round(9).tolist(), strict=True)):
        places.setdefault((*label, *number), []).append(place)
    first = np.array([found[0] for found in places.values()])
    return first, np.array([np.median(residuals[found]) for found in places.values()])


def _folds(groups: Array) -> NDArray[np.int64]:
    """Groups dealt to folds in the order in which they first appear, so that neighbours in a file are apart."""
    _, first, which = np.unique(groups, return_index=True, return_inverse=True)
    place = np.empty(first.size, dtype=np.int64)
    place[np.argsort(first)] = np.arange(first.size)
    folds: NDArray[np.int64] = place[which.ravel()] % _FOLDS
    return folds
