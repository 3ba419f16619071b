"""Candidate sets as points of mean quality and mean cost, over the tasks that all of them attempted."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from perfwise.core.metric import Terms
from perfwise.core.metrics._amounts import Priced
from perfwise.core.outcome import Outcome

__all__ = ["Points", "on_frontier"]

_Attempts = list[tuple[float, float]]  # quality and amount of each


@dataclass(frozen=True)
class Points(Priced):
    """A metric over several sets at once. `terms` holds quality and amount of each set, sets sorted by name.

    A task counts where every set has an attempt of known amount. What could not be judged has quality 0. An attempt of
    a set stands for any of its attempts: several of a task count by their mean.
    """

    def terms(self, outcomes: Sequence[Outcome], references: Sequence[Outcome]) -> Terms:  # noqa: ARG002
        """(quality, amount) of the first set, of the second, ..., by task."""
        found = self._by_task(outcomes)
        names = sorted({name for sets in found.values() for name in sets})
        return {
            task: tuple(fmean(column) for name in names for column in zip(*sets[name], strict=True))
            for task, sets in found.items()
            if len(sets) == len(names)
        }

    def sets(self, outcomes: Sequence[Outcome]) -> tuple[str, ...]:
        """Names in the order of the terms."""
        return tuple(sorted({one.candidate_set for one in outcomes if self.amount(one) is not None}))

    def _by_task(self, outcomes: Sequence[Outcome]) -> dict[str, dict[str, _Attempts]]:
        found: dict[str, dict[str, _Attempts]] = {}
        for outcome in outcomes:
            amount = self.amount(outcome)
            if amount is not None:
                sets = found.setdefault(outcome.task, {})
                sets.setdefault(outcome.candidate_set, []).append((outcome.quality or 0.0, amount))
        return found

    @staticmethod
    def means(terms: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean quality and mean amount: (..., tasks, 2 sets) -> two of (..., sets)."""
        over_tasks = terms.mean(axis=-2)
        return over_tasks[..., 0::2], over_tasks[..., 1::2]


def on_frontier(quality: NDArray[np.float64], amount: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether no other point has at least the quality at no more cost, and one of them better: (..., n) -> (..., n)."""
    q, other_q = quality[..., :, np.newaxis], quality[..., np.newaxis, :]
    c, other_c = amount[..., :, np.newaxis], amount[..., np.newaxis, :]
    beaten = (other_q >= q) & (other_c <= c) & ((other_q > q) | (other_c < c))
    return np.asarray(~beaten.any(axis=-1))
