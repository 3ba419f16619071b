"""VES: BIRD's valid efficiency score."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from perfwise.core.metric import Direction, Terms
from perfwise.core.outcome import Outcome
from perfwise.programs.metrics._samples import DEFAULT_COST, MeanOverTasks, label
from perfwise.programs.metrics._sql_ratios import mean_rewards

__all__ = ["Ves"]


@dataclass(frozen=True)
class Ves(MeanOverTasks):
    """100 times the mean over all questions of sqrt(cost of the gold query / cost of the query); 0 where it is wrong.

    Not bounded above: one query that is far cheaper than the gold one can outweigh many wrong ones. `r_ves` is bounded.

    Args:
        cost: name of the cost that is compared.

    Source: Li et al., NeurIPS 2023, arXiv:2305.03111; DAMO-ConvAI bird/llm/src/evaluation_ves.py.
    Differs: one exact count each in place of the mean ratio of ten timings without outliers; rows are fetched, which
        the published code leaves out of the time.
    """

    cost: str = DEFAULT_COST
    unit: ClassVar[str] = "score"
    direction: ClassVar[Direction] = "higher"

    @property
    def name(self) -> str:
        """`ves`."""
        return label("ves", self.cost)

    def terms(self, outcomes: Sequence[Outcome], references: Sequence[Outcome]) -> Terms:
        """Points by task."""
        return mean_rewards(outcomes, references, self.cost, lambda ratio: ratio)
