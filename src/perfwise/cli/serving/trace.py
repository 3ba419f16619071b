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

_STATISTICS = ("mean", "p50", "p90", "p99", "max", "sum")


def describe_trace(
    requests: Annotated[Path, typer.Argument(metavar="FILE", help="A trace in any known format; also .gz.")],
    *,
    trace_format: o.TraceForm = None,
    plots: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Draw arrivals, lengths and shared prefixes, as SVG.")
    ] = None,
    json: JsonOption = None,
) -> None:
    """Say what a trace asks for: requests, rate, burstiness, lengths, and how much of its prompts they share."""
    from perfwise.cli.json_files import check_place, write_json
    from perfwise.cli.serving.places import check_places
    from perfwise.cli.terminal import output
    from perfwise.serving.reading import read_trace
    from perfwise.serving.trace_summary import trace_summary

    check_place(json or "-")
    check_places([Path(json)] if json not in (None, "-") else [], [requests], plots)
    trace = read_trace(requests, trace_format)
    summary = trace_summary(trace)
    if plots is not None:
        from perfwise.serving import plots as draw

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
    from rich.text import Text

    from perfwise.cli.serving.amounts import digits
    from perfwise.cli.serving.render import part, print_facts
    from perfwise.cli.terminal import shown

    console.print(Text(shown(name)))
    print_facts(_facts(summary), console)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("tokens")
    for heading in _STATISTICS:
        table.add_column(heading, justify="right")
    for kind in ("prompt", "output"):
        table.add_row(kind, *(digits(part(summary, kind).get(each)) for each in _STATISTICS))
    console.print(table)
    notes = summary["notes"]
    for note in notes if isinstance(notes, list) else []:
        console.print(Text(f"note: {shown(str(note))}"))


def _facts(summary: "Mapping[str, Json]") -> dict[str, str]:
    from perfwise.cli.serving.amounts import digits, percent, time
    from perfwise.cli.serving.render import part

    facts = {"requests": f"{summary['requests']:,} in {time(summary['duration_s'])}"}
    if summary["rate_per_s"] is not None:
        facts["rate"] = f"{digits(summary['rate_per_s'])} requests/s"
        facts["burstiness"] = f"{digits(summary['burstiness'])} (1 as if by chance, more in bursts)"
    if summary["conversations"]:
        facts["conversations"] = f"{summary['conversations']:,}, with {summary['later_turns']:,} later turns"
    prefix = part(summary, "prefix")
    if prefix.get("hashes"):
        facts["prefixes"] = (
            f"{prefix['hashes']:,} different hashes; an endless cache would have {percent(prefix['reuse_share'])} of "
            "the prompt tokens"
        )
    return facts
