"""Cache hits: how much of the prompts was not computed again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from perfwise.core.metric import Direction, Terms
from perfwise.core.outcome import Outcome
from perfwise.serving.metrics._summaries import MeanOverTasks, terms_at

__all__ = ["CacheHits"]


@dataclass(frozen=True)
class CacheHits(MeanOverTasks):
    """Prompt tokens that the prefix cache had, over all prompt tokens of the trace.

    A restart looks its prompt up again, and its hits count again.

    Source: Qin et al., Mooncake, FAST 2025, arXiv:2407.00079.
    """

    unit: ClassVar[str] = "share"
    direction: ClassVar[Direction] = "higher"

    @property
    def name(self) -> str:
        """`cache hits`."""
        return "cache hits"

    def terms(self, outcomes: Sequence[Outcome], references: Sequence[Outcome]) -> Terms:
        """Share by task."""
        return terms_at(outcomes, "prefix_cache", "hit_share")
