"""An investigation as one HTML file: timeline, ranked causes, templates, anomalies, the cost of each step."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from perfwise.kit.wholefiles import write_text
from perfwise.telemetry.bursts import Burst
from perfwise.telemetry.detecting import Alarm
from perfwise.telemetry.incidents import Suspect
from perfwise.telemetry.investigating import Investigation
from perfwise.web.pages import asset, rendered
from perfwise.web.report import policy
from perfwise.web.timeline import Bars, Dots, Spans, Vertical, moment, sparkline, timeline

__all__ = ["investigation_text", "sentence", "write_investigation"]

_SHOWN_SUSPECTS = 12
_SHOWN_BURSTS = 40
_SHOWN_ANOMALIES = 40
_SHOWN_TEMPLATES = 15
_LANES = 10
_POINTS = 400  # of a small picture of a series


@dataclass(frozen=True, slots=True)
class _Shown:
    """A suspect with a picture of its series and the templates that name it."""

    suspect: Suspect
    picture: str
    evidence: Sequence[Burst]


def investigation_text(found: Investigation, title: str = "", commands: Sequence[str] = ()) -> str:
    """The page.

    Args:
        found: what to show.
        title: heading.
        commands: that make it again.
    Raises: MissingExtra without jinja2.
    """
    from markupsafe import Markup

    style, script = asset("perfwise.css"), asset("perfwise.js")
    suspects = [
        _Shown(each, Markup(_picture(found, each)), found.evidence(each.component)[:3])  # noqa: S704 - we escape
        for each in found.suspects[:_SHOWN_SUSPECTS]
    ]
    bursts = sorted(found.bursts, key=lambda each: -each.score)[:_SHOWN_BURSTS]
    anomalies = sorted(found.anomalies, key=lambda each: -each[1].score)[:_SHOWN_ANOMALIES]
    return rendered(
        "investigation.html",
        title=title or "Investigation",
        verdict=sentence(found),
        found=found,
        cpu_s=sum(step.cpu_s for step in found.steps),
        picture=Markup(_timeline(found)),  # noqa: S704 - we escape
        suspects=suspects,
        bursts=sorted(bursts, key=lambda each: (each.at_s, each.template)),
        anomalies=sorted(anomalies, key=lambda each: each[1].start_s),
        templates=found.rates.templates[:_SHOWN_TEMPLATES],
        moment=moment,
        commands=commands,
        style=style,
        script=script,
        policy=policy(style, script),
    )


def write_investigation(found: Investigation, path: Path, title: str = "", commands: Sequence[str] = ()) -> None:
    """Write the page, whole or not at all. Raises: as `investigation_text`; InvalidOption for the file."""
    write_text(path, investigation_text(found, title, commands))


def sentence(found: Investigation) -> str:
    """What came of it."""
    begins = f"The fault began at {moment(found.begins_s)}" + ("" if found.begins_given else ", by the metrics")
    if not found.suspects:
        return f"{begins}; nothing is blamed."
    first = found.suspects[0]
    seen = f"{first.series} went from {first.usual:.4g} to {first.seen:.4g} at {moment(first.at_s)}"
    way = f", called by way of {' → '.join(first.path)}" if len(first.path) > 1 else ""
    named = found.evidence(first.component)
    also = f" {named[0].kind.capitalize()} in the log: “{named[0].text}”." if named else ""
    return f"{begins}. Most suspect is {first.component}: {seen}{way}.{also}"


def _timeline(found: Investigation) -> str:
    rates, table = found.rates, found.incident.table
    first, last = float(table.times_s[0]), float(table.times_s[-1])
    if len(rates.starts_s):
        first = min(first, float(rates.starts_s[0]))
        last = max(last, float(rates.starts_s[-1]) + rates.interval_s)
    lanes: list[Bars | Dots | Spans] = []
    if len(rates.starts_s):
        lanes.append(Bars("lines of the log", rates.starts_s.tolist(), rates.interval_s, rates.total.tolist()))
    lanes += [*_template_lanes(found.bursts), *_series_lanes(found.anomalies)]
    marks = [Vertical(mark.at_s, mark.label) for mark in found.marks]
    return timeline(lanes, [*marks, Vertical(found.begins_s, "fault", fault=True)], first, last)


def _template_lanes(bursts: Sequence[Burst]) -> list[Dots]:
    """Templates with the most unusual intervals."""
    by_text: dict[str, list[Burst]] = {}
    for each in bursts:
        by_text.setdefault(each.text, []).append(each)
    chosen = sorted(by_text, key=lambda text: -max(each.score for each in by_text[text]))[:_LANES]
    return [
        Dots(
            text,
            [
                (
                    each.at_s,
                    each.kind,
                    f"{each.kind}: {each.count:.0f} lines, usually {each.usual:.3g}, {moment(each.at_s)}",
                )
                for each in by_text[text]
            ],
        )
        for text in sorted(chosen, key=lambda text: by_text[text][0].at_s)
    ]


def _series_lanes(anomalies: Sequence[tuple[str, Alarm]]) -> list[Spans]:
    """Series with the highest scores."""
    by_series: dict[str, list[Alarm]] = {}
    for name, each in anomalies:
        by_series.setdefault(name, []).append(each)
    chosen = sorted(by_series, key=lambda name: -max(each.score for each in by_series[name]))[:_LANES]
    return [
        Spans(
            name,
            [
                (each.start_s, each.end_s, f"{moment(each.start_s)} to {moment(each.end_s)}, score {each.score:.3g}")
                for each in by_series[name]
            ],
        )
        for name in sorted(chosen, key=lambda name: by_series[name][0].start_s)
    ]


def _picture(found: Investigation, suspect: Suspect) -> str:
    table = found.incident.table
    if suspect.series not in table.names:
        return ""
    column = table.values[:, table.names.index(suspect.series)]
    some = np.unique(np.linspace(0, len(column) - 1, min(_POINTS, len(column))).astype(int))
    worst = min(int(np.searchsorted(table.times_s, suspect.at_s)), len(column) - 1)
    some = np.union1d(some, np.array([worst]))
    return sparkline(table.times_s[some].tolist(), column[some].tolist(), found.begins_s, f"{suspect.series} over time")
