"""What became of the tasks of a benchmark, as text and as data."""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from perfwise.cli.terminal import shown
from perfwise.programs.curating import FILTERS, Curated, Rules, survivors
from perfwise.programs.harvesting import Harvest
from perfwise.programs.reading import Inputs

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["curated_data", "harvest_data", "print_curated", "print_harvest"]

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


def print_harvest(found: Harvest, console: "Console", place: str) -> None:
    """The tasks that were made, what was left out and why, where they are."""
    for one in found.made:
        console.print(f"  {shown(one.function)}: {one.tests} test(s)", soft_wrap=True)
    for other in found.left_out:
        console.print(f"  {shown(other.what)} left out: {shown(other.why)}", style="dim", soft_wrap=True)
    kept = f"{len(found.made)} task(s) written to {place}." if found.made else "No function gives a task."
    console.print(f"{found.tests} test(s) looked at. {kept}")


def harvest_data(found: Harvest) -> dict[str, Any]:
    """The same as plain data."""
    return {
        "tests": found.tests,
        "made": [{"name": one.name, "function": one.function, "tests": one.tests} for one in found.made],
        "left_out": [dataclasses.asdict(one) for one in found.left_out],
    }
