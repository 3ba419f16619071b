"""Improvements and selections as text for a terminal."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from perfwise.cli.terminal import shown

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["print_improvement", "print_improvements", "print_selections"]

_LINES = 8  # of each program in the table of lines
_REFUSED = 12


def print_improvement(data: Mapping[str, Any], console: "Console", *, applied: bool) -> None:
    """One program: the sentence, the steps, the diff, the counts, and what was refused."""
    console.print(_sentence(data))
    for step in data["steps"]:
        _print_step(step, console)
    if data["diff"]:
        console.print()
        _print_diff(data["diff"], console)
        _print_counts(data, console)
        _print_lines(data, console)
    _print_refused(data["refused"], console)
    for caveat in data["caveats"]:
        console.print(f"Note: {shown(str(caveat))}", style="yellow")
    told = f"{data['candidates']} candidate(s) tried; {shown(str(data['stopped']))}."
    if data["tokens"]:
        told += f" {data['tokens']:,.0f} tokens were spent."
    console.print(told, style="dim")
    if applied:
        console.print(f"Written into {shown(str(data['name']))}.")


def _sentence(data: Mapping[str, Any]) -> str:
    name = shown(str(data["name"]))
    if not data["improved"]:
        return f"{name}: nothing that was verified is cheaper by what was asked for ({data['candidates']} tried)."
    least = "at least " if data["at_least"] else ""
    told = f"{name}: {least}{data['ratio']:.3g} times cheaper, {_amount(data['before'])} -> {_amount(data['after'])} "
    told += f"{data['cost_name'].replace('_', ' ')}. Verified up to: {data['level']}, on {data['tried']:,} inputs"
    if data["tests"]:
        told += f" ({shown(str(data['tests']))}; mutated, larger)"
    return told + (f"; {data['unknown']:,} unknown, as the original did not finish them." if data["unknown"] else ".")


def _print_step(step: Mapping[str, Any], console: "Console") -> None:
    ratio = f"{step['ratio']:.3g} x" if step["ratio"] else "unknown"
    tier = f", tier {step['tier']}" if step["tier"] else ""
    console.print(f"  {shown(str(step['origin']))}{tier}: {ratio}; {shown(str(step['reason']))}", style="cyan")


def _print_diff(diff: str, console: "Console") -> None:
    for line in diff.splitlines():
        style = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
        console.print(shown(line), style=style if not line.startswith(("+++", "---")) else "bold", soft_wrap=True)


def _print_counts(data: Mapping[str, Any], console: "Console") -> None:
    from rich.table import Table

    table = Table(
        "input", "before", "after", "times cheaper", title=f"\n{data['cost_name']}", box=None, title_justify="left"
    )
    for at, row in enumerate(data["inputs"], start=1):
        before, after = row["before"], row["after"]
        times = f"{before / after:.3g}" if before and after else "unknown"
        table.add_row(str(at), _amount(before), _amount(after), times)
    console.print(table)
    before, after = data["peak_bytes"]
    if before and after:
        console.print(f"Peak memory: {before:,.0f} -> {after:,.0f} bytes.")
    if data["growth"] and all(data["growth"]):
        first, second = data["growth"]
        console.print(f"Growth with the size of the input, estimated: {first} -> {second}.")


def _print_lines(data: Mapping[str, Any], console: "Console") -> None:
    from rich.table import Table

    for title, lines in zip(("before", "after"), data["lines"], strict=False):
        if not lines:
            continue
        whole = sum(line["own"] for line in lines) or 1.0
        dear = sorted(lines, key=lambda line: -line["own"])[:_LINES]
        table = Table(
            "line", "share", "count", "text", title=f"\nDearest lines {title}", box=None, title_justify="left"
        )
        for line in sorted(dear, key=lambda line: line["line"]):
            text = shown(str(line["text"]).rstrip())
            table.add_row(str(line["line"]), f"{line['own'] / whole:.1%}", f"{line['own']:,.0f}", text)
        console.print(table)


def _print_refused(refused: Sequence[Mapping[str, Any]], console: "Console") -> None:
    rows = [one for one in refused if one["finding"] != "repeated"]
    if not rows:
        return
    console.print("\nTried and refused:")
    for one in rows[:_REFUSED]:
        console.print(f"  {shown(str(one['origin']))}: {shown(str(one['why']))}", style="dim", soft_wrap=True)
    if len(rows) > _REFUSED:
        console.print(f"  and {len(rows) - _REFUSED} more", style="dim")


def print_improvements(document: Mapping[str, Any], console: "Console") -> None:
    """Many programs: a row each, and a sentence."""
    from rich.table import Table

    programs, refused = document["programs"], document["refused"]
    table = Table("program", "before", "after", "times cheaper", "steps", box=None)
    for one in programs:
        times = f"{'>= ' if one['at_least'] else ''}{one['ratio']:.3g}" if one["improved"] else "-"
        steps = ", ".join(str(step["origin"]) for step in one["steps"])
        table.add_row(shown(str(one["name"])), _amount(one["before"]), _amount(one["after"]), times, shown(steps))
    console.print(table)
    for one in refused:
        console.print(f"{shown(one['name'])}: {shown(one['message'])} [{one['code']}]", style="yellow", soft_wrap=True)
    better = sum(one["improved"] for one in programs)
    console.print(f"{better} of {len(programs)} programs are cheaper; {len(refused)} could not be improved.")


def print_selections(rows: Sequence[Mapping[str, Any]], console: "Console") -> None:
    """The chosen sample of each task."""
    from rich.table import Table

    table = Table("task", "chosen", "count", "samples", "passing", "alike", "measured", box=None)
    for one in rows:
        alike = f"{one['clusters'][0]} of {sum(one['clusters'])}" if one["clusters"] else "-"
        cells = (one["task"], one["chosen"] or "-", _amount(one["cost"]), one["samples"], one["passing"], alike)
        table.add_row(*(shown(str(cell)) for cell in cells), str(one["measured"]))
    console.print(table)


def _amount(value: float | None) -> str:
    return "not finished" if value is None else f"{value:,.0f}"
