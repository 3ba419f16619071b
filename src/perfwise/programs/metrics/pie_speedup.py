"""PIE speedup: how much faster the best of n samples makes a program, at least 1."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from perfwise.core.metric import Direction, Terms
from perfwise.core.outcome import Outcome
from perfwise.programs.metrics._improvement import best_speedups
from perfwise.programs.metrics._samples import DEFAULT_COST, MeanOverTasks, label, require

__all__ = ["PieSpeedup"]


@dataclass(frozen=True)
class PieSpeedup(MeanOverTasks):
    """Mean over tasks of max(1, original's cost / least cost of the first n samples).

    The original is the task's first reference in file order. A wrong or slower sample counts as keeping the original:
    1.0. `speedup` is another metric, a ratio of sums over right samples only.

    Args:
        n: how many samples of a task count, the first in file order; tasks with fewer use what there is.
        cost: name of the cost that is compared.

    Source: Shypula et al., Learning Performance-Improving Code Edits, ICLR 2024, arXiv:2302.07867.
    Differs: programs without any sample are left out; the published code adds them back with 1.0.
    """

    n: int = 1
    cost: str = DEFAULT_COST
    unit: ClassVar[str] = "ratio"
    direction: ClassVar[Direction] = "higher"

    def __post_init__(self) -> None:
        require(self.n >= 1, f"PIE's speedup needs n of at least 1, not {self.n}")

    @property
    def name(self) -> str:
        """E.g. `pie_speedup best@8`."""
        return label(f"pie_speedup best@{self.n}", self.cost)

    def terms(self, outcomes: Sequence[Outcome], references: Sequence[Outcome]) -> Terms:
        """Speedup by task."""
        speedups = best_speedups(outcomes, references, self.cost, self.n)
        return {task: (speedup,) for task, speedup in speedups.items()}
