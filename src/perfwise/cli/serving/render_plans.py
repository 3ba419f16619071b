"""Several plans for one trace as a table, one row a plan."""

from collections.abc import Iterable, Iterator, Sequence
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
        unit: empty for counts.
        factor: from the values' unit to the one that is shown.
    """

    quantity: str
    what: str
    values: list[Json]
    unit: str = ""
    factor: float = 1.0

    @property
    def heading(self) -> str:
        return f"{self.quantity}\n{self.what} {self.unit}".rstrip()

    def cell(self, row: int) -> str:
        value = self.values[row]
        return digits(value * self.factor if self.unit else value) if isinstance(value, int | float) else "-"


def print_plans(outcomes: Sequence[Outcome], console: Console) -> None:
    """A row for each plan that served the trace, in the order given; the others below, with their reason."""
    served = [outcome for outcome in outcomes if summary_of(outcome)]
    if served:
        columns = list(_columns(served))
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
        table.add_column("\nplan", min_width=8, overflow="fold")
        for column in columns:
            table.add_column(column.heading, justify="right", no_wrap=True)
        for row, outcome in enumerate(served):
            table.add_row(Text(shown(outcome.candidate_set)), *(column.cell(row) for column in columns))
        console.print(table)
    for outcome in outcomes:
        if outcome not in served and outcome.failure is not None:
            why = f"{outcome.failure.message} [{outcome.failure.kind}]"
            console.print(Text(f"{shown(outcome.candidate_set)} cannot serve it: {shown(why)}"))


def _columns(outcomes: Sequence[Outcome]) -> Iterator[_Column]:
    """What tells these plans apart, and no column of zeros."""
    numbers = [summary_of(outcome) for outcome in outcomes]
    if any(part(each, "goodput") for each in numbers):
        yield _Column("in time", "", [outcome.quality for outcome in outcomes], "%", 100.0)
    for name, key, statistics in (
        ("TTFT", "ttft_s", ("p50", "p99")),
        ("TPOT", "tpot_as_asked_s", ("p50", "p99")),
        ("E2E", "e2e_s", ("p50",)),
    ):
        times = {statistic: [part(each, key).get(statistic) for each in numbers] for statistic in statistics}
        unit = _unit(times.values())
        yield from (_Column(name, statistic, values, *unit) for statistic, values in times.items())
    evicted = [part(each, "replicas").get("preemptions") for each in numbers]
    if any(evicted):
        yield _Column("pre-", "empted", evicted)
    hits = [part(each, "prefix_cache").get("hit_share") for each in numbers]
    if any(hits):
        yield _Column("hits", "", hits, "%", 100.0)
    prices = [outcome.cost.get("price_usd") for outcome in outcomes]
    if any(price is not None for price in prices):
        yield _Column("cost", "USD", [*prices])
    else:
        yield _Column("cost", "GPU s", [outcome.cost.get("gpu_s") for outcome in outcomes])


def _unit(times_s: Iterable[list[Json]]) -> tuple[str, float]:
    """One unit for all times of a quantity, so that they can be compared at a glance, and its factor from seconds."""
    known = [value for values in times_s for value in values if isinstance(value, int | float)]
    return ("s", 1.0) if known and min(known) >= 1 else ("ms", 1000.0)
