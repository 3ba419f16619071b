"""DPS_norm: the share of efficiency clusters that a right sample reaches."""

from collections.abc import Sequence
from dataclasses import dataclass

from perfwise.programs.metrics._clusters import DifferentialScore, Reference
from perfwise.programs.metrics._samples import label

__all__ = ["DPSNorm"]


@dataclass(frozen=True)
class DPSNorm(DifferentialScore):
    """Normalised differential performance score: 100 * (rank of the matched cluster) / (number of clusters).

    As `dps`, but every cluster weighs alike, however many solutions it holds.

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
        """`DPS_norm`."""
        return label("DPS_norm", self.cost)

    def score(self, index: int, references: Sequence[Reference]) -> float:
        """Rank of the matched reference, slowest = 1, in per cent of their number."""
        return 100.0 * (index + 1) / len(references)
