"""Parsing accuracy of a parser."""

from dataclasses import dataclass
from typing import ClassVar

from perfwise.telemetry.metrics._groups import Counts, OfTexts

__all__ = ["Pa"]


@dataclass(frozen=True)
class Pa(OfTexts):
    """Parsing accuracy: the share of lines whose template has the true text.

    Corrected: single spaces; words that are paths, true, false, null, root, admin or digits become wildcards; so does a
    word that a wildcard is part of; wildcards in a row, also with a dot between, are one.

    Args:
        normalisation: of both texts: none, merged or corrected; named in the result.
        at_most: only true templates of at most so many lines, to see rare events apart; 0: all.

    Source: Dai et al., Logram, TSE 2020, arXiv:2001.03038.
    Differs: the corrections are written from their description, not taken from TA-Eval's code.
    """

    normalisation: str = "none"
    at_most: int = 0
    short: ClassVar[str] = "PA"

    def ratio(self, counts: Counts) -> float:
        """The metric of at least one line."""
        return counts.right_lines / counts.lines
