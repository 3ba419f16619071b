"""Where the cost goes, as tables and as plain data."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from perfwise.cli.terminal import shown
from perfwise.programs.explain import Change, Explanation, LineCost, changes

__all__ = ["explanation_data", "print_explanations"]

_MOST_FUNCTIONS, _MOST_LINES = 15, 8
_SMALL = 0.001  # of the cost: functions below are left out of the table
_BAR = 10
_WIDE = 100  # characters of a screen with room for bars
_NARROWEST = 20  # characters of source
_MANY = 300  # visits from which a sample is an estimate


def explanation_data(explained: Sequence[Explanation]) -> dict[str, Any]:
    """One document: the explanations, and the changes where there are two."""
    data: dict[str, Any] = {
        "format": 1,
        "explanations": [
            {name: value for name, value in dataclasses.asdict(one).items() if name != "stacks"} for one in explained
        ],
    }
    if len(explained) == 2:
        data["changes"] = [
            {**dataclasses.asdict(one), "share": None if math.isnan(one.share) else one.share}
            for one in changes(*explained)
        ]
    return data


def print_explanations(explained: Sequence[Explanation], console: Console, *, every_line: bool = False) -> None:
    """Print one, or two with their difference.

    Args:
        explained: one or two.
        console: where to.
        every_line: the whole source instead of the dearest lines.
    """
    if len(explained) == 2:
        _print_difference(explained[0], explained[1], console)
    for one in explained:
        _print_explanation(one, console, every_line=every_line)


def _print_explanation(one: Explanation, console: Console, *, every_line: bool) -> None:
    console.print(Text(shown(f"\n{one.task}, {one.label}: {one.cost:,.0f} instructions"), style="bold"))
    calls = "1 call" if one.calls == 1 else f"{one.calls:,} calls"
    console.print(
        Text(
            f"in {calls}, counted without probes. The run with probes took {one.probes_ratio:.1f} times as many; "
            f"without their own part it came to {one.seen_ratio:.1%} of the count, and its parts are scaled to it."
        ),
        style="dim",
    )
    for caveat in one.caveats:
        console.print(Text("caveat: ", style="yellow").append(shown(caveat), style="default"))
    _print_functions(one, console)
    _print_lines(one, console, every_line=every_line)


def _print_functions(one: Explanation, console: Console) -> None:
    table = _table(("own", "share", "with callees", "calls", "function", "where"), 4)
    rows = [row for row in one.functions if max(row.own, row.total) >= _SMALL * one.cost][:_MOST_FUNCTIONS]
    for row in rows:
        share = row.own / one.cost
        table.add_row(
            f"{row.own:,.0f}", f"{share:.1%}", f"{row.total:,.0f}", f"{row.calls:,}", shown(row.name), row.place
        )
    console.print(table)
    left = one.functions[len(rows) :] if len(rows) < len(one.functions) else ()
    if left:
        own = one.cost - sum(row.own for row in rows)
        console.print(f"{len(left)} more, {max(own, 0) / one.cost:.1%} of the cost together", style="dim")


def _print_lines(one: Explanation, console: Console, *, every_line: bool) -> None:
    by_number: dict[int, list[LineCost]] = {}
    for row in one.lines:
        by_number.setdefault(row.line, []).append(row)
    texts = one.source.split("\n")
    if every_line:
        numbers = list(range(1, len(one.source.rstrip().split("\n")) + 1))
    else:
        own = {number: sum(row.own for row in rows) for number, rows in by_number.items()}
        dearest = sorted(own, key=lambda number: (-own[number], number))[:_MOST_LINES]
        numbers = [number for number in dearest if own[number] >= _SMALL * one.cost]
    headings = ("line", "visits", "own", "share", "with callees", "")[: 6 if console.width >= _WIDE else 5]
    amounts = [(str(number), *_amounts(by_number.get(number, []), one))[: len(headings)] for number in numbers]
    used = sum(max(map(len, column)) + 3 for column in zip(headings, *amounts, strict=True))
    left = max(console.width - used - 2, _NARROWEST)  # the numbers come first where it is narrow
    table = _table((*headings, "source"), 5)
    for number, each in zip(numbers, amounts, strict=True):
        text = shown(texts[number - 1].expandtabs(4).rstrip()) if number <= len(texts) else ""
        table.add_row(*each, text if len(text) <= left else f"{text[: left - 1]}…")
    console.print(table)


def _amounts(rows: Sequence[LineCost], one: Explanation) -> tuple[str, ...]:
    """Of one line; it has several rows where functions are defined inside it."""
    if not rows:
        return ("", "", "", "", "")
    own, visits = sum(row.own for row in rows), sum(row.visits for row in rows)
    total = max(own, *(row.total for row in rows))
    about = "~" if one.sampled and visits >= _MANY else ""
    share = f"{own / one.cost:.1%}"
    return (
        f"{about}{visits:,}" if visits else "",
        f"{own:,.0f}",
        share,
        f"{total:,.0f}",
        "█" * round(_BAR * own / one.cost),
    )


def _print_difference(first: Explanation, second: Explanation, console: Console) -> None:
    whole = second.cost - first.cost
    ratio = f", {second.cost / first.cost:,.3g} times" if first.cost else ""
    console.print(Text(shown(f"\n{first.task}: {second.label} against {first.label}"), style="bold"))
    console.print(f"{second.cost:,.0f} instructions against {first.cost:,.0f}: {whole:+,.0f}{ratio}")
    table = _table((shown(first.label), shown(second.label), "difference", "share"), 4)
    table.add_column("function", overflow="fold")
    rows = changes(first, second)
    kept = [row for row in rows if abs(row.difference) >= _SMALL * max(abs(whole), 1)][:_MOST_FUNCTIONS]
    for row in kept:
        table.add_row(*_changed(row))
    console.print(table)


def _changed(row: Change) -> tuple[str, ...]:
    name = row.name if row.module == "program" else f"{row.name} ({row.module})"
    share = "" if math.isnan(row.share) else f"{row.share:.0%}"
    amounts = (f"{amount:,.0f}" if amount else "-" for amount in (row.first, row.second))
    return (*amounts, f"{row.difference:+,.0f}", share, shown(name))


def _table(headings: Sequence[str], numbers: int) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for place, heading in enumerate(headings):
        table.add_column(
            heading,
            justify="right" if place < numbers else "left",
            no_wrap=place < numbers or heading in {"", "source"},
        )
    return table
