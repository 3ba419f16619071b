"""What became of the tasks of a benchmark, as text and as data."""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from perfwise.cli.terminal import shown
from perfwise.programs.curating import FILTERS, Curated, Rules, survivors
from perfwise.programs.reading import Inputs

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["curated_data", "print_curated"]

_SHOWN = 10  # tasks that were dropped


def print_curated(results: Sequence[Curated], inputs: Inputs, console: "Console", place: str) -> None:
    """How many tasks are left after each filter, some that were dropped, where the rest is."""
    console.print(f"{len(results):>6} tasks with {len(inputs.candidates):,} solutions")
    for name, count in survivors(results).items():
        console.print(f"{count:>6} {FILTERS[name]}")
    dropped = [one for one in results if one.made is None]
    for one in dropped[:_SHOWN]:
        console.print(f"  {shown(one.task)} left out: {shown(one.why)}", style="dim", soft_wrap=True)
    if len(dropped) > _SHOWN:
        console.print(f"  ... and {len(dropped) - _SHOWN} more; --json has each with its reason", style="dim")
    if inputs.idle_tasks:
        console.print(f"{len(inputs.idle_tasks)} task(s) have no solution in the sets and were not looked at.")
    kept = len(results) - len(dropped)
    console.print(f"{kept} task(s) written to {place}." if kept else "No task survives; nothing was written.")


def curated_data(results: Sequence[Curated], rules: Rules) -> dict[str, Any]:
    """The results as plain data."""
    return {
        "rules": dataclasses.asdict(rules),
        "survivors": dict(survivors(results)),
        "tasks": [
            {
                "task": one.task,
                "dropped": one.dropped or None,
                "why": one.why or None,
                "solutions": one.solutions,
                "cheapest": one.cheapest,
                "clusters": one.clusters,
                "case": one.case,
                "scores": [reference.detail["score"] for reference in one.made.references] if one.made else [],
            }
            for one in results
        ],
    }
