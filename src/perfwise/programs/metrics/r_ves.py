"""R-VES: BIRD's reward-based valid efficiency score."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from perfwise.core.metric import Direction, Terms
from perfwise.core.outcome import Outcome
from perfwise.programs.metrics._samples import DEFAULT_COST, MeanOverTasks, label
from perfwise.programs.metrics._sql_ratios import mean_rewards

__all__ = ["RVes"]

_REWARDS = ((2.0, 1.25), (1.0, 1.0), (0.5, 0.75), (0.25, 0.5))  # from this ratio on


@dataclass(frozen=True)
class RVes(MeanOverTasks):
    """100 times the mean over all questions of sqrt(reward), by steps of gold cost / query's cost.

    The reward is 1.25 from a ratio of 2 on, 1 from 1, 0.75 from 0.5, 0.5 from 0.25, 0.25 below, and 0 where the query
    is wrong. So it lies between 0 and 112.

    Args:
        cost: name of the cost that is compared.

    Source: bird-bench/mini_dev, evaluation_ves.py.
    Differs: one exact count each in place of the mean ratio of 100 timings without outliers.
    """

    cost: str = DEFAULT_COST
    unit: ClassVar[str] = "score"
    direction: ClassVar[Direction] = "higher"

    @property
    def name(self) -> str:
        """`r_ves`."""
        return label("r_ves", self.cost)

    def terms(self, outcomes: Sequence[Outcome], references: Sequence[Outcome]) -> Terms:
        """Points by task."""
        return mean_rewards(outcomes, references, self.cost, _reward)


def _reward(ratio: float) -> float:
    return next((reward for least, reward in _REWARDS if ratio >= least), 0.25)
