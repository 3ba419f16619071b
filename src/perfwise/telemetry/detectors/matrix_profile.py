"""Matrix profile: how far a window's shape is from the most alike shape elsewhere."""

from dataclasses import dataclass

from perfwise.telemetry.detectors._neighbours import nearest
from perfwise.telemetry.detectors._windows import spread_over_points, standardised, window_length
from perfwise.telemetry.series import Floats

__all__ = ["MatrixProfile"]


@dataclass(frozen=True)
class MatrixProfile:
    """Score a window by the distance of its shape, level and size taken off, to the nearest elsewhere.

    Args:
        window: points; 0: the typical period of the series.
        most_points: longer series are refused; time grows with the square of the points.

    Source: Yeh et al., Matrix Profile I, ICDM 2016; the walk along diagonals: Zimmerman et al., SCAMP, SoCC 2019.
    Differs: a point has the mean over its windows; two flat windows are alike, a flat and another one are as far apart
        as if they had no correlation.
    """

    window: int = 0
    most_points: int = 50_000

    def score(self, values: Floats, seed: int) -> Floats:  # noqa: ARG002 - of all detectors
        """Mean over a point's windows of their distances."""
        length = window_length(self.window, values, least=3)
        found = nearest(standardised(values), length, 1, self.most_points, normalised=True)
        return spread_over_points(found, length)
