"""speedup: cost of the best known solutions over that of the right samples."""

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

__all__ = ["Speedup"]


@dataclass(frozen=True)
class Speedup(RatioOfSums):
    """Sum of the cheapest references' costs over the sum of the samples' costs, both over the same pairs.

    Every right sample of finite cost is one pair with its task's cheapest reference. A ratio of sums: the dearest
    tasks decide it. It says nothing about samples that are wrong; read it beside pass@k.

    Args:
        cost: name of the cost that is compared.

    Source: Peng et al., COFFE: A Code Efficiency Benchmark for Code Generation, FSE 2025, arXiv:2502.02827.
    """

    cost: str = DEFAULT_COST
    unit: ClassVar[str] = "ratio"
    direction: ClassVar[Direction] = "higher"

    @property
    def name(self) -> str:
        """`speedup`."""
        return label("speedup", self.cost)

    def terms(self, outcomes: Sequence[Outcome], references: Sequence[Outcome]) -> Terms:
        """(sum of the reference's cost, sum of the samples' costs) by task."""
        best = {task: min(costs) for task, costs in reference_costs(references, self.cost).items()}
        right = finite(costs_by_task(outcomes, self.cost))
        return {task: (best[task] * len(right[task]), math.fsum(right[task])) for task in right if task in best}
