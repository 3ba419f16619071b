"""Scheduling delay: how long a request waits for its first batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from perfwise.core.metric import Direction, Terms
from perfwise.core.outcome import Outcome
from perfwise.serving.metrics._summaries import MeanOverTasks, require_statistic, terms_at

__all__ = ["SchedulingDelay"]


@dataclass(frozen=True)
class SchedulingDelay(MeanOverTasks):
    """From arrival to the first time in a batch; grows without bound where the load is above the capacity.

    Args:
        statistic: over the completed requests of a run: mean, p50, p90, p99 or max. Over several tasks the value is
            the mean of their statistics, not a percentile of all requests.

    Source: Agrawal et al., Vidur, MLSys 2024, arXiv:2405.05465.
    """

    statistic: str = "p50"
    unit: ClassVar[str] = "s"
    direction: ClassVar[Direction] = "lower"

    def __post_init__(self) -> None:
        require_statistic(self.statistic)

    @property
    def name(self) -> str:
        """E.g. `scheduling delay p99`."""
        return f"scheduling delay {self.statistic}"

    def terms(self, outcomes: Sequence[Outcome], references: Sequence[Outcome]) -> Terms:
        """Seconds by task."""
        return terms_at(outcomes, "scheduling_delay_s", self.statistic)
