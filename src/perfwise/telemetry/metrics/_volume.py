"""The volume under surfaces: range-based precision, recall and false alarms over thresholds and widths of labels."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from perfwise.errors import InvalidMetric
from perfwise.kit.compiled import Signature, Table, compilable, compiled
from perfwise.telemetry.metrics._anomalies import anomalies_of, checked_scores, steps_of

__all__ = ["Volumes", "volumes"]

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]


class Volumes(NamedTuple):
    """Areas averaged over the widths."""

    pr: float
    roc: float


def volumes(labels: ArrayLike, scores: ArrayLike, window: int, thresholds: int) -> Volumes | None:
    """Both volumes of one series.

    Args:
        labels: (points,), 0 or 1.
        scores: (points,), finite.
        window: labels are widened by half of each whole number of points up to this one.
        thresholds: scores at so many evenly spaced ranks.
    Returns: None where the labels name no anomaly, or nothing but one.
    Raises: InvalidMetric for what is no such series; MissingExtra without numba.
    """
    anomalies = anomalies_of(labels)
    values = checked_scores(scores, anomalies.points)
    if window < 0 or thresholds < 2:
        raise InvalidMetric(f"widths go from 0 up and thresholds from 2, not to {window} with {thresholds}")
    labelled = int((anomalies.ends - anomalies.starts + 1).sum())
    if labelled in (0, anomalies.points):
        return None
    falling = -np.sort(-values)
    cuts = falling[np.linspace(0, len(falling) - 1, thresholds).astype(np.int64)]
    steps = steps_of(values, cuts)
    predicted = np.cumsum(np.bincount(steps, minlength=thresholds)[:thresholds]).astype(np.float64)
    hits, near, found = np.zeros(thresholds), np.zeros((window + 1, thresholds)), np.zeros((window + 1, thresholds))
    compiled(_surfaces)(anomalies.starts, anomalies.ends, steps, hits, near, found)
    return _volumes(hits + near, labelled + near / 2, found / found[:, -1:], predicted, anomalies.points)


def _volumes(hits: _Floats, positive: _Floats, found: _Floats, predicted: _Floats, points: int) -> Volumes:
    """Areas of each width's curves, averaged. Arrays: (widths, thresholds), predicted (thresholds,)."""
    recall = np.minimum(hits / positive, 1.0) * found
    alarms = (predicted - hits) / (points - positive)
    zero = np.zeros((len(recall), 1))
    rising = np.hstack([zero, recall])
    pr = (np.diff(rising, axis=1) * (hits / predicted)).sum(axis=1)
    roc = np.trapezoid(np.hstack([rising, zero + 1]), np.hstack([zero, alarms, zero + 1]), axis=1)
    return Volumes(float(pr.mean()), float(roc.mean()))


@compilable(Signature("none", (Table("i8"), Table("i8"), Table("i8"), Table("f8"), Table("f8", 2), Table("f8", 2))))
def _surfaces(starts: _Ints, ends: _Ints, steps: _Ints, hits: _Floats, near: _Floats, found: _Floats) -> None:
    """Fill, by threshold: labelled points predicted; and by width: weights of near points, anomalies found."""
    count, points = hits.shape[0], steps.shape[0]
    for each in range(starts.shape[0]):
        for place in range(starts[each], ends[each] + 1):
            hits[steps[place]] += 1.0
    weights = np.zeros(points)
    first = np.empty(starts.shape[0], np.int64)  # first threshold at which an anomaly is found, edges left aside
    for each in range(starts.shape[0]):
        first[each] = steps[starts[each] : ends[each] + 1].min()
    for width in range(near.shape[0]):
        _add_near(starts, ends, steps, width, weights, near[width])
        _add_found(starts, ends, steps, first, width // 2, found[width])
        for step in range(1, count):
            near[width, step] += near[width, step - 1]
            found[width, step] += found[width, step - 1]
    for step in range(1, count):
        hits[step] += hits[step - 1]


@compilable()
def _add_near(starts: _Ints, ends: _Ints, steps: _Ints, width: int, weights: _Floats, near: _Floats) -> None:
    """Weights of the points up to half a width from an anomaly; where two are near they add up, to 1 at most."""
    points, half = steps.shape[0], width // 2
    for each in range(starts.shape[0]):
        for place in range(max(0, starts[each] - half), starts[each]):
            weights[place] += np.sqrt(1.0 - (starts[each] - place) / width)
        for place in range(ends[each] + 1, min(ends[each] + half + 1, points)):
            weights[place] += np.sqrt(1.0 - (place - ends[each]) / width)
    for each in range(starts.shape[0]):
        for place in range(starts[each], ends[each] + 1):
            weights[place] = 0.0
    for each in range(starts.shape[0]):
        for place in range(max(0, starts[each] - half), min(ends[each] + half + 1, points)):
            if weights[place] > 0:
                near[steps[place]] += min(1.0, weights[place])
                weights[place] = 0.0


@compilable()
def _add_found(starts: _Ints, ends: _Ints, steps: _Ints, first: _Ints, half: int, found: _Floats) -> None:
    """Anomalies found; those whose widened runs touch are one, found from the first threshold that predicts in it."""
    points, step = steps.shape[0], found.shape[0]
    for each in range(starts.shape[0]):
        step = min(step, first[each])
        for place in range(max(0, starts[each] - half), starts[each]):
            step = min(step, steps[place])
        for place in range(ends[each] + 1, min(ends[each] + half + 1, points)):
            step = min(step, steps[place])
        if each + 1 == starts.shape[0] or ends[each] + half < starts[each + 1] - half:
            found[step] += 1.0
            step = found.shape[0]
