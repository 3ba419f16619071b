"""TTFT: how long until an answer begins."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from perfwise.core.metric import Direction, Terms
from perfwise.core.outcome import Outcome
from perfwise.serving.metrics._summaries import MeanOverTasks, require_statistic, terms_at

__all__ = ["Ttft"]


@dataclass(frozen=True)
class Ttft(MeanOverTasks):
    """Time to first token: from arrival to the first output token, waiting included.

    Args:
        statistic: over the completed requests of a run: mean, p50, p90, p99 or max. Over several tasks the value is
            the mean of their statistics, not a percentile of all requests.

    Source: Zhong et al., DistServe, OSDI 2024, arXiv:2401.09670.
    """

    statistic: str = "p50"
    unit: ClassVar[str] = "s"
    direction: ClassVar[Direction] = "lower"

    def __post_init__(self) -> None:
        require_statistic(self.statistic)

    @property
    def name(self) -> str:
        """E.g. `TTFT p99`."""
        return f"TTFT {self.statistic}"

    def terms(self, outcomes: Sequence[Outcome], references: Sequence[Outcome]) -> Terms:
        """Seconds by task."""
        return terms_at(outcomes, "ttft_s", self.statistic)
