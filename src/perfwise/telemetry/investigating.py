"""From logs and metrics to ranked causes, with the cost of each step."""

import gzip
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

import numpy as np

from perfwise.core.family import Family
from perfwise.core.outcome import Outcome
from perfwise.errors import Fault, InvalidInput, InvalidOption, InvalidTask
from perfwise.telemetry.attempts import CpuClock
from perfwise.telemetry.bursts import Burst, LogRates, bursts_of, log_rates
from perfwise.telemetry.contracts import Detector, Grouping, LogReader, Parser, Ranker
from perfwise.telemetry.detecting import Alarm, DetectionEngine, DetectorCandidate, alarms
from perfwise.telemetry.detectors.template_rates import TemplateRates
from perfwise.telemetry.headers import guessed_header
from perfwise.telemetry.incidents import CallGraph, Cause, Column, Incident, Suspect, component_of
from perfwise.telemetry.lines import Lines
from perfwise.telemetry.log_times import times_of
from perfwise.telemetry.ranking import IncidentTask, RankerCandidate, RankingEngine
from perfwise.telemetry.series import Floats, MetricTable, filled
from perfwise.telemetry.tables import read_graph, read_table, seconds_of

__all__ = ["Investigation", "Mark", "Methods", "Place", "Step", "first_great_change", "incident_of", "investigated"]

R = TypeVar("R")

_LEAST = 10  # points that a time held for normal has
_MOST_INTERVALS = 2000
_GREAT = 10.0  # mean likelihood ratio of a change; noise alone reaches 3 to 6


def incident_of(
    table: MetricTable, at: str | None, graph: CallGraph | None, target: str | None = None, cause: str | None = None
) -> Incident:
    """The incident that a table shows.

    Args:
        table: series named COMPONENT.METRIC, or beginning with a component of the graph.
        at: when the fault began, seconds or ISO 8601; None: at the first great change.
        graph: who calls whom.
        target: component at which it was noticed.
        cause: component that was wrong, where known.
    Raises: InvalidOption for a time or a component that is not there.
    """
    known = graph.names if graph is not None else ()
    columns = tuple(component_of(name, known) for name in table.names)
    there = {*(column.component for column in columns), *known}
    for what, name in (("--target", target), ("--cause", cause)):
        if name is not None and name not in there:
            listed = ", ".join(sorted(there)[:20])
            raise InvalidOption(f"{what}: there is no component {name!r}; there are {listed}")
    if at is None:
        begins, gain = first_great_change(table)
        if gain < _GREAT:
            told = "no change of the metrics stands out, so the time of the fault is a guess; give --at"
            table = replace(table, notes=(*table.notes, told))
    else:
        begins = _place(table, at)
    return Incident(
        "incident",
        table,
        begins,
        columns,
        graph,
        None if target is None else Column(target),
        None if cause is None else Cause(cause),
    )


def first_great_change(table: MetricTable) -> tuple[int, float]:
    """Point at which the series together depart most from what came before, and how much, as a mean over the series.

    Each series is set in robust scales; at each point the medians over the series of the mean change are compared
    before and after, as a likelihood ratio of one change of level in all series (Page, Hinkley, Biometrika 57, 1970).

    Raises: InvalidOption for a table that is too short, or all of whose series are constant.
    """
    points = len(table.times_s)
    if points < 2 * _LEAST:
        raise InvalidOption(f"give --at: {points} points are too few to find when the fault began")
    gain = np.zeros(points - 1)
    moving = 0
    counts = np.arange(1, points)
    for place in range(len(table.names)):
        column = table.values[:, place]
        if np.isnan(column).all() or np.nanmax(column) == np.nanmin(column):
            continue
        values = filled(column)
        low, middle, high = np.percentile(values, [25, 50, 75])
        scale = (high - low) / 1.349 or float(values.std())
        scaled = np.clip((values - middle) / scale, -10.0, 10.0)
        left = np.cumsum(scaled)[:-1]
        right = scaled.sum() - left
        difference = left / counts - right / (points - counts)
        gain += difference**2 * counts * (points - counts) / points
        moving += 1
    if not moving:
        raise InvalidOption("give --at: every series is constant or has no value, so nothing says when the fault began")
    gain[: _LEAST - 1] = -1.0
    return int(np.argmax(gain)) + 1, float(gain.max()) / moving


