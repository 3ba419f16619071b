"""One candidate in full: its source, what failed, and the cost of every case."""

from functools import cache

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from perfwise.cli.render_ranking import amount
from perfwise.cli.terminal import shown
from perfwise.core.cost import unit_of
from perfwise.core.family import Family
from perfwise.core.outcome import Outcome
from perfwise.programs.contracts import Meter, cases_of

__all__ = ["print_candidate"]

_LONGEST = 2000  # characters of an input or answer
_MOST_CASES = 60


def print_candidate(outcome: Outcome, source: str, console: Console) -> None:
    """Print it.

    Args:
        outcome: of one candidate.
        source: its program.
        console: where to.
    """
    console.print(
        Text(shown(f"\n{outcome.task}, {outcome.candidate_set}, candidate {outcome.candidate}"), style="bold")
    )
    console.print(Text(shown(source.rstrip())), soft_wrap=True)
    console.print()
    _print_result(outcome, console)
    _print_cases(outcome, _case_cost(outcome.provenance.meter), console)
    for caveat in outcome.caveats:
        console.print(Text("caveat: ", style="yellow").append(shown(caveat), style="default"))


def _print_result(outcome: Outcome, console: Console) -> None:
    result = "right" if outcome.succeeded else f"failed: {outcome.failure}" if outcome.failure else "not judged"
    _print_field("result", result, console)
    wrong = outcome.detail.get("wrong")
    if isinstance(wrong, dict):
        for label, name in (("input", "input"), ("expected", "expected"), ("got", "got"), ("message", "message")):
            if wrong.get(name):
                _print_field(label, str(wrong[name]), console)
    for name, value in outcome.cost.items():
        _print_field(name, f"{value:,.10g}", console)


def _print_field(label: str, text: str, console: Console) -> None:
    cut = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text):,} characters)"
    console.print(Text(f"{label}: ", style="cyan").append(shown(cut), style="default"), soft_wrap=True)


@cache
def _case_cost(meter: str) -> str:
    """Name of the cost that a meter counts; a fallback's is another than that of the run."""
    made: Meter = Family("perfwise.programs.meters").get(meter)()
    return made.cost_name


def _print_cases(outcome: Outcome, cost: str, console: Console) -> None:
    cases = cases_of(outcome)
    if not cases:
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("case", "level", "kind", "verdict", cost):
        table.add_column(heading, justify="right" if heading in {"case", "level", cost} else "left")
    whole = unit_of(cost) == "instructions"
    for place, case in enumerate(cases[:_MOST_CASES]):
        known = "-" if case.cost is None else f"{case.cost:,.0f}" if whole else amount(case.cost, unit_of(cost))
        table.add_row(str(place), str(case.level), "stress" if case.stress else "test", case.verdict, known)
    console.print(table)
    if len(cases) > _MOST_CASES:
        console.print(f"{len(cases) - _MOST_CASES} more cases are in the JSON document")
