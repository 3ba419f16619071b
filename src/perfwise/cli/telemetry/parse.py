"""`perfwise telemetry parse`: logs to templates, as they come."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from perfwise.cli.options import JsonOption
from perfwise.cli.telemetry import options as o

if TYPE_CHECKING:
    from perfwise.core.json import Json
    from perfwise.telemetry.parsing import Summary

__all__ = ["parse_logs"]


def parse_logs(  # noqa: PLR0913 - one parameter an option
    logs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="LOG...", help="Files, patterns such as 'logs/*.gz', or - for standard input; .gz, .zst."
        ),
    ] = None,
    *,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a row a line: .jsonl, .csv, .parquet or .duckdb.")
    ] = None,
    templates: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write every version of every template: .jsonl or .csv.")
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Keep what is learnt and how far the inputs are; gone on from if it is there."
        ),
    ] = None,
    drain: Annotated[
        str, typer.Option(metavar="PARAMETERS", help="Of the parser, e.g. 'sim_th=0.5,depth=5,max_clusters=10000'.")
    ] = "",
    header: o.HeaderFormat = None,
    masks: o.MaskFile = None,
    reader: Annotated[
        str | None, typer.Option(metavar="METHOD", help="Format of the input; by default it is recognised.")
    ] = None,
    match_only: Annotated[
        bool, typer.Option("--match-only", help="Look templates of --state up; learn nothing.")
    ] = False,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Wait for the last file to grow, until Ctrl-C.")
    ] = False,
    threads: Annotated[int, typer.Option(min=1, help="That mask and hash; ids do not depend on it.")] = 1,
    top: Annotated[int, typer.Option(min=0, help="Show so many of the most frequent templates.")] = 10,
    json: JsonOption = None,
) -> None:
    """Parse logs into templates and values, in one pass and bounded memory.

    Ends with a line of summary: lines, templates, CPU seconds, lines a second. A run that is killed goes on from its
    --state where that was last saved, and writes no row twice. Exit codes: 0 ok, 2 usage or bad input.
    """
    from perfwise.cli.first_start import tell_of_parsers
    from perfwise.cli.json_files import check_place, write_json
    from perfwise.cli.serving.places import check_places
    from perfwise.cli.terminal import errors
    from perfwise.core.choosing import method_of
    from perfwise.errors import InvalidOption
    from perfwise.telemetry.headers import Header
    from perfwise.telemetry.parsing import Parsing, Places
    from perfwise.telemetry.scanning.masks import chosen_masks
    from perfwise.telemetry.streams import expanded

    check_place(json or "-")
    names = expanded(logs or ["-"])
    check_places((out, templates), (Path(name) for name in names if name != "-"))
    if match_only and (state is None or not state.exists()):
        raise InvalidOption("--match-only looks templates up in --state FILE, which has to be there")
    if follow and (len(names) > 1 or names == ["-"]):
        raise InvalidOption("--follow waits for one file")
    parser = method_of("perfwise.telemetry.parsers", f"drain:{drain}", masks=chosen_masks(masks), threads=threads)
    tell_of_parsers()
    with errors().status("parsing") as status:
        parsing = Parsing(
            parser,
            header=Header.named(header) if header else None,
            reader=reader,
            match_only=match_only,
            follow=(lambda: True) if follow else None,
            progress=lambda lines: status.update(f"parsing: {lines:,} lines"),
        )
        try:
            summary = parsing.run(names, Places(out, templates, state))
        except KeyboardInterrupt:
            if not follow:
                raise
            summary = parsing.summary
    if json is not None:
        write_json(_document(summary), json)
    if json != "-":
        _print(summary, top)


def _document(summary: "Summary") -> "Mapping[str, Json]":
    return {
        "lines": summary.lines,
        "bytes": summary.bytes,
        "cpu_s": summary.cpu_s,
        "lines_per_cpu_s": summary.lines / summary.cpu_s if summary.cpu_s else None,
        "templates": summary.clusters,
        "evicted": summary.evicted,
        "without_header": summary.without_header,
        "unmatched": summary.unmatched,
        "unsplit": summary.unsplit,
        "broken": summary.broken,
        "backwards": summary.backwards,
        "faults": [str(fault) for fault in summary.faults],
        "fault_count": summary.fault_count,
        "headers": dict(summary.headers),
        "by_template": [
            {"template_id": each, "lines": count, "text": summary.templates.get(each, "")}
            for each, count in sorted(summary.counts.items(), key=lambda item: (-item[1], item[0]))
        ],
    }


def _print(summary: "Summary", top: int) -> None:
    from rich.text import Text

    from perfwise.cli.terminal import output, shown

    console = output()
    ranked = sorted(summary.counts.items(), key=lambda item: (-item[1], item[0]))
    for each, count in ranked[:top]:
        text = shown(summary.templates.get(each, ""))
        console.print(Text(f"{count:>10,}  {each:>5}  ").append(text), no_wrap=True, overflow="ellipsis")
    if len(ranked) > top:
        console.print(Text(f"{'':>10}  ... and {len(ranked) - top:,} more templates"))
    told = {
        "have no such header": summary.without_header,
        "fit no template": summary.unmatched,
        "were too long and cut": summary.broken,
        "come before the one above them": summary.backwards,
        "could not be cut into values and are kept whole": summary.unsplit,
    }
    for what, count in told.items():
        if count:
            console.print(Text(f"note: {count:,} lines {what}"))
    if summary.fault_count:
        console.print(
            Text(f"note: {summary.fault_count:,} entries could not be read, the first: {shown(str(summary.faults[0]))}")
        )
    if summary.evicted:
        console.print(Text(f"note: {summary.evicted:,} templates had to go, as memory is bounded"))
    rate = f", {summary.lines / summary.cpu_s:,.0f} lines/s" if summary.cpu_s else ""
    console.print(
        Text(f"{summary.lines:,} lines, {summary.clusters:,} templates, {summary.cpu_s:.2f} CPU s{rate}"),
        soft_wrap=True,
    )
