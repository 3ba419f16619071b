"""A comparison as a table of its tasks, what was left out or is doubtful, the gate, and a sentence."""

import math
from collections.abc import Iterator

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from perfwise.cli.render_ranking import amount
from perfwise.cli.terminal import shown
from perfwise.core.compare import Comparison, TaskComparison, ratio_text
from perfwise.core.cost import unit_of
from perfwise.core.gate import RuleResult, Verdict

__all__ = ["STANDINGS", "STATUSES", "counts", "most_different", "notes", "print_comparison", "ratio_cell"]

STANDINGS = {"better": "cheaper", "worse": "dearer", "tied": "tied"}
STATUSES = {"pass": "kept", "fail": "broken", "undecided": "undecided"}
_COLOURS = {"pass": "green", "fail": "red", "undecided": "yellow"}
_MOST_TASKS = 20


def print_comparison(comparison: Comparison, console: Console, gate: Verdict | None = None) -> None:
    """The tasks that differ most, counts, caveats, the gate, and the verdict last."""
    if comparison.tasks:
        console.print(_table(comparison))
    if (hidden := len(comparison.tasks) - _MOST_TASKS) > 0:
        console.print(f"{hidden} more tasks differ less")
    console.print(shown(counts(comparison)), soft_wrap=True)
    for note in notes(comparison):
        console.print(Text("note: ", style="cyan").append(shown(note), style="default"))
    for caveat in comparison.caveats:
        console.print(Text("caveat: ", style="yellow").append(shown(caveat), style="default"))
    if gate is not None:
        console.print()
        for result in gate.results:
            console.print(_rule(result))
        for label in gate.skipped:
            console.print(Text(f"{'not asked':<10}{shown(label)}: for other sets", style="dim"))
        console.print(Text(f"{gate.sentence}.", style="bold"))
    console.print(Text(f"\n{shown(comparison.verdict)}", style="bold"))


def counts(comparison: Comparison) -> str:
    """How many tasks went which way."""
    told = f"cheaper on {comparison.better}, dearer on {comparison.worse}, tied on {comparison.tied}"
    return f"{comparison.second} is {told} of {comparison.common_tasks} common tasks"


def notes(comparison: Comparison) -> Iterator[str]:
    """What a reader must know of the numbers."""
    if comparison.other_costs:
        yield f"{comparison.cost} is compared; both sides also have {', '.join(comparison.other_costs)} (--cost NAME)"
    if any(task.p is not None for task in comparison.tasks):
        yield "tasks are cheaper or dearer at a false discovery rate of 5 % (Welch's test, Benjamini-Hochberg)"
    yield from comparison.doubts


def most_different(comparison: Comparison, most: int) -> list[TaskComparison]:
    """The tasks with the greatest ratios either way first."""
    return sorted(comparison.tasks, key=lambda task: -abs(math.log(task.ratio)))[:most]


def ratio_cell(task: TaskComparison) -> str:
    """The ratio, with its interval where there is one."""
    if task.low is None or task.high is None:
        return ratio_text(task.ratio)
    return f"{ratio_text(task.ratio)} ({ratio_text(task.low)}\N{EN DASH}{ratio_text(task.high)})"


def _table(comparison: Comparison) -> Table:
    unit = unit_of(comparison.cost)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=comparison.cost, title_justify="left", title_style="")
    table.add_column("task", overflow="fold")
    for heading in (comparison.first, comparison.second, "ratio"):
        table.add_column(Text(shown(heading)), justify="right", overflow="fold")
    table.add_column("second is")
    for task in most_different(comparison, _MOST_TASKS):
        costs = (amount(task.first_cost, unit), amount(task.second_cost, unit))
        table.add_row(Text(shown(task.task)), *costs, ratio_cell(task), STANDINGS[task.standing])
    return table


def _rule(result: RuleResult) -> Text:
    text = Text(f"{STATUSES[result.status]:<10}", style=_COLOURS[result.status])
    return text.append(f"{shown(result.rule.label)}: {shown(result.why)}", style="default")
