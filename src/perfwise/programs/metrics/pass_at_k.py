"""pass@k: how likely k attempts hold a right one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from perfwise.core.metric import Direction, Terms
from perfwise.core.outcome import Outcome
from perfwise.programs.metrics._estimators import pass_at_k
from perfwise.programs.metrics._samples import MeanOverTasks, by_task, require

__all__ = ["PassAtK"]


@dataclass(frozen=True)
class PassAtK(MeanOverTasks):
    """Chance that at least one of k samples is right; unbiased, the mean over tasks.

    1 - C(n-c, k) / C(n, k) for n samples of which c are right. An outcome that could not be judged is not right.

    Args:
        k: number of draws. A k above the samples of any task is not defined: InvalidMetric, since to leave that
            task out would move the mean.

    Source: Chen et al., Evaluating Large Language Models Trained on Code, 2021, arXiv:2107.03374.
    """

    k: int = 1
    unit: ClassVar[str] = "share"
    direction: ClassVar[Direction] = "higher"

    def __post_init__(self) -> None:
        require(self.k >= 1, f"pass@k needs k of at least 1, not {self.k}")

    @property
    def name(self) -> str:
        """E.g. `pass@10`."""
        return f"pass@{self.k}"

    def terms(self, outcomes: Sequence[Outcome], references: Sequence[Outcome]) -> Terms:  # noqa: ARG002
        """Chance by task. Raises: InvalidMetric if a task has fewer than k samples."""
        terms = {}
        for task, group in by_task(outcomes).items():
            require(len(group) >= self.k, f"{self.name} is not defined: {task} has only {len(group)} sample(s)")
            terms[task] = (pass_at_k(len(group), sum(outcome.quality == 1.0 for outcome in group), self.k),)
        return terms
