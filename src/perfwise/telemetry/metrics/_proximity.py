"""PATE's weights: what points count that are near an anomaly, and what the missed part of one counts."""

import numpy as np
from numpy.typing import NDArray

from perfwise.errors import InvalidMetric
from perfwise.kit.compiled import Signature, Table, compilable, compiled
from perfwise.telemetry.metrics._anomalies import Anomalies

__all__ = ["buffer_sizes", "precision_and_recall"]

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]


def buffer_sizes(largest: int, splits: int, *, zero: bool) -> _Ints:
    """Evenly spaced whole sizes up to the largest, from 0 or from the first of them.

    Raises: InvalidMetric where there are no such sizes.
    """
    if largest < 0 or splits < 1:
        raise InvalidMetric(f"a buffer of at least 0 points is split at least once, not {largest} in {splits}")
    first, count = (0.0, splits + 1) if zero else (largest / splits, splits)
    return np.linspace(first, largest, count).astype(np.int64)


def precision_and_recall(
    anomalies: Anomalies, steps: _Ints, count: int, early: _Ints, delay: _Ints
) -> tuple[_Floats, _Floats]:
    """Weighted precision and recall at each threshold, for each pair of an early and a delay buffer.

    Args:
        anomalies: the labels.
        steps: (points,), place of the first threshold at which a point is predicted; `count` or more: never.
        count: thresholds.
        early: sizes of buffers before an anomaly, in points.
        delay: sizes of buffers after it.
    Returns: both (early x delay, count).
    """
    shape = (len(early) * len(delay), count)
    hits, predicted, missed = np.zeros(shape), np.zeros(count, dtype=np.int64), np.zeros(count)
    compiled(_weigh)(anomalies.starts, anomalies.ends, steps, early, delay, hits, predicted, missed)
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.where(predicted > 0, hits / predicted, 0.0)
        recall = np.where(hits + missed > 0, hits / (hits + missed), 0.0)
    return precision, recall


@compilable(
    Signature(
        "none",
        (
            Table("i8"),
            Table("i8"),
            Table("i8"),
            Table("i8"),
            Table("i8"),
            Table("f8", 2),
            Table("i8"),
            Table("f8"),
        ),
    )
)
def _weigh(
    starts: _Ints,
    ends: _Ints,
    steps: _Ints,
    early: _Ints,
    delay: _Ints,
    hits: _Floats,
    predicted: _Ints,
    missed: _Floats,
) -> None:
    """Fill, by threshold: sums of weights of hits for each pair of buffers, points predicted, weights missed.

    A predicted point's weights as a hit and as a false alarm add up to 1, so precision needs no sum of false alarms.
    """
    count = predicted.shape[0]
    for place in range(steps.shape[0]):
        if steps[place] < count:
            predicted[steps[place]] += 1
    first = np.full(starts.shape[0], count)  # threshold at which an anomaly is hit for the first time
    for each in range(starts.shape[0]):
        for place in range(starts[each], ends[each] + 1):
            first[each] = min(first[each], steps[place])
            if steps[place] < count:
                for pair in range(hits.shape[0]):
                    hits[pair, steps[place]] += 1.0
        _add_missed(steps[starts[each] : ends[each] + 1], missed)
    pair = 0
    for before in early:
        for after in delay:
            _add_buffers(starts, ends, steps, first, before, after, hits[pair])
            pair += 1
    for step in range(1, count):
        predicted[step] += predicted[step - 1]
        hits[:, step] += hits[:, step - 1]


@compilable()
def _add_buffers(
    starts: _Ints, ends: _Ints, steps: _Ints, first: _Ints, before: np.int64, after: np.int64, hits: _Floats
) -> None:
    """Weights of the points before an anomaly, which count from when it is hit inside, and after it.

    The weight falls linearly with the distance to the middle of the anomaly and is 0 at the buffer's far end.
    """
    points, count, free = steps.shape[0], hits.shape[0], 0
    for each in range(starts.shape[0]):
        middle = (starts[each] + ends[each]) / 2
        nearest = max(0, starts[each] - before, free)
        for place in range(nearest, starts[each]):
            step = max(steps[place], first[each])
            if step < count:
                hits[step] += 1.0 - (middle - place) / (middle - nearest)
        limit = starts[each + 1] if each + 1 < starts.shape[0] else points
        farthest = min(ends[each] + after, limit - 1)
        for place in range(ends[each] + 1, farthest + 1):
            if steps[place] < count:
                hits[steps[place]] += 1.0 - (place - middle) / (farthest - middle)
        free = farthest + 1


@compilable()
def _add_missed(steps: _Ints, missed: _Floats) -> None:
    """Weights of the points of one anomaly that are missed, at each threshold."""
    changes = np.unique(steps)
    count = missed.shape[0]
    for step in range(min(changes[0], count)):
        missed[step] += steps.shape[0]
    for order in range(changes.shape[0]):
        if changes[order] >= count:
            break
        weight = _missed_at(steps, changes[order])
        until = min(changes[order + 1], count) if order + 1 < changes.shape[0] else count
        for step in range(changes[order], until):
            missed[step] += weight


@compilable()
def _missed_at(steps: _Ints, step: np.int64) -> float:
    """A missed point costs 1 up to as many points as the first predicted run has, and then less with distance."""
    length = steps.shape[0]
    begin = 0
    while steps[begin] > step:
        begin += 1
    run = 0
    while begin + run < length and steps[begin + run] <= step:
        run += 1
    most = length * (length - 1) / 2
    total = 0.0
    for place in range(length):
        if steps[place] > step:
            total += 1.0 if place <= run else 1.0 - ((run + 1) * place - run * (run + 1) / 2) / most
    return total
