"""The nouns of the telemetry engine and what each of its families promises.

Incidents: a `Ranker` says which component a fault began with; a `CauseMetric` sets that beside what was wrong.
Series: a `Detector` says how unusual each point is; a `SeriesMetric` sets that beside labels.
Logs: a `Parser` cuts `Lines` into groups, each with a template; a log metric sets a `Grouping` beside the true one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, ClassVar, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from perfwise.core.metric import Metric
from perfwise.errors import Fault
from perfwise.telemetry.incidents import Cause, Incident, Suspect
from perfwise.telemetry.lines import Lines

__all__ = [
    "WILDCARD",
    "CauseMetric",
    "Detector",
    "Entries",
    "Grouping",
    "LogMetric",
    "LogReader",
    "Measured",
    "Parser",
    "Ranker",
    "SeriesMetric",
]

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


@dataclass(frozen=True, eq=False)
class Entries:
    """Some entries of a log.

    Args:
        lines: their texts.
        times: (entries,) seconds since 1970, NaN where unknown; None where the format does not tell.
        sources: what each comes from, e.g. a unit or a stream's labels; None where the format does not tell.
        offset: bytes of the input up to the end of these; a reader may go on from there.
        broken: lines that were cut because they are too long.
        faults: entries that could not be read, each with its place and what is wrong.
    """

    lines: Lines
    times: NDArray[np.float64] | None = None
    sources: tuple[str, ...] | None = None
    offset: int = 0
    broken: int = 0
    faults: tuple[Fault, ...] = ()


class LogReader(Protocol):
    """Family `readers`: a frozen dataclass that knows one format of logs."""

    def knows(self, name: str, beginning: bytes) -> bool:
        """Whether a file of that name (without .gz or .zst), whose first bytes these are, has this format."""

    def entries(self, stream: BinaryIO) -> Iterator[Entries]:
        """The entries in blocks, without holding all. What cannot be read is told in `faults`, and the rest goes on."""


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


class Detector(Protocol):
    """Family `detectors`: a frozen dataclass, its parameters in points unless their names say otherwise."""

    def score(self, values: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
        """How unusual each point is, (points,) -> (points,).

        Args:
            values: finite, at least one.
            seed: of whatever is drawn; most detectors draw nothing.
        Returns: finite and not negative, higher is more unusual; all equal where nothing can be said.
        Raises: InvalidTask for a series that the method cannot take, e.g. one that is too short.
        """


class Ranker(Protocol):
    """Family `causes`: a frozen dataclass."""

    def rank(self, incident: Incident, seed: int) -> list[Suspect]:
        """Suspects, the most suspect first, no component twice; none where the method blames nothing.

        Args:
            incident: read, never changed; its cause is not looked at.
            seed: of whatever is drawn.
        Raises: InvalidTask for an incident that lacks what the method needs, e.g. a call graph; MissingExtra.
        """


class CauseMetric(Metric, Protocol):
    """A metric of the family `metrics` that judges rankings of causes."""

    judges: ClassVar[str]

    def measure(self, ranking: Sequence[Suspect], cause: Cause) -> Measured:
        """The metric on one incident."""


class SeriesMetric(Metric, Protocol):
    """A metric of the family `metrics` that judges detectors."""

    judges: ClassVar[str]

    def measure(self, labels: ArrayLike, scores: ArrayLike) -> Measured:
        """The metric on one series: (points,) labels of 0 and 1, (points,) scores."""
