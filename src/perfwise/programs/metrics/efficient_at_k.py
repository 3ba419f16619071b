"""efficient@k: how likely k attempts hold one that is right and cheaper than the best known solution."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from perfwise.core.metric import Direction, Terms
from perfwise.core.outcome import Outcome
from perfwise.programs.metrics._estimators import pass_at_k
from perfwise.programs.metrics._samples import (
    DEFAULT_COST,
    MeanOverTasks,
    costs_by_task,
    label,
    reference_costs,
    require,
)

__all__ = ["EfficientAtK"]


@dataclass(frozen=True)
class EfficientAtK(MeanOverTasks):
    """Chance that at least one of k samples is right and costs strictly less than the cheapest reference.

    pass@k with "efficient" in the place of "right"; a tie is not efficient, nor is a sample that a limit stopped.
    Tasks without a right reference of known cost are left out, and so are samples that are right at an unknown cost.

    Args:
        k: number of draws. A k above the scored samples of a task is not defined: InvalidMetric.
        cost: name of the cost that is compared.

    Source: Peng et al., COFFE: A Code Efficiency Benchmark for Code Generation, FSE 2025, arXiv:2502.02827.
    Differs: the published code lets every sample win where the reference itself could not be measured, and computes
        only k = 1 of one sample.
    """

    k: int = 1
    cost: str = DEFAULT_COST
    unit: ClassVar[str] = "share"
    direction: ClassVar[Direction] = "higher"

    def __post_init__(self) -> None:
        require(self.k >= 1, f"efficient@k needs k of at least 1, not {self.k}")

    @property
    def name(self) -> str:
        """E.g. `efficient@1`."""
        return label(f"efficient@{self.k}", self.cost)

    def terms(self, outcomes: Sequence[Outcome], references: Sequence[Outcome]) -> Terms:
        """Chance by task. Raises: InvalidMetric if a task has fewer than k scored samples."""
        best = {task: min(costs) for task, costs in reference_costs(references, self.cost).items()}
        terms = {}
        for task, costs in costs_by_task(outcomes, self.cost).items():
            if task in best:
                require(len(costs) >= self.k, f"{self.name} is not defined: {task} has only {len(costs)} sample(s)")
                terms[task] = (pass_at_k(len(costs), sum(cost < best[task] for cost in costs), self.k),)
        return terms
