"""What a search for inputs found, as a table and as data."""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from perfwise.cli.terminal import shown
from perfwise.programs.stress import Search
from perfwise.programs.stressing import Attempt

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["print_attempts", "stress_data"]

_SHOWN = 90  # characters of an expression


def print_attempts(attempts: Sequence[Attempt], console: "Console", place: str) -> None:
    """A table of tasks, then each kept input of the first few, then where they are."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("task")
    for name in ("right", "spread before", "after", "clusters before", "after", "inputs"):
        table.add_column(name, justify="right")
    for one in attempts:
        if one.stressed is not None:
            before, after = one.stressed.before, one.stressed.after
            table.add_row(
                shown(one.task.id),
                str(len(before.costs)),
                _spread(before.spread),
                _spread(after.spread),
                str(before.clusters),
                str(after.clusters),
                str(len(one.stressed.found)) if one.stressed.found else "none better",
            )
    if table.row_count:
        console.print(table)
    _print_found(attempts, console)
    for one in attempts:
        if one.problem:
            console.print(f"{shown(one.problem)}", soft_wrap=True)
        for name, reason in one.stressed.left_out if one.stressed else ():
            console.print(f"{shown(one.task.id)}: {shown(name)} is left out: {shown(reason)}", soft_wrap=True)
    found = [one.stressed for one in attempts if one.stressed and one.stressed.found]
    if alone := sum(len(one.after.costs) < 2 for one in found):
        console.print(
            f"{alone} task(s) have one right program alone: its dearest inputs were kept, which tell nothing apart;"
            " name more programs.",
            soft_wrap=True,
        )
    changed = len(found)
    where = f" written to {place}" if place else " put into their task files" if changed else ""
    console.print(
        f"{changed - alone} of {len(attempts)} task(s) separate better than before{';' if where else ''}{where}."
    )


def _print_found(attempts: Sequence[Attempt], console: "Console") -> None:
    few = [one for one in attempts if one.stressed and one.stressed.found]
    for one in few if len(few) <= 3 else ():
        for found in one.stressed.found if one.stressed else ():
            text = found.expression if len(found.expression) <= _SHOWN else found.expression[:_SHOWN] + "..."
            cost = f"{max(found.costs):,.0f}" + (f" to {min(found.costs):,.0f}" if len(found.costs) > 1 else "")
            console.print(f"  {shown(text)}  [seed {found.seed}]: {cost} instructions", soft_wrap=True)


def _spread(value: float | None) -> str:
    return "-" if value is None else f"{value:,.2f}"


def stress_data(attempts: Sequence[Attempt], search: Search) -> dict[str, Any]:
    """The attempts as plain data."""
    return {
        "search": dataclasses.asdict(search),
        "tasks": [
            {
                "task": one.task.id,
                "problem": one.problem or None,
                "before": dataclasses.asdict(one.stressed.before) if one.stressed else None,
                "after": dataclasses.asdict(one.stressed.after) if one.stressed else None,
                "found": [dataclasses.asdict(found) for found in one.stressed.found] if one.stressed else [],
                "left_out": [list(each) for each in one.stressed.left_out] if one.stressed else [],
            }
            for one in attempts
        ],
    }
