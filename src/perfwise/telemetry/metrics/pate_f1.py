"""PATE-F1: PATE's weights for a prediction that is made already."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from perfwise.errors import InvalidMetric
from perfwise.telemetry.contracts import Measured
from perfwise.telemetry.metrics._anomalies import anomalies_of, checked_scores, why_undefined
from perfwise.telemetry.metrics._proximity import buffer_sizes, precision_and_recall
from perfwise.telemetry.metrics._series import MeanScore

__all__ = ["PateF1", "pate_f1"]


@dataclass(frozen=True)
class PateF1(MeanScore):
    """Harmonic mean of PATE's precision and recall at one threshold, mean over the series.

    Args:
        alarm_share: alarms are the points whose score exceeds that of all but so large a share of the points.
        early_buffer, delay_buffer: points before and after an anomaly in which an alarm still counts, at most.

    Source: Ghorbani, Reinders, Tax, PATE, KDD 2024, arXiv:2405.12096; equal to PATE 0.1.1 with `binary_scores`.
    """

    alarm_share: float = 0.05
    early_buffer: int = 100
    delay_buffer: int = 100
    name: ClassVar[str] = "PATE-F1"

    def __post_init__(self) -> None:
        if not 0 < self.alarm_share < 1:
            raise InvalidMetric(f"a share of alarms lies between 0 and 1, not at {self.alarm_share}")

    def measure(self, labels: ArrayLike, scores: ArrayLike) -> Measured:
        """PATE-F1 of one series. Raises: as `pate_f1`."""
        if reason := why_undefined(labels, scores):
            return Measured(None, reason)
        values = checked_scores(scores, len(np.asarray(labels)))
        alarms = values > np.quantile(values, 1 - self.alarm_share)
        return Measured(pate_f1(labels, alarms, self.early_buffer, self.delay_buffer))


def pate_f1(
    labels: ArrayLike,
    predicted: ArrayLike,
    early_buffer: int = 100,
    delay_buffer: int = 100,
    *,
    splits: int = 1,
    include_zero: bool = True,
) -> float | None:
    """PATE-F1 of one series: the mean over all pairs of buffers.

    Args:
        labels: (points,), 1 where a point belongs to an anomaly, else 0.
        predicted: (points,), 1 where the detector raised an alarm, else 0.
        early_buffer: points before an anomaly in which an alarm still counts, at most.
        delay_buffer: points after it, likewise.
        splits: sizes of each buffer beside 0.
        include_zero: try buffers of 0 points too.
    Returns: 0 to 1; None where the labels name no anomaly.
    Raises: InvalidMetric as `pate`; MissingExtra without numba.
    """
    anomalies = anomalies_of(labels)
    alarms = anomalies_of(predicted)
    if alarms.points != anomalies.points:
        raise InvalidMetric(f"there are {anomalies.points} labels and {alarms.points} predictions; give one a point")
    early, delay = (buffer_sizes(each, splits, zero=include_zero) for each in (early_buffer, delay_buffer))
    if len(anomalies) == 0:
        return None
    steps = np.where(alarms.inside, 0, 1).astype(np.int64)
    precision, recall = precision_and_recall(anomalies, steps, 1, early, delay)
    both = precision + recall
    return float(np.where(both > 0, 2 * precision * recall / np.where(both > 0, both, 1.0), 0.0).mean())
