"""Throughput: how much is served in a second."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from perfwise.core.metric import Direction, Terms
from perfwise.core.outcome import Outcome
from perfwise.serving.metrics._summaries import MeanOverTasks, require_one_of, terms_at

__all__ = ["Throughput"]

_UNITS = {"requests_per_s": "requests/s", "output_tokens_per_s": "tokens/s", "tokens_per_s": "tokens/s"}


@dataclass(frozen=True)
class Throughput(MeanOverTasks):
    """Completed requests, or their tokens, over the time from 0 to the end of the run.

    Where the load is below the capacity this is the load.

    Args:
        of: requests_per_s, output_tokens_per_s, or tokens_per_s, which counts prompts too.

    Source: Agrawal et al., Vidur, MLSys 2024, arXiv:2405.05465.
    """

    of: str = "requests_per_s"
    direction: ClassVar[Direction] = "higher"

    def __post_init__(self) -> None:
        require_one_of("throughput", self.of, tuple(_UNITS))

    @property
    def name(self) -> str:
        """E.g. `throughput (output tokens)`."""
        return f"throughput ({self.of.removesuffix('_per_s').replace('_', ' ')})"

    @property
    def unit(self) -> str:
        """Of what is counted."""
        return _UNITS[self.of]

    def terms(self, outcomes: Sequence[Outcome], references: Sequence[Outcome]) -> Terms:
        """Rate by task."""
        return terms_at(outcomes, "throughput", self.of)
