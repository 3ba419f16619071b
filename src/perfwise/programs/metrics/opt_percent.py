"""%Opt: the share of programs that the best of n samples makes noticeably faster."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from perfwise.core.metric import Direction, Terms
from perfwise.core.outcome import Outcome
from perfwise.programs.metrics._improvement import best_speedups
from perfwise.programs.metrics._samples import DEFAULT_COST, MeanOverTasks, label, require

__all__ = ["OptPercent"]


@dataclass(frozen=True)
class OptPercent(MeanOverTasks):
    """Per cent of tasks whose best of the first n samples is right and at least `threshold` times faster.

    The program to be improved is the task's first reference in file order. A task without a right sample counts as
    not improved.

    Args:
        n: how many samples of a task count, the first in file order; tasks with fewer use what there is.
        threshold: least speedup that counts, above 1; 1.10 as published, further ones there 1.25 to 10.
        cost: name of the cost that is compared.

    Source: Shypula et al., Learning Performance-Improving Code Edits, ICLR 2024, arXiv:2302.07867.
    Differs: programs without any sample are left out; the published code adds them back as not improved.
    """

    n: int = 1
    threshold: float = 1.10
    cost: str = DEFAULT_COST
    unit: ClassVar[str] = "%"
    direction: ClassVar[Direction] = "higher"

    def __post_init__(self) -> None:
        require(self.n >= 1, f"%Opt needs n of at least 1, not {self.n}")
        require(self.threshold > 1, f"%Opt needs a threshold above 1, not {self.threshold}")

    @property
    def name(self) -> str:
        """E.g. `%Opt@1.1 best@8`."""
        return label(f"%Opt@{self.threshold:g} best@{self.n}", self.cost)

    def terms(self, outcomes: Sequence[Outcome], references: Sequence[Outcome]) -> Terms:
        """100 or 0 by task."""
        speedups = best_speedups(outcomes, references, self.cost, self.n)
        return {task: (100.0 * (speedup >= self.threshold),) for task, speedup in speedups.items()}
