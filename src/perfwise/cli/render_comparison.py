"""A comparison as a table of its tasks and a sentence."""

import math

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from perfwise.cli.render_ranking import amount
from perfwise.cli.terminal import shown
from perfwise.core.compare import Comparison
from perfwise.core.cost import unit_of

__all__ = ["print_comparison"]

_MOST_TASKS = 20


def print_comparison(comparison: Comparison, console: Console) -> None:
    """The tasks that differ most, counts, caveats, and the verdict last."""
    if comparison.tasks:
        console.print(_table(comparison))
    if (hidden := len(comparison.tasks) - _MOST_TASKS) > 0:
        console.print(f"{hidden} more tasks differ less")
    second = shown(comparison.second)
    counts = f"cheaper on {comparison.better}, dearer on {comparison.worse}, tied on {comparison.tied}"
    console.print(f"{second} is {counts} of {comparison.common_tasks} common tasks", soft_wrap=True)
    for caveat in comparison.caveats:
        console.print(Text("caveat: ", style="yellow").append(shown(caveat), style="default"))
    console.print(Text(f"\n{shown(comparison.verdict)}", style="bold"))


def _table(comparison: Comparison) -> Table:
    unit = unit_of(comparison.cost)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=comparison.cost, title_justify="left", title_style="")
    table.add_column("task", overflow="fold")
    for heading in (comparison.first, comparison.second, "ratio"):
        table.add_column(Text(shown(heading)), justify="right", overflow="fold")
    table.add_column("second is")
    tasks = sorted(comparison.tasks, key=lambda task: -abs(math.log(task.ratio)))
    for task in tasks[:_MOST_TASKS]:
        standing = {"better": "cheaper", "worse": "dearer", "tied": "tied"}[task.standing]
        costs = (amount(task.first_cost, unit), amount(task.second_cost, unit))
        table.add_row(Text(shown(task.task)), *costs, f"{task.ratio:.3g}", standing)
    return table
