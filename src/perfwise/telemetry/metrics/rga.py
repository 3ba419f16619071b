"""Recall of groups of a parser."""

from dataclasses import dataclass
from typing import ClassVar

from perfwise.telemetry.metrics._groups import Counts, OfGroups

__all__ = ["Rga"]


@dataclass(frozen=True)
class Rga(OfGroups):
    """Recall of groups: the share of true groups that are found exactly.

    Args:
        at_most: only true templates of at most so many lines, to see rare events apart; 0: all.

    Source: Jiang et al., ISSTA 2024, arXiv:2308.10828.
    """

    at_most: int = 0
    short: ClassVar[str] = "RGA"

    def ratio(self, counts: Counts) -> float:
        """The metric of at least one line."""
        return counts.right_true / counts.true
