"""Several plans for one trace as a table, one row a plan."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from perfwise.cli.serving.amounts import digits
from perfwise.cli.serving.render import part, summary_of
from perfwise.cli.terminal import shown
from perfwise.core.json import Json
from perfwise.core.outcome import Outcome

__all__ = ["print_plans"]


@dataclass(frozen=True, slots=True)
class _Column:
    """A heading and a number for each plan that served the trace.

    Args:
        quantity, what: the heading's two lines; the unit comes behind the second.
        values: None is not known.
        unit: `s` becomes ms where the least value is below a second, so that a column has one unit.
    """

    quantity: str
    what: str
    values: list[Json]
    unit: str = ""

    @property
    def factor(self) -> float:
        known = [value for value in self.values if isinstance(value, int | float)]
        return {"s": 1000.0 if known and min(known) < 1 else 1.0, "%": 100.0}.get(self.unit, 1.0)

    @property
    def heading(self) -> str:
        unit = "ms" if self.unit == "s" and self.factor != 1 else self.unit
        return f"{self.quantity}\n{self.what} {unit}".rstrip()

    def cell(self, row: int) -> str:
        value = self.values[row]
        return digits(value * self.factor if self.unit else value) if isinstance(value, int | float) else "-"


def print_plans(outcomes: Sequence[Outcome], console: Console) -> None:
    """A row for each plan that served the trace, in the order given; the others below, with their reason."""
    served = [outcome for outcome in outcomes if summary_of(outcome)]
    if served:
        columns = list(_columns(served))
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
        table.add_column("\nplan", min_width=8)
        for column in columns:
            table.add_column(column.heading, justify="right", no_wrap=True)
        for row, outcome in enumerate(served):
            table.add_row(Text(shown(outcome.candidate_set)), *(column.cell(row) for column in columns))
        console.print(table)
    for outcome in outcomes:
        if outcome not in served and outcome.failure is not None:
            console.print(Text(f"{shown(outcome.candidate_set)} cannot serve it: {shown(outcome.failure.message)}"))


def _columns(outcomes: Sequence[Outcome]) -> Iterator[_Column]:
    """What tells these plans apart, and no column of zeros."""
    numbers = [summary_of(outcome) for outcome in outcomes]
    if any(part(each, "goodput") for each in numbers):
        yield _Column("in time", "", [outcome.quality for outcome in outcomes], "%")
    for name, key, statistics in (
        ("TTFT", "ttft_s", ("p50", "p99")),
        ("TPOT", "tpot_as_asked_s", ("p50", "p99")),
        ("E2E", "e2e_s", ("p50",)),
    ):
        for statistic in statistics:
            yield _Column(name, statistic, [part(each, key).get(statistic) for each in numbers], "s")
    evicted = [part(each, "replicas").get("preemptions") for each in numbers]
    if any(evicted):
        yield _Column("pre-", "empted", evicted)
    hits = [part(each, "prefix_cache").get("hit_share") for each in numbers]
    if any(hits):
        yield _Column("hits", "", hits, "%")
    prices = [outcome.cost.get("price_usd") for outcome in outcomes]
    if any(price is not None for price in prices):
        yield _Column("cost", "USD", [*prices])
    else:
        yield _Column("cost", "GPU s", [outcome.cost.get("gpu_s") for outcome in outcomes])
