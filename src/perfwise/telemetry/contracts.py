"""The nouns of the telemetry engine and what each of its families promises.

Logs: a `Parser` cuts `Lines` into groups, each with a template; a log metric sets a `Grouping` beside the true one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from perfwise.core.metric import Metric
from perfwise.telemetry.lines import Lines

__all__ = ["WILDCARD", "Grouping", "LogMetric", "Measured", "Parser"]

WILDCARD = "<*>"
"""What stands in a template where lines differ."""


@dataclass(frozen=True, eq=False)
class Grouping:
    """Which template each line has.

    Args:
        ids: (lines,) int64; 0 where a line has none (a parser that only matches).
        templates: the text of each id that occurs.
        notes: what a reader must know of how it came about.
    """

    ids: NDArray[np.int64]
    templates: Mapping[int, str]
    notes: tuple[str, ...] = ()


class Parser(Protocol):
    """Family `parsers`: a frozen dataclass, its parameters the published ones with their defaults.

    The same lines give the same grouping, whatever ran before.
    """

    def parse(self, lines: Lines) -> Grouping:
        """The template of every line. Lines are contents: a header has been cut off."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A number, or why there is none.

    Args:
        value: None where it is not defined.
        reason: why it is not; empty where it is.
    """

    value: float | None
    reason: str = ""


class LogMetric(Metric, Protocol):
    """A metric of the family `metrics` that judges parsers; its terms are what `measure` gave."""

    judges: ClassVar[str]
    """`logs`; metrics of series and of rankings say `series` and `causes`."""

    def measure(self, true: Grouping, found: Grouping) -> Measured:
        """The metric on one log. Both groupings have the same lines; an id's text decides where texts count."""