def _place(table: MetricTable, at: str) -> int:
    moment = seconds_of(at)
    first, last = float(table.times_s[0]), float(table.times_s[-1])
    if not np.isfinite(moment):
        raise InvalidOption(f"--at: {at!r} is neither seconds nor an ISO 8601 time")
    if not first < moment <= last:
        raise InvalidOption(
            f"--at: {moment:.0f} s lies not within the metrics, which go from {first:.0f} to {last:.0f} s"
        )
    return int(np.searchsorted(table.times_s, moment))


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that was done, e.g. a deployment.

    Args:
        at_s: when.
        label: what.
    """

    at_s: float
    label: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an investigation and what it took.

    Args:
        name: of the step.
        what: it worked on, e.g. how many lines.
        cpu_s: CPU seconds.
    """

    name: str
    what: str
    cpu_s: float


@dataclass(frozen=True)
class Place:
    """Where an investigation looks.

    Args:
        logs: a log; also .gz.
        metrics: series, as `read_table` takes them.
        graph: who calls whom, as `read_graph` takes it.
        at: when the fault began; None: at the first great change of the metrics.
        target: component at which it was noticed.
        marks: what was done when.
    """

    logs: Path
    metrics: Path
    graph: Path | None = None
    at: str | None = None
    target: str | None = None
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class Methods:
    """What an investigation uses.

    Args:
        parser, detector, ranker: the methods.
        names: of the detector and the ranking, for people.
    """

    parser: Parser
    detector: Detector
    ranker: Ranker
    names: tuple[str, str]


@dataclass(frozen=True, eq=False)
class Investigation:
    """What was found.

    Args:
        incident: series, graph, target and the beginning of the fault.
        begins_given: whether that was told or found.
        rates: templates of the log over time.
        lines: of the log.
        templates: of the log, all of them.
        bursts: unusual intervals of templates, in order of time.
        anomalies: (series, stretch), in order of time.
        suspects: ranked.
        outcome: of the ranking.
        marks: what was done when, in order of time.
        steps: what each step took, in order.
        notes: what a reader must know.
    """

    incident: Incident
    begins_given: bool
    rates: LogRates
    lines: int
    templates: int
    bursts: tuple[Burst, ...]
    anomalies: tuple[tuple[str, Alarm], ...]
    suspects: tuple[Suspect, ...]
    outcome: Outcome
    marks: tuple[Mark, ...]
    steps: tuple[Step, ...]
    notes: tuple[str, ...]

    @property
    def begins_s(self) -> float:
        """When the fault began."""
        return float(self.incident.table.times_s[self.incident.begins])

    def evidence(self, component: str) -> list[Burst]:
        """Of the templates whose text names a component, the most unusual interval each; the most unusual first."""
        wanted, found = component.lower(), dict[int, Burst]()
        for each in sorted(self.bursts, key=lambda burst: (-burst.score, burst.at_s)):
            if wanted in each.text.lower():
                found.setdefault(each.template, each)
        return list(found.values())


def investigated(place: Place, methods: Methods, seed: int = 0, clock: CpuClock | None = None) -> Investigation:
    """The chain: templates and their bursts, anomalies of series, ranked causes; each step with its CPU seconds.

    Raises: InvalidInput for files that cannot be read; InvalidOption for a time or a component that is not there.
    """
    _compile(methods.parser)
    steps = _Steps(clock or CpuClock())
    table = steps.take("read metrics", lambda: read_table(place.metrics), lambda got: f"{got.values.size:,} values")
    graph = None if place.graph is None else read_graph(place.graph)
    incident = incident_of(table, place.at, graph, place.target)
    lines = steps.take("read logs", lambda: _read_log(place.logs), lambda got: f"{len(got):,} lines")
    grouping, unfit = steps.take(
        "parse logs", lambda: _grouped(lines, methods.parser), lambda got: f"{len(got[0].templates):,} templates"
    )
    year = datetime.fromtimestamp(float(table.times_s[0]), UTC).year
    times_s = steps.take("read times of lines", lambda: times_of(lines, year), lambda got: f"{len(got):,} lines")
    interval_s = _interval(times_s, table.times_s)
    rates, bursts = steps.take(
        "find bursts",
        lambda: _rates(grouping, times_s, interval_s),
        lambda got: f"{len(got[0].templates):,} templates, {len(got[0].starts_s):,} intervals of {interval_s:g} s",
    )
    found, refused = steps.take(
        "find anomalies", lambda: _anomalies(table, methods, seed), lambda _: f"{len(table.names)} series"
    )
    suspects, outcome = steps.take(
        "rank causes",
        lambda: RankingEngine(steps.clock).ranked(
            IncidentTask(incident), RankerCandidate(methods.names[1], methods.ranker), seed
        ),
        lambda got: f"{len(got[0])} components",
    )
    notes = (*table.notes, *grouping.notes, *_notes(rates, unfit, len(lines)), *refused)
    failed = () if outcome.failure is None else (f"no ranking: {outcome.failure.message}",)
    return Investigation(
        incident,
        place.at is not None,
        rates,
        len(lines),
        len(grouping.templates),
        tuple(bursts),
        tuple(found),
        tuple(suspects),
        outcome,
        tuple(sorted(place.marks, key=lambda mark: mark.at_s)),
        tuple(steps.done),
        (*notes, *failed),
    )


