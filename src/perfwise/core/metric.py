"""`Metric`: outcomes -> `Result`, a number with a unit, a direction and an interval over tasks.

A metric is split in two, so that one bootstrap and one paired comparison serve all: `terms` gives a few numbers
for each task, `combine` turns the terms of many tasks into the value. A mean over tasks has one term and combines by
the mean; a ratio of sums has two and combines by sum(first) / sum(second).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from perfwise.core.outcome import Outcome
from perfwise.errors import InvalidMetric
from perfwise.kit.stats import bootstrap, proportion_interval

__all__ = ["Direction", "Metric", "Result", "Terms", "difference", "evaluate", "mean_of_terms", "ratio_of_sums"]

Direction = Literal["higher", "lower"]
Terms = Mapping[str, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Result:
    """A metric's value.

    Args:
        name: of the metric with its parameter, e.g. `pass@10`.
        value: None where no task could be scored.
        low, high: 95 % interval over tasks, None where there are fewer than two.
        unit: e.g. `share`, `ratio`, `%`.
        n: tasks that took part.
        direction: which way is better.
        note: what a reader must know, empty if nothing.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    unit: str
    n: int
    direction: Direction
    note: str = ""


class Metric(Protocol):
    """A number over the outcomes of one set of candidates. A method is one file; parameters are frozen fields."""

    @property
    def name(self) -> str:
        """With its parameter, e.g. `pass@10`."""

    @property
    def unit(self) -> str:
        """Of the value."""

    @property
    def direction(self) -> Direction:
        """Which way is better."""

    def terms(self, outcomes: Sequence[Outcome], references: Sequence[Outcome]) -> Terms:
        """Numbers by task id, the same count for each; tasks that cannot be scored are left out.

        Args:
            outcomes: of one set, any number a task, any order.
            references: outcomes of the suite's own solutions (set `@reference`), possibly none.
        """

    def combine(self, terms: NDArray[np.float64]) -> NDArray[np.float64]:
        """(..., tasks, terms a task) -> (...): the value over the tasks."""


def mean_of_terms(terms: NDArray[np.float64]) -> NDArray[np.float64]:
    """Combine by the mean of the first term: (..., tasks, >=1) -> (...)."""
    return np.asarray(terms[..., 0].mean(axis=-1))


def ratio_of_sums(terms: NDArray[np.float64]) -> NDArray[np.float64]:
    """Combine by sum(first) / sum(second): (..., tasks, >=2) -> (...). NaN where the second sum is 0."""
    sums = terms.sum(axis=-2)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(sums[..., 1] > 0, sums[..., 0] / sums[..., 1], np.nan)


def evaluate(
    metric: Metric, outcomes: Sequence[Outcome], references: Sequence[Outcome] = (), *, seed: int = 0
) -> Result:
    """The metric's value with its 95 % interval over tasks: Wilson's where each is 0 or 1, else by bootstrap.

    Tasks are sorted by id first, so that the order of the outcomes never moves the interval.
    """
    terms = metric.terms(outcomes, references)
    if not terms:
        return Result(metric.name, None, None, None, metric.unit, 0, metric.direction, "no task could be scored")
    rows = np.array([terms[task] for task in sorted(terms)], dtype=np.float64)
    return _result(metric, rows, metric.name, seed)


def difference(
    metric: Metric,
    first: Sequence[Outcome],
    second: Sequence[Outcome],
    references: Sequence[Outcome] = (),
    *,
    seed: int = 0,
) -> Result:
    """Second minus first on the tasks that both have, paired: each bootstrap draw takes the same tasks on both sides.

    Raises: InvalidMetric if no task is scored on both sides.
    """
    a, b = metric.terms(first, references), metric.terms(second, references)
    common = sorted(a.keys() & b.keys())
    if not common:
        raise InvalidMetric(f"{metric.name}: no task is scored on both sides")
    rows = np.array([[*a[task], *b[task]] for task in common], dtype=np.float64)
    width = len(a[common[0]])
    paired = _Paired(metric, width)
    return _result(paired, rows, metric.name, seed)


@dataclass(frozen=True, slots=True)
class _Paired:
    metric: Metric
    width: int

    @property
    def unit(self) -> str:
        return self.metric.unit

    @property
    def direction(self) -> Direction:
        return self.metric.direction

    def combine(self, terms: NDArray[np.float64]) -> NDArray[np.float64]:
        first = self.metric.combine(terms[..., : self.width])
        second = self.metric.combine(terms[..., self.width :])
        return np.asarray(second - first)


def _result(metric: "Metric | _Paired", rows: NDArray[np.float64], name: str, seed: int) -> Result:
    value = float(metric.combine(rows))
    if not np.isfinite(value):
        return Result(name, None, None, None, metric.unit, len(rows), metric.direction, "undefined on these tasks")
    if isinstance(metric, _Paired) or not _is_proportion(metric, rows, value):
        interval = bootstrap(rows, metric.combine, seed=seed)
    else:
        interval = proportion_interval(value, len(rows)) if len(rows) > 1 else None
    low, high = interval if interval is not None else (None, None)
    note = "" if interval is not None else "an interval needs at least two tasks"
    return Result(name, value, low, high, metric.unit, len(rows), metric.direction, note)


def _is_proportion(metric: Metric, rows: NDArray[np.float64], value: float) -> bool:
    """Whether the value is the share of tasks that are 1, as pass@1 of one sample a task is."""
    first = rows[:, 0]
    return metric.unit == "share" and bool(np.isin(first, (0.0, 1.0)).all()) and math.isclose(value, first.mean())
