"""DPS: the share of known solutions that a right sample is at least as efficient as."""

from collections.abc import Sequence
from dataclasses import dataclass

from perfwise.programs.metrics._clusters import DifferentialScore, Reference
from perfwise.programs.metrics._samples import label

__all__ = ["DPS"]


@dataclass(frozen=True)
class DPS(DifferentialScore):
    """Differential performance score: per cent of known solutions that the right samples do not exceed in cost.

    Known solutions of a task stand in clusters of like cost, each represented by its slowest member. A sample matches
    the fastest representative that it does not exceed and scores the per cent of solutions in that cluster and all
    slower ones; slower than all, or stopped by a limit: 0. Mean over the first right samples of a task, then over
    tasks.

    References whose outcome detail holds a `score` are used as shipped. Otherwise the references and the right samples
    are clustered here: sets scored apart then have different yardsticks, so to compare sets pass the outcomes of all
    of them as references (an outcome that is in both counts once).

    Args:
        min_correct: tasks with fewer right samples of known cost are left out.
        max_profile: how many right samples of a task count, the first in file order.
        base: least relative gap between clusters, where clusters are made here.
        filter_base: the gap for the count of clusters that decides whether a task is kept.
        min_clusters: tasks with fewer clusters do not tell programs apart and are left out.
        cost: name of the cost; clustering expects counts (its gap grows below some 10,000).

    Source: Liu et al., Evaluating Language Models for Efficient Code Generation, COLM 2024, arXiv:2408.06450.
    Differs: the paper scores a task from one right sample on; min_correct and max_profile follow the code.
    """

    @property
    def name(self) -> str:
        """`DPS`."""
        return label("DPS", self.cost)

    def score(self, index: int, references: Sequence[Reference]) -> float:
        """Cumulative per cent at the matched reference."""
        return references[index].score if index >= 0 else 0.0
