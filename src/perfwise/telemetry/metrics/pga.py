"""Precision of groups of a parser."""

from dataclasses import dataclass
from typing import ClassVar

from perfwise.telemetry.metrics._groups import Counts, OfGroups

__all__ = ["Pga"]


@dataclass(frozen=True)
class Pga(OfGroups):
    """Precision of groups: the share of predicted groups that are exactly right.

    Args:
        at_most: only true templates of at most so many lines, to see rare events apart; 0: all.

    Source: Jiang et al., ISSTA 2024, arXiv:2308.10828.
    """

    at_most: int = 0
    short: ClassVar[str] = "PGA"

    def ratio(self, counts: Counts) -> float:
        """The metric of at least one line."""
        return counts.right_found / counts.found
