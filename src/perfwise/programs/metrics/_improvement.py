"""How much faster the best of a task's first samples is than the program it was to improve."""

from collections.abc import Sequence

from perfwise.core.outcome import Outcome
from perfwise.programs.metrics._samples import costs_by_task, reference_costs

__all__ = ["best_speedups"]


def best_speedups(
    outcomes: Sequence[Outcome], references: Sequence[Outcome], cost: str, best_of: int
) -> dict[str, float]:
    """max(1, cost of the original / least cost of the first samples) by task; wrong samples cost without end.

    The original is the first reference in file order; tasks without one of known cost are left out.

    Args:
        outcomes: of one set.
        references: outcomes of the programs to be improved.
        cost: name of the cost.
        best_of: how many samples count, the first in file order; tasks with fewer use what there is.
    """
    original = {task: costs[0] for task, costs in reference_costs(references, cost).items()}
    least = {task: min(costs[:best_of]) for task, costs in costs_by_task(outcomes, cost).items()}
    return {task: max(1.0, original[task] / least[task]) for task in least if task in original}
