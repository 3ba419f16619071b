"""`perfwise telemetry investigate`: from logs and metrics to a ranked cause, as one page."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from perfwise.cli.options import JsonOption
from perfwise.cli.telemetry import options as o

if TYPE_CHECKING:
    from rich.console import Console

    from perfwise.core.json import Json
    from perfwise.telemetry.investigating import Investigation, Mark, Methods

__all__ = ["investigate_incident"]


def investigate_incident(  # noqa: PLR0913 - one parameter an option
    logs: Annotated[Path, typer.Argument(metavar="LOGS", help="A log; also .gz.")],
    metrics: o.Metrics,
    graph: Annotated[
        Path | None,
        typer.Argument(metavar="GRAPH", help="Who calls whom: a square CSV of 0 and 1, or lines caller,callee."),
    ] = None,
    *,
    at: o.Begins = None,
    target: o.Target = None,
    deploy: Annotated[
        list[str] | None,
        typer.Option(metavar="TIME[=LABEL]", help="Something that was done, for the timeline; again for more."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Where the page goes.")] = Path(
        "investigation.html"
    ),
    title: Annotated[str, typer.Option(help="Heading of the page.")] = "",
    parser: Annotated[str, typer.Option(metavar="METHOD", help="What cuts lines into templates.")] = "drain",
    detector: Annotated[str, typer.Option(metavar="METHOD", help="What finds the unusual in series.")] = "robust_z",
    method: Annotated[
        str | None,
        typer.Option(
            metavar="METHOD", help="What ranks causes; by default page_rank with a graph, else robust_deviation."
        ),
    ] = None,
    seed: o.Seed = 0,
    json: JsonOption = None,
) -> None:
    """Find templates and their bursts, anomalies of series and ranked causes, and write them as a page in one file.

    The page has a timeline, what is suspect and why, the templates, and the CPU seconds of each step. It opens from
    disk, without a network. Exit codes: 0 ok, 2 usage or bad input.
    """
    from perfwise.cli.first_start import tell_of_parsers
    from perfwise.cli.json_files import check_place, write_json
    from perfwise.cli.terminal import errors, output
    from perfwise.telemetry.investigating import Place, investigated
    from perfwise.web.investigation import write_investigation

    check_place(json or "-")
    check_place(str(out))
    place = Place(logs, metrics, graph, at, target, tuple(_mark(each) for each in deploy or ()))
    method = method or ("robust_deviation" if graph is None else "page_rank")
    tell_of_parsers()
    with errors().status("investigating"):
        found = investigated(place, _methods(parser, detector, method), seed)
        write_investigation(found, out, title, [_command(logs, metrics, graph)])
    if json is not None:
        write_json(_document(found), json)
    if json != "-":
        _print(found, out, output())


def _methods(parser: str, detector: str, method: str) -> "Methods":
    from dataclasses import fields

    from perfwise.core.choosing import method_of
    from perfwise.telemetry.investigating import Methods
    from perfwise.telemetry.scanning.masks import typed_masks

    family = "perfwise.telemetry"
    cutter = method_of(f"{family}.parsers", parser)
    if any(each.name == "masks" for each in fields(cutter)) and not cutter.masks:
        cutter = method_of(f"{family}.parsers", parser, masks=typed_masks())
    return Methods(
        cutter,
        method_of(f"{family}.detectors", detector),
        method_of(f"{family}.causes", method),
        (detector, method),
    )


def _mark(text: str) -> "Mark":
    import math

    from perfwise.errors import InvalidOption
    from perfwise.telemetry.investigating import Mark
    from perfwise.telemetry.tables import seconds_of

    moment, _, label = text.partition("=")
    at_s = seconds_of(moment)
    if not math.isfinite(at_s):
        raise InvalidOption(f"--deploy: {moment!r} is neither seconds nor an ISO 8601 time; write TIME or TIME=LABEL")
    return Mark(at_s, label or "deploy")


def _command(logs: Path, metrics: Path, graph: Path | None) -> str:
    import shlex

    named = [logs, metrics, *([] if graph is None else [graph])]
    return f"perfwise telemetry investigate {shlex.join(each.name for each in named)}"


def _document(found: "Investigation") -> "dict[str, Json]":
    from dataclasses import asdict

    return {
        "begins_s": found.begins_s,
        "begins_given": found.begins_given,
        "suspects": [each.as_json() for each in found.suspects],
        "bursts": [asdict(each) for each in found.bursts],
        "anomalies": [{"series": name, **asdict(each)} for name, each in found.anomalies],
        "templates": [{"id": each.id, "text": each.text, "lines": each.lines} for each in found.rates.templates],
        "steps": [asdict(each) for each in found.steps],
        "cpu_s": sum(each.cpu_s for each in found.steps),
        "outcome": found.outcome.row(),
        "notes": list(found.notes),
    }


def _print(found: "Investigation", out: Path, console: "Console") -> None:
    from rich.text import Text

    from perfwise.cli.serving.render import print_caveats, print_facts
    from perfwise.cli.telemetry.rank import print_suspects
    from perfwise.cli.terminal import shown
    from perfwise.web.investigation import sentence

    console.print(Text(shown(sentence(found))), soft_wrap=True)
    console.print()
    print_suspects(found.suspects[:5], found.outcome, found.begins_s, console)
    console.print()
    print_facts({each.name: f"{each.cpu_s:.3g} CPU s, {each.what}" for each in found.steps}, console)
    print_caveats(found.notes, console)
    console.print(Text(f"\n{shown(str(out))}: {out.stat().st_size / 1e3:,.0f} kB"))
