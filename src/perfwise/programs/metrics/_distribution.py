"""The range of what known solutions of a task cost."""

from collections.abc import Sequence
from dataclasses import dataclass

from perfwise.core.outcome import Outcome
from perfwise.programs.metrics._samples import reference_costs

__all__ = ["Spread", "spreads"]


@dataclass(frozen=True, slots=True)
class Spread:
    """Least and greatest cost of the right references; least < greatest."""

    least: float
    greatest: float

    @property
    def width(self) -> float:
        """Greatest minus least, above 0."""
        return self.greatest - self.least


def spreads(references: Sequence[Outcome], cost: str) -> dict[str, Spread]:
    """By task; tasks whose references all cost the same have no spread and are left out."""
    ranges = {task: Spread(min(costs), max(costs)) for task, costs in reference_costs(references, cost).items()}
    return {task: spread for task, spread in ranges.items() if spread.width > 0}
