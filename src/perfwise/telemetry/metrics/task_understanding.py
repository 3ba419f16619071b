"""Task understanding score: how much of the right answer an answer has, where few have all of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from perfwise.errors import InvalidMetric
from perfwise.telemetry.contracts import Measured
from perfwise.telemetry.incidents import Cause, Suspect
from perfwise.telemetry.metrics._causes import CauseScore, place_of, why_unjudged

__all__ = ["TaskUnderstanding"]


@dataclass(frozen=True)
class TaskUnderstanding(CauseScore):
    """Share of the parts of the right answer that the first k suspects contain.

    The parts: the component; where it is known, the metric of it that was wrong; and the chain of calls that leads
    there from where the fault was noticed, in the right order and to the right end.

    Args:
        k: suspects looked at.

    Source: the idea of Cherif et al., DFIR-Metric, 2025, arXiv:2505.19973, whose Task Understanding Score gives credit
        for steps where almost no answer is wholly right.
    Differs: its formula was not found, and accounts of it contradict each other; parts and equal weights are ours.
    """

    k: int = 3
    name: ClassVar[str] = "task understanding"

    def __post_init__(self) -> None:
        if self.k < 1:
            raise InvalidMetric(f"a ranking is looked at from its first place on, not to place {self.k}")

    def measure(self, ranking: Sequence[Suspect], cause: Cause) -> Measured:
        """0 to 1."""
        if (unjudged := why_unjudged(cause)) is not None:
            return unjudged
        first = list(ranking[: self.k])
        place = place_of(first, cause)
        parts = [place is not None]
        if cause.metric is not None:
            parts.append(place is not None and cause.metric in first[place - 1].series)
        parts.append(any(cause.component in each.path for each in first))
        return Measured(sum(parts) / len(parts))
