"""Detectors scored on labelled series: the half of `perfwise telemetry score` that has no logs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from perfwise.errors import InvalidOption

if TYPE_CHECKING:
    from rich.console import Console

    from perfwise.core.json import Json
    from perfwise.core.outcome import Outcome
    from perfwise.telemetry.detecting import SeriesTask

__all__ = ["score_detectors"]

_SHOWN = {"PATE": "PATE", "PATE-F1": "PATE-F1", "VUS-PR": "VUS-PR", "VUS-ROC": "VUS-ROC", "point-adjusted F1": "PA-F1"}


def score_detectors(
    files: Sequence[Path], detectors: Sequence[str], *, store: str | None, seed: int, json: str | None
) -> None:
    """Print and write what detectors are worth on the series of some files.

    The document has the metrics by their names and `cpu_s` at its top where one detector is scored, the mean over the
    series; `detectors` has them by detector, and `outcomes` each attempt.
    """
    from perfwise.cli.telemetry.attempting import attempted
    from perfwise.cli.terminal import output
    from perfwise.core.choosing import method_of
    from perfwise.telemetry.detecting import DetectionEngine, DetectorCandidate

    candidates = [DetectorCandidate(text, method_of("perfwise.telemetry.detectors", text)) for text in detectors]
    tasks = _tasks(files)
    outcomes, run = attempted(tasks, candidates, DetectionEngine(), seed, store=store, name="telemetry-series")
    found = {each.id: _summary([one for one in outcomes if one.candidate == each.id]) for each in candidates}
    if json is not None:
        from perfwise.cli.json_files import write_json

        top = next(iter(found.values())) if len(found) == 1 else {}
        write_json({**top, "detectors": found, "run": run, "outcomes": (one.row() for one in outcomes)}, json)
    if json != "-":
        _print(tasks, outcomes, found, output())


def _tasks(files: Sequence[Path]) -> "list[SeriesTask]":
    """Each series of each file; its name has the file's before it where there are several."""
    from perfwise.kit.textfiles import stem
    from perfwise.telemetry.detecting import SeriesTask
    from perfwise.telemetry.tables import read_table

    tasks = []
    for file in files:
        table = read_table(file)
        if table.labels is None:
            raise InvalidOption(
                f"{file} has no column label or is_anomaly with 0 and 1; detect takes series without one"
            )
        for name in table.names:
            own = stem(file) if len(table.names) == 1 else f"{stem(file)}:{name}"
            tasks.append(SeriesTask(replace(table.series(name), name=own)))
    if len({task.id for task in tasks}) < len(tasks):
        raise InvalidOption("two files have the same name; a series is known by its file's name")
    return tasks


def _summary(outcomes: "Sequence[Outcome]") -> "dict[str, Json]":
    """Means over the series by metric, null with its reason where no series has a value; CPU seconds in sum."""
    from perfwise.telemetry.detecting import series_metrics

    numbers: dict[str, Json] = {}
    reasons: dict[str, Json] = {}
    for metric in series_metrics():
        values = [value for one in outcomes if isinstance(value := _of(one, "scores").get(metric.name), float)]
        numbers[metric.name] = sum(values) / len(values) if values else None
        if not values:
            told = [str(_of(one, "undefined").get(metric.name) or _failure(one)) for one in outcomes]
            reasons[metric.name] = "; ".join(dict.fromkeys(told))
    points = sum(_count(one) for one in outcomes)
    cpu_s = sum(one.cost.get("cpu_s", 0.0) for one in outcomes)
    failed = sum(one.failure is not None for one in outcomes)
    return {
        **numbers,
        "cpu_s": cpu_s,
        "cpu_per_point_s": cpu_s / points if points else None,
        "series": len(outcomes),
        "failed": failed,
        "undefined": reasons,
    }


def _of(outcome: "Outcome", part: str) -> "Mapping[str, Json]":
    found = outcome.detail.get(part)
    return found if isinstance(found, Mapping) else {}


def _count(outcome: "Outcome") -> int:
    points = outcome.detail.get("points")
    return points if isinstance(points, int) and outcome.failure is None else 0


def _failure(outcome: "Outcome") -> str:
    return str(outcome.failure.message) if outcome.failure is not None else "not known"


def _print(
    tasks: "Sequence[SeriesTask]",
    outcomes: "Iterable[Outcome]",
    found: "Mapping[str, Mapping[str, Json]]",
    console: "Console",
) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from perfwise.cli.serving.render import print_caveats
    from perfwise.cli.terminal import shown

    points = sum(len(task.series) for task in tasks)
    what = tasks[0].id if len(tasks) == 1 else f"{len(tasks)} series"
    console.print(Text(f"{shown(what)}, {points:,} points"))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("detector", no_wrap=True)
    for name in (*_SHOWN.values(), "CPU s", "µs/point"):
        table.add_column(name, justify="right", no_wrap=True)
    best = sorted(found, key=lambda name: -(_as_float(found[name]["PATE"]) or -1.0))
    for name in best:
        numbers = found[name]
        each_us = _as_float(numbers["cpu_per_point_s"])
        table.add_row(
            shown(name),
            *("-" if (value := _as_float(numbers[metric])) is None else f"{value:.3f}" for metric in _SHOWN),
            f"{_as_float(numbers['cpu_s']) or 0.0:.3g}",
            "-" if each_us is None else f"{1e6 * each_us:.3g}",
        )
    console.print(table)
    for name in best:
        undefined = found[name]["undefined"]
        for reason in dict.fromkeys(undefined.values()) if isinstance(undefined, Mapping) else ():
            console.print(Text(f"{shown(name)}: no value, for {shown(str(reason))}"))
    print_caveats(tuple(dict.fromkeys(f"{one.task}: {text}" for one in outcomes for text in one.caveats))[:20], console)


def _as_float(value: "Json") -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
