"""TPOT: how fast an answer comes once it has begun."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from perfwise.core.metric import Direction, Terms
from perfwise.core.outcome import Outcome
from perfwise.serving.metrics._summaries import MeanOverTasks, require_statistic, terms_at

__all__ = ["Tpot"]


@dataclass(frozen=True)
class Tpot(MeanOverTasks):
    """Time per output token after the first, of each request: (completion - first token) / (output - 1).

    A mean of each request: a percentile of TPOT is not one of TBT, which is over single tokens. Outputs of one token
    have none. The output is what was left after the last restart, as in Vidur's records.

    Args:
        statistic: over the completed requests of a run: mean, p50, p90, p99 or max. Over several tasks the value is
            the mean of their statistics, not a percentile of all requests.

    Source: Zhong et al., DistServe, OSDI 2024, arXiv:2401.09670; microsoft/vidur 7d47513.
    """

    statistic: str = "p50"
    unit: ClassVar[str] = "s"
    direction: ClassVar[Direction] = "lower"

    def __post_init__(self) -> None:
        require_statistic(self.statistic)

    @property
    def name(self) -> str:
        """E.g. `TPOT p99`."""
        return f"TPOT {self.statistic}"

    def terms(self, outcomes: Sequence[Outcome], references: Sequence[Outcome]) -> Terms:
        """Seconds by task."""
        return terms_at(outcomes, "tpot_s", self.statistic)
