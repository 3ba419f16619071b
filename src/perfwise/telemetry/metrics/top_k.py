"""Top-k: is the cause among the first k?"""

from collections.abc import Sequence
from dataclasses import dataclass

from perfwise.errors import InvalidMetric
from perfwise.telemetry.contracts import Measured
from perfwise.telemetry.incidents import Cause, Suspect
from perfwise.telemetry.metrics._causes import CauseScore, place_of, why_unjudged

__all__ = ["TopK"]


@dataclass(frozen=True)
class TopK(CauseScore):
    """Share of the incidents whose cause is among the first k suspects, AC@k of other papers.

    Args:
        k: at least 1.

    Source: Hardt et al., The PetShop Dataset, CLeaR 2024, arXiv:2311.04806 (top-k recall).
    """

    k: int = 1

    def __post_init__(self) -> None:
        if self.k < 1:
            raise InvalidMetric(f"a ranking is looked at from its first place on, not to place {self.k}")

    @property
    def name(self) -> str:  # type: ignore[override]
        """E.g. `top-3`."""
        return f"top-{self.k}"

    def measure(self, ranking: Sequence[Suspect], cause: Cause) -> Measured:
        """1 or 0."""
        if (unjudged := why_unjudged(cause)) is not None:
            return unjudged
        place = place_of(ranking, cause)
        return Measured(float(place is not None and place <= self.k))
