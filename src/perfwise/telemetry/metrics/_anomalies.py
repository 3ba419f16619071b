"""Labels and scores of one series, checked and taken apart: what all metrics of anomaly scores start from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from perfwise.errors import InvalidMetric

__all__ = ["Anomalies", "anomalies_of", "checked_scores", "steps_of", "why_undefined"]


@dataclass(frozen=True, slots=True)
class Anomalies:
    """The labelled runs of a series.

    Args:
        starts, ends: (anomalies,), first and last point of each run, ascending.
        points: of the whole series.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    points: int

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def inside(self) -> NDArray[np.bool_]:
        """(points,), whether a point is labelled."""
        marks = np.zeros(self.points + 1, dtype=np.int64)
        marks[self.starts] += 1
        marks[self.ends + 1] -= 1
        return np.asarray(np.cumsum(marks)[: self.points] > 0)


def anomalies_of(labels: ArrayLike) -> Anomalies:
    """The runs of ones. Raises: InvalidMetric for what is no series of 0 and 1."""
    given = np.asarray(labels)
    if given.ndim != 1:
        raise InvalidMetric(f"labels are one series, (points,), not of shape {given.shape}")
    if given.dtype.kind not in "biuf":
        raise InvalidMetric(f"labels are numbers 0 and 1, not of type {given.dtype}")
    marked = given != 0
    if not np.array_equal(given, marked):
        wrong = given[given != marked][0]
        raise InvalidMetric(f"labels are 0 or 1; there is {wrong!r}")
    edges = np.diff(marked.astype(np.int8), prepend=0, append=0)
    return Anomalies(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1, len(given))


def checked_scores(scores: ArrayLike, points: int) -> NDArray[np.float64]:
    """The scores as float64. Raises: InvalidMetric for another number of points, or what is not finite."""
    given = np.asarray(scores, dtype=np.float64)
    if given.shape != (points,):
        raise InvalidMetric(f"there are {points} labels and scores of shape {given.shape}; each point needs one score")
    bad = np.flatnonzero(~np.isfinite(given))
    if bad.size:
        raise InvalidMetric(
            f"{bad.size} score(s) are not finite, the first is {given[bad[0]]} at point {bad[0]}; a score is a number"
        )
    return given


def why_undefined(labels: ArrayLike, scores: ArrayLike | None = None) -> str:
    """Why no score can be given, empty where one can: no anomaly, nothing but anomalies, or scores that are all equal.

    Raises: InvalidMetric as the metrics do.
    """
    anomalies = anomalies_of(labels)
    if anomalies.points == 0:
        return "the series is empty"
    if len(anomalies) == 0:
        return "the labels name no anomaly"
    if anomalies.ends[0] - anomalies.starts[0] + 1 == anomalies.points:
        return "every point is labelled an anomaly"
    if scores is not None:
        values = checked_scores(scores, anomalies.points)
        if values.min() == values.max():
            return "the score is the same at every point"
    return ""


def steps_of(scores: NDArray[np.float64], thresholds: NDArray[np.float64]) -> NDArray[np.int64]:
    """(points,): place of the first threshold, they fall, that a point's score reaches; their count if none."""
    reached = np.searchsorted(thresholds[::-1], scores, side="right")
    return np.asarray(len(thresholds) - reached, dtype=np.int64)
