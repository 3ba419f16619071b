"""What BIRD's scores read: for each question, how the right query's cost stands to each sample's."""

import math
from collections.abc import Callable, Sequence

from perfwise.core.metric import Terms
from perfwise.core.outcome import Outcome
from perfwise.programs.metrics._samples import by_task, cost_of, reference_costs

__all__ = ["mean_rewards"]


def mean_rewards(
    outcomes: Sequence[Outcome], references: Sequence[Outcome], cost: str, reward: Callable[[float], float]
) -> Terms:
    """By task, the mean over its samples of 100 * sqrt(reward(gold / sample)); a wrong sample has 0.

    The gold query is the task's first reference. Tasks whose gold query has no known cost are out, as are samples that
    are right at an unknown cost.
    """
    gold = {task: costs[0] for task, costs in reference_costs(references, cost).items()}
    terms: dict[str, tuple[float, ...]] = {}
    for task, group in by_task(outcomes).items():
        known = [amount for amount in (cost_of(one, cost) for one in group) if amount is not None]
        if task in gold and known:
            scores = [0.0 if amount == math.inf else math.sqrt(reward(gold[task] / amount)) for amount in known]
            terms[task] = (100 * math.fsum(scores) / len(scores),)
    return terms
