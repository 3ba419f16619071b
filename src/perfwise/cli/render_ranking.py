"""A run's scores as tables, notes and a sentence."""

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from perfwise.cli.terminal import shown
from perfwise.core.metric import Result
from perfwise.programs.scoring import Scores

__all__ = ["amount", "print_scores"]

_WIDTH = 14  # of a column: four metrics beside the names in 80 columns
_PREFIXES = (
    (1e15, "P"),
    (1e12, "T"),
    (1e9, "G"),
    (1e6, "M"),
    (1e3, "k"),
    (1.0, ""),
    (1e-3, "m"),
    (1e-6, "µ"),
    (1e-9, "n"),
)
_PLAIN_UNITS = frozenset({"share", "ratio", "%", "score"})


def print_scores(scores: Scores, console: Console) -> None:
    """The ranking, what was saved, every caveat, and the verdict last, where the eye stays."""
    for table in _tables(scores, console.width):
        console.print(table)
        console.print()
    console.print(_saved(scores))
    if scores.failures:
        console.print(_failed(scores), soft_wrap=True)
    for caveat in scores.caveats:
        console.print(Text("caveat: ", style="yellow").append(shown(caveat), style="default"))
    if scores.comparison is not None:
        console.print(Text(f"\n{shown(scores.comparison.verdict)}", style="bold"))


def _tables(scores: Scores, width: int) -> Iterator[Table]:
    """As many metrics beside each other as fit, the rest below; a single set reads better from top to bottom."""
    if len(scores.sets) == 1:
        yield _single(*next(iter(scores.sets.items())))
        return
    columns = len(next(iter(scores.sets.values())))
    at_once = max(1, (width - _WIDTH) // (_WIDTH + 2))
    for start in range(0, columns, at_once):
        yield _table(scores, slice(start, start + at_once))


def _single(name: str, results: Sequence[Result]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column(Text(shown(name)), overflow="fold")
    for heading in ("value", "95 % interval", "tasks"):
        table.add_column(heading, justify="right")
    table.add_column("better")
    for result in results:
        value = "-" if result.value is None else amount(result.value, result.unit)
        table.add_row(Text(result.name), Text(value, style="bold"), _interval(result), str(result.n), result.direction)
    return table


def _table(scores: Scores, columns: slice) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("set", overflow="fold", max_width=_WIDTH)
    for result in next(iter(scores.sets.values()))[columns]:
        heading = Text(f"{_heading(result.name)}\n{result.direction} better")
        table.add_column(heading, justify="right", max_width=_WIDTH)
    for name in scores.ranking:
        table.add_row(Text(shown(name)), *(_cell(result) for result in scores.sets[name][columns]))
    return table


def _heading(metric: str) -> str:
    """The name in words, so that it can be broken, with its parameter on a line of its own."""
    name, bracket, parameter = metric.partition("(")
    return name.replace("_", " ") + (f"\n{bracket}{parameter}" if bracket else "")


def _cell(result: Result) -> Text:
    if result.value is None:
        return Text("-", style="dim")
    text = Text(amount(result.value, result.unit), style="bold")
    if interval := _interval(result):
        text.append(f"\n{interval}", style="dim")
    return text.append(f"\n{result.n} task{'' if result.n == 1 else 's'}\n", style="dim")


def _interval(result: Result) -> str:
    if result.low is None or result.high is None:
        return ""
    return f"{amount(result.low, result.unit)}\N{EN DASH}{amount(result.high, result.unit)}"


def amount(value: float, unit: str) -> str:
    """A number for people: three digits, and a prefix where the unit takes one.

    >>> amount(12_345_678, "instructions"), amount(0.0042, "s"), amount(0.5, "share")
    ('12.3 M', '4.20 ms', '0.500')
    """
    if unit == "%":
        return f"{value:.1f} %"
    if unit in _PLAIN_UNITS:
        return f"{value:.3f}" if abs(value) < 1000 else f"{value:,.0f}"
    size, prefix = next(((size, prefix) for size, prefix in _PREFIXES if abs(value) >= size), (1.0, ""))
    symbol = prefix + (unit if len(unit) < 4 else "")  # `instructions` stands in the heading
    return f"{_three_digits(value / size)} {symbol}".rstrip()


def _three_digits(value: float) -> str:
    digits = 2 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0
    return f"{value:.{digits}f}"


def _failed(scores: Scores) -> str:
    """How many failed, the most frequent kind first."""
    kinds = sorted(scores.failures.items(), key=lambda item: (-item[1], item[0]))
    return f"failed: {', '.join(f'{times:,} {kind}' for kind, times in kinds)}"


def _saved(scores: Scores) -> str:
    samples = f"{scores.samples:,} program{'' if scores.samples == 1 else 's'}"
    alike = "" if scores.behaviours == scores.distinct else f"; {scores.behaviours:,} different in what they answer"
    if scores.distinct == scores.samples:
        return f"{samples}, all distinct and run{alike}"
    return f"{samples}, {scores.distinct:,} distinct and run; the others are equal to one of these{alike}"
