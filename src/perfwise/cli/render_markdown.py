"""A comparison as a comment for a pull request, in GitHub's Markdown."""

import html
import re
from collections.abc import Iterator

from perfwise.cli.render_comparison import STANDINGS, STATUSES, counts, most_different, notes, ratio_cell
from perfwise.cli.render_ranking import amount
from perfwise.cli.terminal import shown
from perfwise.core.compare import Comparison
from perfwise.core.cost import unit_of
from perfwise.core.gate import Verdict

__all__ = ["comment", "escaped"]

_MARK = "<!-- perfwise compare -->"  # by which a workflow finds its earlier comment
_MOST_TASKS = 10
_MOST_CAVEATS = 20
_SIGNS = {
    "pass": "\N{WHITE HEAVY CHECK MARK}",
    "fail": "\N{CROSS MARK}",
    "undecided": "\N{WHITE QUESTION MARK ORNAMENT}",
}
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;", "|": "&#124;"}
_MARKS = re.compile(r"([\\`*_{}\[\]#~!$])")


def comment(comparison: Comparison, gate: Verdict | None = None) -> str:
    """Verdict, gate, the tasks that differ most, caveats. Names cannot break the table, link, mention or hide text."""
    heading = f"### perfwise: {escaped(comparison.second)} beside {escaped(comparison.first)}"
    parts = [_MARK, heading, f"**{escaped(comparison.verdict)}**"]
    if gate is not None:
        parts.append("\n".join(_gate(gate)))
    parts.append(f"{escaped(counts(comparison))}.")
    if comparison.tasks:
        parts.append("\n".join(_tasks(comparison)))
    if told := [*notes(comparison), *comparison.caveats]:
        parts.append("\n".join(_listed(told)))
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    r"""The text as it is, whatever Markdown or HTML it looks like, on one line.

    >>> print(escaped("<b>|_a_ https://x"))
    &lt;b&gt;&#124;\_a\_ https&#58;//x
    """
    plain = " ".join(shown(text).split())
    marked = _MARKS.sub(r"\\\1", plain)
    safe = "".join(_ENTITIES.get(character, character) for character in marked)
    return safe.replace("://", "&#58;//").replace("www.", "www&#46;")


def _gate(gate: Verdict) -> Iterator[str]:
    yield f"{_SIGNS[gate.status]} **{escaped(gate.sentence)}.**\n"
    yield "| | rule | found |\n|---|---|---|"
    for result in gate.results:
        state = f"{_SIGNS[result.status]} {STATUSES[result.status]}"
        yield f"| {state} | {escaped(result.rule.label)} | {escaped(result.why)} |"


def _tasks(comparison: Comparison) -> Iterator[str]:
    unit = unit_of(comparison.cost)
    tasks = most_different(comparison, _MOST_TASKS)
    what = "task" if len(tasks) == 1 else f"{len(tasks)} tasks that differ most"
    yield f"<details><summary>{html.escape(shown(comparison.cost))} of the {what}</summary>\n"
    yield f"| task | {escaped(comparison.first)} | {escaped(comparison.second)} | ratio | second is |"
    yield "|---|--:|--:|--:|---|"
    for task in tasks:
        costs = f"{amount(task.first_cost, unit)} | {amount(task.second_cost, unit)}"
        yield f"| {escaped(task.task)} | {costs} | {ratio_cell(task)} | {STANDINGS[task.standing]} |"
    yield "\n</details>"


def _listed(told: list[str]) -> Iterator[str]:
    for one in told[:_MOST_CAVEATS]:
        yield f"- {escaped(one)}"
    if len(told) > _MOST_CAVEATS:
        yield f"- and {len(told) - _MOST_CAVEATS} more caveats"
