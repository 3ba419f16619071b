"""PATE: the area under precision and recall, with weights by how near to an anomaly a prediction comes."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from perfwise.errors import InvalidMetric
from perfwise.telemetry.contracts import Measured
from perfwise.telemetry.metrics._anomalies import Anomalies, anomalies_of, checked_scores, steps_of, why_undefined
from perfwise.telemetry.metrics._proximity import buffer_sizes, precision_and_recall
from perfwise.telemetry.metrics._series import MeanScore

__all__ = ["Pate", "pate"]


@dataclass(frozen=True)
class Pate(MeanScore):
    """Proximity-aware area under the precision-recall curve of anomaly scores, mean over the series.

    A prediction shortly before or after an anomaly counts in part, an early one only if the anomaly is hit as well,
    and missing its beginning costs more than missing its end. No threshold has to be chosen. `pate` gives it for one
    series; in outcomes it is absent where the labels name no anomaly or the score does not vary.

    Args:
        early_buffer, delay_buffer: points before and after an anomaly in which a prediction still counts, at most.
        thresholds: points of the curve.

    Source: Ghorbani, Reinders, Tax, PATE: Proximity-Aware Time series anomaly Evaluation, KDD 2024, arXiv:2405.12096;
        equal to PATE 0.1.1 on PyPI.
    """

    early_buffer: int = 100
    delay_buffer: int = 100
    thresholds: int = 250
    name: ClassVar[str] = "PATE"

    def measure(self, labels: ArrayLike, scores: ArrayLike) -> Measured:
        """PATE of one series. Raises: as `pate`."""
        if reason := why_undefined(labels, scores):
            return Measured(None, reason)
        return Measured(pate(labels, scores, self.early_buffer, self.delay_buffer, self.thresholds))


def pate(
    labels: ArrayLike,
    scores: ArrayLike,
    early_buffer: int = 100,
    delay_buffer: int = 100,
    thresholds: int | None = 250,
    *,
    splits: int = 1,
    include_zero: bool = True,
) -> float | None:
    """PATE of one series.

    Args:
        labels: (points,), 1 where a point belongs to an anomaly, else 0.
        scores: (points,), higher is more anomalous; a point is predicted where its score reaches the threshold.
        early_buffer: points before an anomaly in which a prediction still counts, at most.
        delay_buffer: points after it, likewise.
        thresholds: how many, evenly spaced by rank among the scores that matter; None: all of these, which takes time
            and memory in proportion to anomalies times thresholds.
        splits: each buffer is tried with so many sizes beside 0, evenly spaced; the value is the mean over all pairs.
        include_zero: try buffers of 0 points too.
    Returns: 0 to 1; None where the labels name no anomaly (`why_undefined` says so). Scores that are all equal have
        the published value, half of 1 plus the precision of predicting everything; in outcomes they have none.
    Raises: InvalidMetric for labels that are not 0 and 1, scores that are not finite, lengths that differ, or a number
        out of range; MissingExtra without numba.
    Source: Ghorbani, Reinders, Tax, KDD 2024, arXiv:2405.12096.
    """
    anomalies = anomalies_of(labels)
    values = checked_scores(scores, anomalies.points)
    if thresholds is not None and thresholds < 1:
        raise InvalidMetric(f"a curve needs at least one threshold, not {thresholds}")
    early, delay = (buffer_sizes(each, splits, zero=include_zero) for each in (early_buffer, delay_buffer))
    if len(anomalies) == 0:
        return None
    cuts = _thresholds(anomalies, values, thresholds)
    precision, recall = precision_and_recall(anomalies, steps_of(values, cuts), len(cuts), early, delay)
    return float(np.mean([_area(*curve) for curve in zip(precision, recall, strict=True)]))


def _thresholds(anomalies: Anomalies, scores: NDArray[np.float64], wanted: int | None) -> NDArray[np.float64]:
    """Falling: scores at which the count of hits begins or ceases to grow, or so many percentiles of these."""
    order = np.argsort(scores)[::-1]
    falling = scores[order]
    last = np.flatnonzero(np.append(falling[1:] != falling[:-1], True))
    distinct, hits = falling[last], np.cumsum(anomalies.inside[order])[last]
    if len(distinct) > 2:
        grows = np.diff(hits) != 0
        distinct = distinct[np.concatenate([[True], grows[:-1] | grows[1:], [True]])]
    return distinct if wanted is None else _percentiles(distinct[::-1], np.linspace(100, 0, wanted))


def _percentiles(rising: NDArray[np.float64], percents: NDArray[np.float64]) -> NDArray[np.float64]:
    """What numpy.percentile gives, digit by digit, without sorting again: a threshold between two scores decides."""
    place = percents / 100 * (len(rising) - 1)
    below = np.floor(place).astype(np.int64)
    share = place - below
    low, high = rising[below], rising[np.minimum(below + 1, len(rising) - 1)]
    step = high - low
    return np.where(share >= 0.5, high - step * (1 - share), low + step * share)


def _area(precision: NDArray[np.float64], recall: NDArray[np.float64]) -> float:
    """Trapezoids from recall 0 and precision 1 over the points at which recall does not fall."""
    recall, precision = np.append(0.0, recall), np.append(1.0, precision)
    kept = recall >= np.maximum.accumulate(recall)
    return float(np.trapezoid(precision[kept], recall[kept]))
