"""Quality per cost: what a unit of cost buys."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from perfwise.core.metric import Direction, Terms, ratio_of_sums
from perfwise.core.metrics._amounts import Priced
from perfwise.core.outcome import Outcome

__all__ = ["QualityPerCost"]


@dataclass(frozen=True)
class QualityPerCost(Priced):
    """Sum of the qualities over the sum of the costs of all attempts of known cost.

    What could not be judged has quality 0. Where quality is 0 or 1 and nothing else fails, this is the reciprocal of
    `cost_per_solved`; graded qualities count by their size. A set may win by being cheap alone: read it beside quality.

    Args:
        cost: name of the cost.
        prices: dollars for one unit of each cost, in place of one cost.

    Source: the cost-effectiveness ratio turned over, Drummond et al., Methods for the Economic Evaluation of Health
        Care Programmes, 2015, ch. 5.
    """

    direction: ClassVar[Direction] = "higher"

    @property
    def name(self) -> str:
        """E.g. `quality_per_cost(gpu_s)`."""
        return self.named("quality_per_cost")

    @property
    def unit(self) -> str:
        """E.g. `quality/USD`."""
        return f"quality/{self.amount_unit}"

    def terms(self, outcomes: Sequence[Outcome], references: Sequence[Outcome]) -> Terms:  # noqa: ARG002
        """(sum of qualities, sum of amounts) by task."""
        sums: dict[str, tuple[float, float]] = {}
        for outcome in outcomes:
            amount = self.amount(outcome)
            if amount is not None:
                quality, before = sums.get(outcome.task, (0.0, 0.0))
                sums[outcome.task] = (quality + (outcome.quality or 0.0), before + amount)
        return sums

    def combine(self, terms: NDArray[np.float64]) -> NDArray[np.float64]:
        """Ratio of the sums."""
        return ratio_of_sums(terms)
