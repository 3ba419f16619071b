"""Worst gap: the longest stall inside an answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from perfwise.core.metric import Direction, Terms
from perfwise.core.outcome import Outcome
from perfwise.serving.metrics._summaries import MeanOverTasks, require_statistic, terms_at

__all__ = ["WorstGap"]


@dataclass(frozen=True)
class WorstGap(MeanOverTasks):
    """Longest time between two output tokens of a request, restarts and swaps included.

    Args:
        statistic: over the completed requests of a run: mean, p50, p90, p99 or max. Over several tasks the value is
            the mean of their statistics, not a percentile of all requests.

    Source: the generation stalls of Agrawal et al., Sarathi-Serve, OSDI 2024, arXiv:2403.02310.
    """

    statistic: str = "p50"
    unit: ClassVar[str] = "s"
    direction: ClassVar[Direction] = "lower"

    def __post_init__(self) -> None:
        require_statistic(self.statistic)

    @property
    def name(self) -> str:
        """E.g. `worst gap p99`."""
        return f"worst gap {self.statistic}"

    def terms(self, outcomes: Sequence[Outcome], references: Sequence[Outcome]) -> Terms:
        """Seconds by task."""
        return terms_at(outcomes, "worst_gap_s", self.statistic)
