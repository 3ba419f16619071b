"""`perfwise telemetry drift`: what changed between two windows of a log."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from perfwise.cli.options import JsonOption
from perfwise.cli.telemetry import options as o

if TYPE_CHECKING:
    from perfwise.telemetry.drift import Drift
    from perfwise.telemetry.lines import Lines

__all__ = ["compare_windows"]


def compare_windows(  # noqa: PLR0913 - one parameter an option
    before: Annotated[Path, typer.Argument(metavar="BEFORE", help="The first window: a log, plain or compressed.")],
    after: Annotated[Path, typer.Argument(metavar="AFTER", help="The second window.")],
    *,
    drain: Annotated[str, typer.Option(metavar="PARAMETERS", help="Of the parser, e.g. 'sim_th=0.5,depth=5'.")] = "",
    header: o.HeaderFormat = None,
    masks: o.MaskFile = None,
    ratio: Annotated[float, typer.Option(min=1, help="A burst has at least so many times its share of lines.")] = 3.0,
    fail_on: Annotated[
        str,
        typer.Option(metavar="KINDS", help="End with 1 if there are any: new, vanished, burst, changed, by commas."),
    ] = "",
    json: JsonOption = None,
) -> None:
    """Say which templates are new, vanished, bursting or changed in the second of two windows.

    Exit codes: 0 ok, 1 a change of a kind that --fail-on names, 2 usage or bad input.
    """
    from dataclasses import asdict

    from perfwise.cli.json_files import check_place, write_json
    from perfwise.core.choosing import method_of
    from perfwise.errors import InvalidOption
    from perfwise.telemetry.drift import KINDS, drift_of
    from perfwise.telemetry.scanning.masks import chosen_masks

    check_place(json or "-")
    wanted = {kind for kind in fail_on.split(",") if kind}
    if unknown := sorted(wanted - set(KINDS)):
        raise InvalidOption(f"there is no kind of change {', '.join(unknown)}; there are {', '.join(KINDS)}")
    parser = method_of("perfwise.telemetry.parsers", f"drain:{drain}", masks=chosen_masks(masks))
    found = drift_of(_contents(before, header), _contents(after, header), parser, ratio=ratio)
    if json is not None:
        changes = [asdict(change) | {"ratio": None if change.before == 0 else change.ratio} for change in found.changes]
        write_json({"before_lines": found.before_lines, "after_lines": found.after_lines, "changes": changes}, json)
    if json != "-":
        _print(found)
    if any(change.kind in wanted for change in found.changes):
        raise typer.Exit(1)


def _contents(path: Path, header: str | None) -> "Lines":
    from perfwise.telemetry.headers import Header, guessed_header
    from perfwise.telemetry.lines import Lines
    from perfwise.telemetry.streams import opened, reader_for

    with opened(str(path)) as stream:
        reader, looked_at = reader_for(str(path), stream)
        blocks = [entries.lines for entries in reader.entries(looked_at)]
    lines = Lines.of(line for block in blocks for line in block)
    return (Header.named(header) if header else guessed_header(lines)).cut(lines)[0]


def _print(found: "Drift") -> None:
    from rich.text import Text

    from perfwise.cli.terminal import output, shown

    console = output()
    for change in found.changes:
        console.print(
            Text(f"{change.kind:>8}  {change.before:>7,} -> {change.after:<7,} ").append(shown(change.template)),
            no_wrap=True,
            overflow="ellipsis",
        )
        if change.was:
            console.print(Text(f"{'was':>8}  {'':>18} {shown(change.was)}"), no_wrap=True, overflow="ellipsis")
    console.print(
        Text(f"{found.before_lines:,} lines before, {found.after_lines:,} after, {len(found.changes):,} changes"),
        soft_wrap=True,
    )
