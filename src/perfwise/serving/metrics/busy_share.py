"""Utilisation: how much of the time the replicas worked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from perfwise.core.metric import Direction, Terms
from perfwise.core.outcome import Outcome
from perfwise.serving.metrics._summaries import MeanOverTasks, terms_at

__all__ = ["BusyShare"]


@dataclass(frozen=True)
class BusyShare(MeanOverTasks):
    """Mean share of the run in which the first stage of a replica had a batch in service.

    Busy is not efficient: see `throughput` for what came of it.

    Source: server utilisation as in Kleinrock, Queueing Systems, volume 1, 1975.
    """

    unit: ClassVar[str] = "share"
    direction: ClassVar[Direction] = "higher"

    @property
    def name(self) -> str:
        """`utilisation`."""
        return "utilisation"

    def terms(self, outcomes: Sequence[Outcome], references: Sequence[Outcome]) -> Terms:
        """Share by task."""
        return terms_at(outcomes, "replicas", "utilisation")
