"""Beyond as Mercury's repository computes it, which differs from the paper."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from perfwise.core.cost import unit_of
from perfwise.core.metric import Direction, Terms
from perfwise.core.outcome import Outcome
from perfwise.programs.metrics._distribution import spreads
from perfwise.programs.metrics._samples import MeanOverTasks, costs_by_task, label, require

__all__ = ["BeyondRepository"]


@dataclass(frozen=True)
class BeyondRepository(MeanOverTasks):
    """Mean over tasks of clip(max - seconds, 0, 1) / (max - min) of the first sample; the repository's form.

    To be used beside numbers that the repository printed. The upper clip is one second and not the range, so that it
    may exceed 1 for a sample faster than every reference, and falls short for tasks that take seconds.

    Args:
        cost: name of the cost that is compared; one in seconds, since the clip is one second.

    Source: Du et al., Mercury, NeurIPS 2024, code at github.com/Elfsong/Mercury.
    Differs: the paper clips the run time to the references' range (`beyond`).
    """

    cost: str = "cpu_s"
    unit: ClassVar[str] = "share"
    direction: ClassVar[Direction] = "higher"
    among_known_solutions: ClassVar[bool] = True

    def __post_init__(self) -> None:
        require(
            unit_of(self.cost) == "s", f"beyond_repository clips at one second, so {self.cost} makes no sense in it"
        )

    @property
    def name(self) -> str:
        """`beyond_repository(cpu_s)`."""
        return label("beyond_repository", self.cost)

    def terms(self, outcomes: Sequence[Outcome], references: Sequence[Outcome]) -> Terms:
        """Score of the first sample by task."""
        known = spreads(references, self.cost)
        first = {task: costs[0] for task, costs in costs_by_task(outcomes, self.cost).items()}
        return {
            task: (min(max(known[task].greatest - seconds, 0.0), 1.0) / known[task].width,)
            for task, seconds in first.items()
            if task in known
        }
