"""`perfwise serving trace`: what is in a trace before it is served."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from perfwise.cli.options import JsonOption
from perfwise.cli.serving import options as o

if TYPE_CHECKING:
    from rich.console import Console

    from perfwise.core.json import Json

__all__ = ["describe_trace"]


def describe_trace(
    requests: Annotated[Path, typer.Argument(help="A trace, in any format that is known; also zipped.")],
    *,
    trace_format: o.TraceForm = None,
    plots: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Draw arrivals, lengths and shared prefixes, as SVG.")
    ] = None,
    json: JsonOption = None,
) -> None:
    """Say what a trace asks for: requests, rate, burstiness, lengths, and how much of its prompts they share."""
    from perfwise.cli.json_files import check_place, write_json
    from perfwise.cli.terminal import output
    from perfwise.serving.reading import read_trace
    from perfwise.serving.trace_summary import trace_summary

    check_place(json or "-")
    trace = read_trace(requests, trace_format)
    summary = trace_summary(trace)
    if plots is not None:
        from perfwise.serving import plots as draw

        plots.mkdir(parents=True, exist_ok=True)
        draw.arrivals_over_time(trace, plots / "arrivals.svg")
        draw.length_distribution(trace, plots / "lengths.svg")
        if len(trace.prefixes):
            draw.prefix_sharing(trace, plots / "prefixes.svg")
    if json is not None:
        write_json(summary, json)
    if json != "-":
        _print(trace.id, summary, output())


def _print(name: str, summary: "Mapping[str, Json]", console: "Console") -> None:
    from rich import box
    from rich.table import Table

    from perfwise.cli.terminal import shown

    console.print(shown(name))
    for key, value in summary.items():
        if isinstance(value, int | float):
            console.print(f"  {key:<14}{value:,.4g}" if isinstance(value, float) else f"  {key:<14}{value:,}")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    names = ("mean", "p50", "p90", "p99", "max", "sum")
    for heading in ("tokens", *names):
        table.add_column(heading, justify="left" if heading == "tokens" else "right")
    for kind in ("prompt", "output"):
        part = summary[kind]
        if isinstance(part, Mapping):
            table.add_row(
                kind, *(f"{part[each]:,.0f}" if isinstance(part.get(each), int | float) else "-" for each in names)
            )
    console.print(table)
    prefix = summary["prefix"]
    if isinstance(prefix, Mapping) and prefix.get("hashes"):
        console.print(
            f"prefixes: {prefix['hashes']:,} different hashes; an endless prefix cache would have "
            f"{prefix['reuse_share']:.1%} of the prompt tokens"
        )
    notes = summary["notes"]
    for note in notes if isinstance(notes, list) else []:
        console.print(f"note: {shown(str(note))}", soft_wrap=True)
