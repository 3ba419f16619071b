"""`perfwise telemetry detect`: what is unusual in series."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from perfwise.cli.options import JsonOption
from perfwise.cli.telemetry import options as o

if TYPE_CHECKING:
    from rich.console import Console

    from perfwise.core.json import Json
    from perfwise.telemetry.detecting import Alarm
    from perfwise.telemetry.series import Floats, MetricTable

__all__ = ["detect_anomalies"]


def detect_anomalies(
    metrics: o.Metrics,
    *,
    detector: Annotated[
        str,
        typer.Option(metavar="METHOD", help="A detector of 'perfwise methods', e.g. robust_z or cusum:allowance=1."),
    ] = "robust_z",
    series: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this series; again for more. By default all.")
    ] = None,
    threshold: Annotated[
        float, typer.Option(min=0, help="Alarm where a score is so many robust scales above the median score.")
    ] = 6.0,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write every score as CSV, a column a series.")
    ] = None,
    seed: o.Seed = 0,
    json: JsonOption = None,
) -> None:
    """Say which stretches of each series are unusual, how much, and what finding out cost.

    Exit codes: 0 ok, 2 usage or bad input.
    """
    from perfwise.cli.json_files import check_place, write_json
    from perfwise.cli.terminal import errors, output
    from perfwise.core.choosing import method_of
    from perfwise.errors import InvalidTask
    from perfwise.telemetry.detecting import DetectionEngine, DetectorCandidate, alarms
    from perfwise.telemetry.tables import read_table

    check_place(json or "-")
    candidate = DetectorCandidate(detector, method_of("perfwise.telemetry.detectors", detector))
    table = read_table(metrics)
    found: dict[str, list[Alarm]] = {}
    scores: dict[str, Floats] = {}
    refused: dict[str, str] = {}
    spent_s: dict[str, float] = {}
    with errors().status("looking"):
        for name in series or table.names:
            one = table.series(name)
            try:
                scores[name], spent_s[name] = DetectionEngine().scores(one, candidate, seed)
            except InvalidTask as why:
                refused[name] = str(why.args[0])
            else:
                found[name] = alarms(one, scores[name], threshold=threshold)
    if out is not None:
        _write_scores(table, scores, out)
    cpu_s = sum(spent_s.values())
    if json is not None:
        write_json(_document(table, detector, found, refused, spent_s), json)
    if json != "-":
        _print(table, detector, found, refused, cpu_s, output())


def _document(
    table: "MetricTable",
    detector: str,
    found: "dict[str, list[Alarm]]",
    refused: dict[str, str],
    spent_s: dict[str, float],
) -> "dict[str, Json]":
    from dataclasses import asdict

    return {
        "detector": detector,
        "cpu_s": sum(spent_s.values()),
        "points": len(table.times_s),
        "series": {
            name: {"cpu_s": spent_s[name], "alarms": [asdict(one) for one in each]} for name, each in found.items()
        },
        "refused": dict(refused),
        "notes": list(table.notes),
    }


def _write_scores(table: "MetricTable", scores: "dict[str, Floats]", path: Path) -> None:
    import csv

    from perfwise.errors import InvalidOption

    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["timestamp", *scores])
            for place, at in enumerate(table.times_s.tolist()):
                writer.writerow([repr(at), *(repr(float(column[place])) for column in scores.values())])
    except OSError as error:
        raise InvalidOption(f"cannot write {path}: {error.strerror or error}") from error


def _print(
    table: "MetricTable",
    detector: str,
    found: "dict[str, list[Alarm]]",
    refused: dict[str, str],
    cpu_s: float,
    console: "Console",
    most: int = 20,
) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from perfwise.cli.serving.render import print_caveats
    from perfwise.cli.telemetry.times import moment
    from perfwise.cli.terminal import shown

    rows = sorted(((one.score, name, one) for name, each in found.items() for one in each), key=lambda row: -row[0])
    console.print(
        Text(
            f"{shown(detector)}: {len(rows)} unusual stretch(es) in {len(found)} series of {len(table.times_s):,} "
            f"points, {cpu_s:.3g} CPU s"
        )
    )
    if rows:
        drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
        for name, right in (("series", False), ("from", False), ("to", False), ("score", True), ("value", True)):
            drawn.add_column(name, justify="right" if right else "left", no_wrap=name in ("from", "to"))
        for score, name, one in rows[:most]:
            drawn.add_row(shown(name), moment(one.start_s), moment(one.end_s), f"{score:.3g}", f"{one.value:.4g}")
        console.print(drawn)
        if len(rows) > most:
            console.print(Text(f"and {len(rows) - most} more with lower scores; --json has all"))
    print_caveats((*table.notes, *(f"{name}: {why}" for name, why in refused.items())), console)