class _Steps:
    """Steps taken so far."""

    def __init__(self, clock: CpuClock) -> None:
        self.clock = clock
        self.done: list[Step] = []

    def take(self, name: str, work: Callable[[], R], what: Callable[[R], str]) -> R:
        result, cpu_s = self.clock.timed(work)
        self.done.append(Step(name, what(result), cpu_s))
        return result


def _compile(parser: Parser) -> None:
    """Have compiled what reads and parses, so that no step pays for it."""
    lines = Lines.of([b"2024-05-01 12:00:00 INFO a: request 17 from 10.0.0.1 took 5 ms"] * 3)
    _grouped(lines, parser)
    for _ in _reader(Path("log"), b"a\n").entries(io.BytesIO(b"a\nb\n")):
        pass


def _read_log(path: Path) -> Lines:
    """All lines of a log, by the reader that knows it."""
    try:
        with _opened(path) as stream:
            beginning = stream.read(1 << 16)
        with _opened(path) as stream:
            blocks = [each.lines for each in _reader(path, beginning).entries(stream)]
    except (OSError, EOFError) as error:
        raise InvalidInput([Fault(str(path), "unreadable-file", f"cannot be read: {error}")]) from error
    joined = [line for block in blocks for line in block] if len(blocks) != 1 else None
    lines = blocks[0] if joined is None else Lines.of(joined)
    if not len(lines):
        raise InvalidInput([Fault(str(path), "empty-file", "the log has no lines")])
    return lines


def _opened(path: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _reader(path: Path, beginning: bytes) -> LogReader:
    family = Family("perfwise.telemetry.readers")
    named = [name for name in family.names() if name != "plain"]  # plain text knows everything
    for name in (*named, "plain"):
        reader: LogReader = family.get(name)()
        if reader.knows(path.name.removesuffix(".gz"), beginning):
            return reader
    raise AssertionError("plain text knows everything")


def _grouped(lines: Lines, parser: Parser) -> tuple[Grouping, int]:
    contents, unfit = guessed_header(lines).cut(lines)
    return parser.parse(contents), unfit


def _interval(log_s: Floats, metric_s: Floats) -> float:
    """That of the metrics, or a multiple of it where these would be more than two thousand."""
    step = float(np.median(np.diff(metric_s))) if len(metric_s) > 1 else 60.0
    known = log_s[np.isfinite(log_s)]
    span = float(known.max() - known.min()) if known.size else 0.0
    return step * max(1.0, float(np.ceil(span / step / _MOST_INTERVALS)))


def _rates(grouping: Grouping, times_s: Floats, interval_s: float) -> tuple[LogRates, list[Burst]]:
    rates = log_rates(grouping.ids, grouping.templates, times_s, interval_s)
    return rates, bursts_of(rates, TemplateRates())


def _anomalies(table: MetricTable, methods: Methods, seed: int) -> tuple[list[tuple[str, Alarm]], list[str]]:
    candidate = DetectorCandidate(methods.names[0], methods.detector)
    found: list[tuple[str, Alarm]] = []
    refused = []
    for name in table.names:
        series = table.series(name)
        try:
            scores, _ = DetectionEngine().scores(series, candidate, seed)
        except InvalidTask as why:
            refused.append(f"{name}: {why.args[0]}")
        else:
            found += [(name, each) for each in alarms(series, scores)]
    return sorted(found, key=lambda each: each[1].start_s), refused


def _notes(rates: LogRates, unfit: int, lines: int) -> Sequence[str]:
    told = []
    if rates.untimed == lines:
        told.append("no time is known of any line of the log, so it has no place on the timeline")
    elif rates.untimed:
        told.append(f"{rates.untimed} line(s) of the log stand before the first time and are left out of the timeline")
    if unfit:
        told.append(f"{unfit} line(s) of the log have no header like the others; of these all is content")
    return told
