"""Sub-sequence nearest neighbours: how far a window is from the windows most like it."""

from dataclasses import dataclass

from perfwise.errors import InvalidOption
from perfwise.telemetry.detectors._neighbours import nearest
from perfwise.telemetry.detectors._windows import spread_over_points, standardised, window_length
from perfwise.telemetry.series import Floats

__all__ = ["SubsequenceKnn"]


@dataclass(frozen=True)
class SubsequenceKnn:
    """Score a window by the Euclidean distance to its k-th nearest one elsewhere; a point by its windows.

    Args:
        neighbours: k.
        window: points; 0: the typical period of the series.
        most_points: longer series are refused; time grows with the square of the points.

    Source: Ramaswamy et al., Efficient Algorithms for Mining Outliers, SIGMOD 2000, on sub-sequences as in TSB-AD, Liu
        and Paparrizos, NeurIPS 2024.
    """

    neighbours: int = 3
    window: int = 0
    most_points: int = 50_000

    def __post_init__(self) -> None:
        if self.neighbours < 1:
            raise InvalidOption(f"there is at least one neighbour, not {self.neighbours}")

    def score(self, values: Floats, seed: int) -> Floats:  # noqa: ARG002 - of all detectors
        """Mean over a point's windows of their distances."""
        length = window_length(self.window, values)
        found = nearest(standardised(values), length, self.neighbours, self.most_points, normalised=False)
        return spread_over_points(found, length)
