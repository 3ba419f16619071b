"""Fairness: whether waiting is spread evenly."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from perfwise.core.metric import Direction, Terms
from perfwise.core.outcome import Outcome
from perfwise.serving.metrics._summaries import MeanOverTasks, require_one_of, terms_at

__all__ = ["Fairness"]


@dataclass(frozen=True)
class Fairness(MeanOverTasks):
    """Jain's index of the slowdowns, (sum x)^2 / (n sum x^2): 1 where all are equal, 1 / n where one bears everything.

    A request's slowdown is its end-to-end latency over its time since it was first scheduled.

    Args:
        over: requests, or conversations with the mean slowdown of each.

    Source: Jain, Chiu and Hawe, A Quantitative Measure of Fairness and Discrimination, DEC-TR-301, 1984; slowdown as
        in Feitelson and Rudolph, Metrics and Benchmarking for Parallel Job Scheduling, JSSPP 1998.
    """

    over: str = "requests"
    unit: ClassVar[str] = "score"
    direction: ClassVar[Direction] = "higher"

    def __post_init__(self) -> None:
        require_one_of("fairness over", self.over, ("requests", "conversations"))

    @property
    def name(self) -> str:
        """E.g. `fairness (requests)`."""
        return f"fairness ({self.over})"

    def terms(self, outcomes: Sequence[Outcome], references: Sequence[Outcome]) -> Terms:
        """Index by task."""
        return terms_at(outcomes, "fairness", f"jain_{self.over}")
