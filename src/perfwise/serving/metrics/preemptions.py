"""Preemptions: how often memory ran out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from perfwise.core.metric import Direction, Terms
from perfwise.core.outcome import Outcome
from perfwise.serving.metrics._summaries import MeanOverTasks, terms_at

__all__ = ["Preemptions"]


@dataclass(frozen=True)
class Preemptions(MeanOverTasks):
    """How often a request lost its memory to another and had to start again or be swapped in.

    Source: Kwon et al., vLLM, SOSP 2023, arXiv:2309.06180.
    """

    unit: ClassVar[str] = "preemptions"
    direction: ClassVar[Direction] = "lower"

    @property
    def name(self) -> str:
        """`preemptions`."""
        return "preemptions"

    def terms(self, outcomes: Sequence[Outcome], references: Sequence[Outcome]) -> Terms:
        """Number by task."""
        return terms_at(outcomes, "replicas", "preemptions")
