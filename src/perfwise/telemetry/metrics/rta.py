"""Recall of templates of a parser."""

from dataclasses import dataclass
from typing import ClassVar

from perfwise.telemetry.metrics._groups import Counts, OfTexts

__all__ = ["Rta"]


@dataclass(frozen=True)
class Rta(OfTexts):
    """Recall of templates: the share of true templates that are found with their text.

    Args:
        normalisation: of both texts: none, merged or corrected; named in the result.
        at_most: only true templates of at most so many lines, to see rare events apart; 0: all.

    Source: Khan et al., ICSE 2022, TA-Eval.
    Differs: the corrections are written from their description, not taken from TA-Eval's code.
    """

    normalisation: str = "none"
    at_most: int = 0
    short: ClassVar[str] = "RTA"

    def ratio(self, counts: Counts) -> float:
        """The metric of at least one line."""
        return counts.right_found / counts.true
