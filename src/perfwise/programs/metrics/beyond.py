"""Beyond: where a sample stands between the dearest and the cheapest known solution."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import ClassVar

from perfwise.core.metric import Direction, Terms
from perfwise.core.outcome import Outcome
from perfwise.programs.metrics._distribution import Spread, spreads
from perfwise.programs.metrics._samples import DEFAULT_COST, MeanOverTasks, costs_by_task, label

__all__ = ["Beyond"]


@dataclass(frozen=True)
class Beyond(MeanOverTasks):
    """Mean over tasks and samples of (max - clip(cost, min, max)) / (max - min); the paper's form.

    min and max are those of the task's right references, so a task needs two that differ: pass the outcomes of earlier
    solutions as references. A wrong sample scores 0. The value does not depend on the cost's unit.

    Args:
        cost: name of the cost that is compared.

    Source: Du et al., Mercury: A Code Efficiency Benchmark for Code Large Language Models, NeurIPS 2024,
        arXiv:2402.07844.
    """

    cost: str = DEFAULT_COST
    unit: ClassVar[str] = "share"
    direction: ClassVar[Direction] = "higher"
    among_known_solutions: ClassVar[bool] = True

    @property
    def name(self) -> str:
        """`beyond`."""
        return label("beyond", self.cost)

    def terms(self, outcomes: Sequence[Outcome], references: Sequence[Outcome]) -> Terms:
        """Mean score by task."""
        known = spreads(references, self.cost)
        samples = costs_by_task(outcomes, self.cost)
        return {
            task: (fmean(_score(cost, known[task]) for cost in costs),)
            for task, costs in samples.items()
            if task in known
        }


def _score(cost: float, spread: Spread) -> float:
    return (spread.greatest - min(max(cost, spread.least), spread.greatest)) / spread.width
