"""TBT: how long one waits for the next token."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from perfwise.core.metric import Direction, Terms
from perfwise.core.outcome import Outcome
from perfwise.serving.metrics._summaries import MeanOverTasks, require_statistic, terms_at

__all__ = ["Tbt"]


@dataclass(frozen=True)
class Tbt(MeanOverTasks):
    """Time between tokens: every gap between two consecutive output tokens of a request counts as one.

    Known to 0.1 ms; stalls that TPOT averages away show here.

    Args:
        statistic: over the completed requests of a run: mean, p50, p90, p99 or max. Over several tasks the value is
            the mean of their statistics, not a percentile of all requests.

    Source: Agrawal et al., Sarathi-Serve, OSDI 2024, arXiv:2403.02310.
    """

    statistic: str = "p50"
    unit: ClassVar[str] = "s"
    direction: ClassVar[Direction] = "lower"

    def __post_init__(self) -> None:
        require_statistic(self.statistic)

    @property
    def name(self) -> str:
        """E.g. `TBT p99`."""
        return f"TBT {self.statistic}"

    def terms(self, outcomes: Sequence[Outcome], references: Sequence[Outcome]) -> Terms:
        """Seconds by task."""
        return terms_at(outcomes, "tbt_s", self.statistic)
