"""Point-adjusted F1: an anomaly counts as found whole where one of its points is predicted."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from perfwise.telemetry.contracts import Measured
from perfwise.telemetry.metrics._anomalies import anomalies_of, checked_scores, why_undefined
from perfwise.telemetry.metrics._series import MeanScore

__all__ = ["PointAdjustedF1", "point_adjusted_f1"]


@dataclass(frozen=True)
class PointAdjustedF1(MeanScore):
    """F1 over points at the best threshold after point adjustment, mean over the series.

    It flatters: random scores come out high where anomalies are long. It is here because many papers report it.

    Source: Xu et al., Unsupervised Anomaly Detection via Variational Auto-Encoder, WWW 2018, arXiv:1802.03903; that it
        flatters: Kim et al., Towards a Rigorous Evaluation of Time-Series Anomaly Detection, AAAI 2022,
        arXiv:2109.05257.
    """

    name: ClassVar[str] = "point-adjusted F1"

    def measure(self, labels: ArrayLike, scores: ArrayLike) -> Measured:
        """The best F1 of one series. Raises: InvalidMetric for what is no such series."""
        reason = why_undefined(labels, scores)
        return Measured(None, reason) if reason else Measured(point_adjusted_f1(labels, scores))


def point_adjusted_f1(labels: ArrayLike, scores: ArrayLike) -> float | None:
    """The best F1 over all thresholds; within an anomaly all points take the highest score there.

    Args:
        labels: (points,), 0 or 1.
        scores: (points,), finite, higher is more anomalous.
    Returns: 0 to 1; None where the labels name no anomaly.
    Raises: InvalidMetric for what is no such series.
    """
    anomalies = anomalies_of(labels)
    values = checked_scores(scores, anomalies.points).copy()
    if len(anomalies) == 0:
        return None
    for start, end in zip(anomalies.starts, anomalies.ends + 1, strict=True):
        values[start:end] = values[start:end].max()
    order = np.argsort(-values, kind="stable")
    falling = values[order]
    last = np.append(falling[1:] != falling[:-1], True)
    hits = np.cumsum(anomalies.inside[order])
    f1 = 2 * hits / (np.arange(1, len(values) + 1) + hits[-1])
    return float(f1[last].max())
