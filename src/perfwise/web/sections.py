"""What a page shows beside its tables: pictures, fitted growth, badges, explanations, environments; report and live."""

import base64
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from perfwise.core.outcome import Provenance
from perfwise.kit.visible import visible
from perfwise.web import pictures
from perfwise.web.curves import Curve, growth_curves, performance_profiles
from perfwise.web.findings import Findings
from perfwise.web.gathering import Gathered
from perfwise.web.pictures import Picture

__all__ = [
    "Badge",
    "Explanation",
    "GrowthRow",
    "LineCost",
    "Pictures",
    "badges",
    "drawn",
    "environments",
    "explained",
    "flame",
]

_DRAWING = threading.Lock()  # matplotlib's settings belong to the process
_MOST_PANELS = 6
_MOST_FITS = 40


@dataclass(frozen=True, slots=True)
class Badge:
    """A fact about the measurement in two or three words."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class GrowthRow:
    """The fitted class of one set at one task.

    Args:
        task, set_name: which.
        fitted: name of the class, or why there is none.
        sizes: how many sizes it rests on.
        error: relative, of the fit; None without one.
    """

    task: str
    set_name: str
    fitted: str
    sizes: int
    error: float | None


@dataclass(frozen=True, slots=True)
class Pictures:
    """The drawn pictures; None where there is nothing to draw, and then `growth_note` says why there is no growth."""

    quality_against_cost: Picture | None
    ratios: Picture | None
    task_ratios: Picture | None
    growth: Picture | None
    profiles: Picture | None
    growth_rows: tuple[GrowthRow, ...]
    growth_note: str


@dataclass(frozen=True, slots=True)
class LineCost:
    """What one line of a program spent.

    Args:
        number: from 1.
        visits: times it was come to.
        own, total: without and with the functions that it called.
        share: of the program's cost, by `own`.
        text: of the line.
    """

    number: int
    visits: int
    own: float
    total: float
    share: float
    text: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Where a cost goes.

    Args:
        title: of whom.
        image: a flame graph as data URL, empty where there is none. An image runs no script, whoever wrote it.
        lines: of the program.
    """

    title: str
    image: str = ""
    lines: tuple[LineCost, ...] = ()


def drawn(gathered: Gathered, found: Findings) -> Pictures:
    """All pictures. Raises: MissingExtra without matplotlib."""
    curves = growth_curves(gathered.sets, _MOST_FITS)
    lines = performance_profiles(gathered.sets, found.cost, found.cheapest)
    with _DRAWING:
        return Pictures(
            pictures.quality_against_cost(found),
            pictures.ratios(found),
            pictures.task_ratios(found),
            pictures.growth(curves[:_MOST_PANELS], found),
            pictures.profiles(lines, found),
            tuple(_growth_rows(curves)),
            _growth_note(curves),
        )


def badges(gathered: Gathered) -> list[Badge]:
    """Meter, interpreter, sandbox, machine and size."""
    sources = {one.provenance for group in gathered.sets.values() for one in group}
    told = [
        Badge("engine", _listed(f"{one.engine} {one.engine_version}" for one in sources)),
        Badge("meter", _listed(one.meter for one in sources)),
        Badge("interpreter", _listed(one.interpreter for one in sources)),
    ]
    if sources and all("wasm" in one.interpreter.lower() for one in sources):
        told.append(Badge("sandbox", "WebAssembly"))
    machines = {one.machine for one in sources}
    told.append(Badge("machine", "any: exact counts" if machines == {"any"} else _listed(machines)))
    outcomes = sum(len(group) for group in gathered.sets.values())
    return [*told, Badge("outcomes", f"{outcomes:,}"), Badge("sets", f"{len(gathered.sets):,}")]


def environments(gathered: Gathered) -> list[list[tuple[str, str]]]:
    """Every provenance as (name, value), with the versions of the packages that took part."""
    sources: dict[Provenance, None] = dict.fromkeys(outcome.provenance for _, outcome in gathered.outcomes)
    return [
        [*one.comparable().items(), ("versions", ", ".join(f"{name} {version}" for name, version in one.versions))]
        for one in sources
    ]


def flame(title: str, svg: str) -> Explanation:
    """A flame graph that `perfwise explain --svg` wrote."""
    url = f"data:image/svg+xml;base64,{base64.b64encode(svg.encode('utf-8', 'replace')).decode('ascii')}"
    return Explanation(title, url)


def explained(document: Mapping[str, Any]) -> list[Explanation]:
    """What `perfwise explain --json` wrote. Raises: KeyError, TypeError or ValueError for another document."""
    return [
        Explanation(
            f"{one['task']}, {one['candidate_set']}, candidate {one['candidate']}",
            lines=tuple(_line(line, float(one["cost"])) for line in one["lines"]),
        )
        for one in document["explanations"]
    ]


def _growth_rows(curves: Sequence[Curve]) -> list[GrowthRow]:
    rows = []
    for curve in curves:
        for name, line in curve.lines.items():
            if not curve.sized:
                continue
            fitted, error = ("no class fits", None) if line.fit is None else (line.fit.notation, line.fit.error)
            if line.fit is None and len(line.sizes) < 4:
                fitted = "fewer than 4 sizes"
            rows.append(GrowthRow(curve.task, name, fitted, len(line.sizes), error))
    return rows


def _growth_note(curves: Sequence[Curve]) -> str:
    if not curves:
        return "No task has successes on inputs of two sizes or levels, so nothing is said of growth."
    if not any(curve.sized for curve in curves):
        return "The sizes of the inputs are not recorded, only their levels, so no class of growth is fitted."
    return ""


def _line(line: Mapping[str, Any], cost: float) -> LineCost:
    own = float(line["own"])
    share = own / cost if cost > 0 else 0.0
    return LineCost(int(line["line"]), int(line["visits"]), own, float(line["total"]), share, str(line["text"]))


def _listed(values: Iterable[str]) -> str:
    texts = sorted({visible(value) for value in values})
    return ", ".join(texts[:3]) + (f" and {len(texts) - 3} more" if len(texts) > 3 else "")
