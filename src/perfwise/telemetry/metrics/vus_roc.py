"""VUS-ROC: the volume under hits and false alarms over thresholds and widths of the labels."""

from dataclasses import dataclass
from typing import ClassVar

from numpy.typing import ArrayLike

from perfwise.telemetry.contracts import Measured
from perfwise.telemetry.metrics._anomalies import why_undefined
from perfwise.telemetry.metrics._series import MeanScore
from perfwise.telemetry.metrics._volume import volumes

__all__ = ["VusRoc"]


@dataclass(frozen=True)
class VusRoc(MeanScore):
    """Area under range-based hits and false alarms, averaged over how far labels are widened, mean over the series.

    Args:
        window: labels are widened by half of each whole number of points from 0 to this one; about a period.
        thresholds: scores at so many evenly spaced ranks.

    Source: Paparrizos et al., Volume Under the Surface, VLDB 15 (2022) 2774; equal to `RangeAUC_volume_opt` of vus
        0.0.6, which TSB-AD uses (250 thresholds).
    """

    window: int = 100
    thresholds: int = 250
    name: ClassVar[str] = "VUS-ROC"

    def measure(self, labels: ArrayLike, scores: ArrayLike) -> Measured:
        """The volume of one series. Raises: InvalidMetric for what is no such series; MissingExtra without numba."""
        if reason := why_undefined(labels, scores):
            return Measured(None, reason)
        found = volumes(labels, scores, self.window, self.thresholds)
        assert found is not None, "what is undefined has a reason"
        return Measured(found.roc)
