"""Normalised cost: the samples' cost over the canonical solutions', as a ratio of sums."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from perfwise.core.metric import Direction, Terms
from perfwise.core.outcome import Outcome
from perfwise.programs.metrics._samples import (
    DEFAULT_COST,
    RatioOfSums,
    costs_by_task,
    finite,
    label,
    reference_costs,
)

__all__ = ["NormalisedCost"]


@dataclass(frozen=True)
class NormalisedCost(RatioOfSums):
    """Sum of the samples' costs over the sum of the canonical solutions' costs: the form that EffiBench prints.

    Every right sample is one pair with its task's canonical solution, the first reference in file order. With
    `cost="cpu_s"` this is the normalised execution time (NET), with `cost="peak_bytes"` the normalised peak memory
    (NMU). The dearest tasks decide it; `normalised_cost_by_task` weighs tasks alike.

    Args:
        cost: name of the cost that is compared.

    Source: Huang et al., EffiBench: Benchmarking the Efficiency of Automatically Generated Code, NeurIPS 2024,
        arXiv:2402.02037.
    Differs: EffiBench has one sample a task; here each right sample is a pair. Time integrals of memory (NTMU) need
        a memory log and are not offered.
    """

    cost: str = DEFAULT_COST
    unit: ClassVar[str] = "ratio"
    direction: ClassVar[Direction] = "lower"

    @property
    def name(self) -> str:
        """`normalised_cost`."""
        return label("normalised_cost", self.cost)

    def terms(self, outcomes: Sequence[Outcome], references: Sequence[Outcome]) -> Terms:
        """(sum of the samples' costs, sum of the canonical solution's cost) by task."""
        canonical = {task: costs[0] for task, costs in reference_costs(references, self.cost).items()}
        right = finite(costs_by_task(outcomes, self.cost))
        return {
            task: (math.fsum(right[task]), canonical[task] * len(right[task])) for task in right if task in canonical
        }
