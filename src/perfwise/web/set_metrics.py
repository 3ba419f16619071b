"""What a set of candidates achieves and takes, as metrics, so that each has the interval that all metrics have."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from perfwise.core.cost import unit_of
from perfwise.core.metric import Direction, Terms, mean_of_terms
from perfwise.core.metrics.cost_per_solved import CostPerSolved
from perfwise.core.outcome import Outcome

__all__ = ["MeanAmount", "MeanQuality", "TypicalCost", "priced"]


def priced(outcome: Outcome, cost: str) -> bool:
    """A success of known cost; 0 is below what a meter can tell."""
    return outcome.succeeded and outcome.cost.get(cost, 0) > 0


@dataclass(frozen=True)
class MeanQuality:
    """Mean over tasks of the mean quality; what could not be judged counts as 0."""

    name: ClassVar[str] = "quality"
    unit: ClassVar[str] = "share"
    direction: ClassVar[Direction] = "higher"
    combine = staticmethod(mean_of_terms)

    def terms(self, outcomes: Sequence[Outcome], references: Sequence[Outcome]) -> Terms:  # noqa: ARG002
        """Mean quality by task."""
        by_task: dict[str, list[float]] = {}
        for outcome in outcomes:
            by_task.setdefault(outcome.task, []).append(outcome.quality or 0.0)
        return {task: (sum(values) / len(values),) for task, values in by_task.items()}


@dataclass(frozen=True)
class TypicalCost:
    """Geometric mean over tasks of the geometric mean cost of the successes."""

    cost: str
    tasks: frozenset[str]
    direction: ClassVar[Direction] = "lower"

    @property
    def name(self) -> str:
        """That of the cost."""
        return self.cost

    @property
    def unit(self) -> str:
        """That of the cost."""
        return unit_of(self.cost)

    def terms(self, outcomes: Sequence[Outcome], references: Sequence[Outcome]) -> Terms:  # noqa: ARG002
        """Mean logarithm of the cost of the successes by task."""
        logs: dict[str, list[float]] = {}
        for outcome in outcomes:
            if outcome.task in self.tasks and priced(outcome, self.cost):
                logs.setdefault(outcome.task, []).append(math.log(outcome.cost[self.cost]))
        return {task: (sum(values) / len(values),) for task, values in logs.items()}

    def combine(self, terms: NDArray[np.float64]) -> NDArray[np.float64]:
        """exp(mean of logarithms)."""
        return np.asarray(np.exp(terms[..., 0].mean(axis=-1)))


@dataclass(frozen=True)
class MeanAmount:
    """Mean over tasks of the mean amount of an attempt."""

    priced: CostPerSolved
    tasks: frozenset[str]
    direction: ClassVar[Direction] = "lower"
    combine = staticmethod(mean_of_terms)

    @property
    def name(self) -> str:
        """E.g. `mean(gpu_s)`."""
        return self.priced.named("mean")

    @property
    def unit(self) -> str:
        """That of the amount."""
        return self.priced.amount_unit

    def terms(self, outcomes: Sequence[Outcome], references: Sequence[Outcome]) -> Terms:  # noqa: ARG002
        """Mean amount by task."""
        by_task: dict[str, list[float]] = {}
        for outcome in outcomes:
            amount = self.priced.amount(outcome)
            if amount is not None and outcome.task in self.tasks:
                by_task.setdefault(outcome.task, []).append(amount)
        return {task: (sum(values) / len(values),) for task, values in by_task.items()}
