"""Goodput: what is served as well as was promised."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from perfwise.core.metric import Direction, Terms
from perfwise.core.outcome import Outcome
from perfwise.serving.metrics._summaries import MeanOverTasks, require_one_of, terms_at

__all__ = ["Goodput"]

_UNITS = {"share": "share", "requests_per_s": "requests/s"}


@dataclass(frozen=True)
class Goodput(MeanOverTasks):
    """Requests that met the service level objective of their run: all of its bounds on TTFT, TPOT and E2E.

    Runs without an objective have none. A request that did not complete missed it.

    Args:
        of: share of all requests, or requests_per_s over the time from 0 to the end of the run.

    Source: Zhong et al., DistServe, OSDI 2024, arXiv:2401.09670.
    Differs: DistServe asks for the highest rate at which a share, such as 90 %, is met; this is one run's share.
    """

    of: str = "share"
    direction: ClassVar[Direction] = "higher"

    def __post_init__(self) -> None:
        require_one_of("goodput", self.of, tuple(_UNITS))

    @property
    def name(self) -> str:
        """`goodput` for requests a second, `SLO attainment` for the share."""
        return "SLO attainment" if self.of == "share" else "goodput"

    @property
    def unit(self) -> str:
        """Of what is counted."""
        return _UNITS[self.of]

    def terms(self, outcomes: Sequence[Outcome], references: Sequence[Outcome]) -> Terms:
        """Share or rate by task."""
        return terms_at(outcomes, "goodput", self.of)
