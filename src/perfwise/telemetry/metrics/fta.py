"""F1 of templates of a parser."""

from dataclasses import dataclass
from typing import ClassVar

from perfwise.telemetry.metrics._groups import Counts, OfTexts

__all__ = ["Fta"]


@dataclass(frozen=True)
class Fta(OfTexts):
    """F1 of templates: the harmonic mean of PTA and RTA, 0 if both are 0.

    Args:
        normalisation: of both texts: none, merged or corrected; named in the result.
        at_most: only true templates of at most so many lines, to see rare events apart; 0: all.

    Source: Khan et al., ICSE 2022, TA-Eval; Jiang et al., ISSTA 2024, arXiv:2308.10828.
    Differs: the corrections are written from their description, not taken from TA-Eval's code.
    """

    normalisation: str = "none"
    at_most: int = 0
    short: ClassVar[str] = "FTA"

    def ratio(self, counts: Counts) -> float:
        """The metric of at least one line."""
        both = counts.found + counts.true
        return 2 * counts.right_found / both  # 2 P R / (P + R) with P = right / found and R = right / true
