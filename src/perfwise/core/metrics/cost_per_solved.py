"""Cost per solved item: what one success takes, failures included."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from perfwise.core.metric import Direction, Terms, ratio_of_sums
from perfwise.core.metrics._amounts import Priced
from perfwise.core.outcome import Outcome

__all__ = ["CostPerSolved"]


@dataclass(frozen=True)
class CostPerSolved(Priced):
    """Cost of all attempts over the number of those that succeeded.

    Failures are paid for as well, so a cheap set that seldom succeeds is dear. Attempts of unknown cost take no part,
    neither as cost nor as success. Not defined where nothing succeeded.

    Args:
        cost: name of the cost.
        prices: dollars for one unit of each cost, in place of one cost.

    Source: Erol et al., Cost-of-Pass: An Economic Framework for Evaluating Language Models, arXiv:2504.13359.
    Differs: over all tasks together, as a ratio of sums, so that a task that nothing solves is paid for by the others.
    """

    direction: ClassVar[Direction] = "lower"

    @property
    def name(self) -> str:
        """E.g. `cost_per_solved(gpu_s)`."""
        return self.named("cost_per_solved")

    @property
    def unit(self) -> str:
        """That of the amount."""
        return self.amount_unit

    def terms(self, outcomes: Sequence[Outcome], references: Sequence[Outcome]) -> Terms:  # noqa: ARG002
        """(amount of all attempts, number of successes) by task."""
        sums: dict[str, tuple[float, float]] = {}
        for outcome in outcomes:
            amount = self.amount(outcome)
            if amount is not None:
                before, solved = sums.get(outcome.task, (0.0, 0.0))
                sums[outcome.task] = (before + amount, solved + outcome.succeeded)
        return sums

    def combine(self, terms: NDArray[np.float64]) -> NDArray[np.float64]:
        """Ratio of the sums."""
        return ratio_of_sums(terms)
