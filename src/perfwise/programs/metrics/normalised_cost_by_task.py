"""Normalised cost by task: the samples' cost over the canonical solution's, as a mean of ratios."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import ClassVar

from perfwise.core.metric import Direction, Terms
from perfwise.core.outcome import Outcome
from perfwise.programs.metrics._samples import (
    DEFAULT_COST,
    MeanOverTasks,
    costs_by_task,
    finite,
    label,
    reference_costs,
)

__all__ = ["NormalisedCostByTask"]


@dataclass(frozen=True)
class NormalisedCostByTask(MeanOverTasks):
    """Mean over tasks of the samples' mean cost over the canonical solution's: the form EffiBench collects by task.

    The canonical solution is the first reference in file order; only right samples count. Every task weighs alike, so
    that one task with an extreme ratio can decide it; `normalised_cost` is the ratio of sums.

    Args:
        cost: name of the cost that is compared.

    Source: Huang et al., EffiBench: Benchmarking the Efficiency of Automatically Generated Code, NeurIPS 2024,
        arXiv:2402.02037.
    Differs: EffiBench has one sample a task; here the right samples of a task are averaged first.
    """

    cost: str = DEFAULT_COST
    unit: ClassVar[str] = "ratio"
    direction: ClassVar[Direction] = "lower"

    @property
    def name(self) -> str:
        """`normalised_cost_by_task`."""
        return label("normalised_cost_by_task", self.cost)

    def terms(self, outcomes: Sequence[Outcome], references: Sequence[Outcome]) -> Terms:
        """Ratio by task."""
        canonical = {task: costs[0] for task, costs in reference_costs(references, self.cost).items()}
        right = finite(costs_by_task(outcomes, self.cost))
        return {task: (fmean(right[task]) / canonical[task],) for task in right if task in canonical}
