"""Avg@k: how early in the ranking the cause comes."""

from collections.abc import Sequence
from dataclasses import dataclass

from perfwise.errors import InvalidMetric
from perfwise.telemetry.contracts import Measured
from perfwise.telemetry.incidents import Cause, Suspect
from perfwise.telemetry.metrics._causes import CauseScore, place_of, why_unjudged

__all__ = ["AverageAtK"]


@dataclass(frozen=True)
class AverageAtK(CauseScore):
    """Mean of AC@1 to AC@k: 1 for a cause in the first place, 1/k for one in the k-th, else 0.

    Args:
        k: at least 1.

    Source: Pham et al., Root Cause Analysis for Microservice System based on Causal Inference: How Far Are We?, ASE
        2024, arXiv:2408.13729.
    """

    k: int = 5

    def __post_init__(self) -> None:
        if self.k < 1:
            raise InvalidMetric(f"a ranking is looked at from its first place on, not to place {self.k}")

    @property
    def name(self) -> str:  # type: ignore[override]
        """E.g. `Avg@5`."""
        return f"Avg@{self.k}"

    def measure(self, ranking: Sequence[Suspect], cause: Cause) -> Measured:
        """0 to 1."""
        if (unjudged := why_unjudged(cause)) is not None:
            return unjudged
        place = place_of(ranking, cause)
        return Measured(0.0 if place is None else max(0, self.k + 1 - place) / self.k)
