"""The fitted growth of candidates, as a table."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from perfwise.cli.terminal import shown
from perfwise.programs.growth import CandidateGrowth

__all__ = ["print_growth"]

_MOST_ROWS = 60


def print_growth(found: Sequence[CandidateGrowth], console: Console) -> None:
    """One row a candidate; the rest beyond a screenful is in the JSON document."""
    table = Table(
        title="growth of the cost with the size n of the input", title_justify="left", box=None, pad_edge=False
    )
    for heading in ("task", "set", "candidate", "class", "exponent", "95 % interval", "sizes n", "error"):
        table.add_column(heading, justify="right" if heading in {"exponent", "error"} else "left")
    for one in found[:_MOST_ROWS]:
        table.add_row(shown(one.task), shown(one.candidate_set), shown(one.candidate), *_cells(one))
    console.print(table)
    if len(found) > _MOST_ROWS:
        console.print(f"{len(found) - _MOST_ROWS} more are in the document of --json", style="dim")


def _cells(one: CandidateGrowth) -> tuple[str, ...]:
    span = f"{len(one.sizes)}: {one.sizes[0]:,.0f} to {one.sizes[-1]:,.0f}" if one.sizes else "none"
    if one.fit is None:
        why = "no class fits" if len(one.sizes) >= 4 else "fewer than 4 sizes"
        return why, "", "", span, ""
    low, high = one.fit.exponent_interval
    return one.fit.notation, f"{one.fit.exponent:.2f}", f"{low:.2f} to {high:.2f}", span, f"{one.fit.error:.1%}"
