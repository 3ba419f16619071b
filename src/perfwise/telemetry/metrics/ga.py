"""Grouping accuracy of a parser."""

from dataclasses import dataclass
from typing import ClassVar

from perfwise.telemetry.metrics._groups import Counts, OfGroups

__all__ = ["Ga"]


@dataclass(frozen=True)
class Ga(OfGroups):
    """Grouping accuracy: the share of lines in groups that are exactly right.

    Args:
        at_most: only true templates of at most so many lines, to see rare events apart; 0: all.

    Source: Zhu et al., ICSE-SEIP 2019, arXiv:1811.03509; logpai/logparser.
    """

    at_most: int = 0
    short: ClassVar[str] = "GA"

    def ratio(self, counts: Counts) -> float:
        """The metric of at least one line."""
        return counts.right_lines / counts.lines
