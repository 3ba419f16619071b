"""F1 of groups of a parser."""

from dataclasses import dataclass
from typing import ClassVar

from perfwise.telemetry.metrics._groups import Counts, OfGroups

__all__ = ["Fga"]


@dataclass(frozen=True)
class Fga(OfGroups):
    """F1 of groups: the harmonic mean of PGA and RGA, 0 if both are 0.

    Args:
        at_most: only true templates of at most so many lines, to see rare events apart; 0: all.

    Source: Jiang et al., ISSTA 2024, arXiv:2308.10828.
    """

    at_most: int = 0
    short: ClassVar[str] = "FGA"

    def ratio(self, counts: Counts) -> float:
        """The metric of at least one line."""
        both = counts.found + counts.true
        return 2 * counts.right_found / both  # 2 P R / (P + R) with P = right / found and R = right / true
