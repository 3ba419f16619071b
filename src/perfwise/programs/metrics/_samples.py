"""What the metrics read from outcomes: for each task, what each sample cost."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from perfwise.core.metric import mean_of_terms, ratio_of_sums
from perfwise.core.outcome import Outcome
from perfwise.errors import InvalidMetric

__all__ = [
    "DEFAULT_COST",
    "MeanOverTasks",
    "RatioOfSums",
    "by_task",
    "cost_of",
    "costs_by_task",
    "finite",
    "label",
    "reference_costs",
    "require",
]

DEFAULT_COST = "wasm_instructions"


class MeanOverTasks:
    """Combine the terms of a metric by the mean of the first."""

    combine = staticmethod(mean_of_terms)


class RatioOfSums:
    """Combine the terms of a metric by sum(first) / sum(second)."""

    combine = staticmethod(ratio_of_sums)


def label(name: str, cost: str) -> str:
    """A metric's name, with the cost where it is not the default: `speedup`, `speedup(peak_bytes)`."""
    return name if cost == DEFAULT_COST else f"{name}({cost})"


def require(condition: bool, message: str) -> None:
    """Raises: InvalidMetric with the message unless the condition holds."""
    if not condition:
        raise InvalidMetric(message)


def by_task(outcomes: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    """Outcomes grouped by task, each group in file order: by the numbers inside the candidate's id, then the seed.

    Tasks whose own script failed (`task-fault`) say nothing of a candidate and are left out.
    """
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.failure is None or outcome.failure.kind != "task-fault" or outcome.quality is not None:
            groups.setdefault(outcome.task, []).append(outcome)
    for group in groups.values():
        group.sort(key=_file_order)
    return groups


def cost_of(outcome: Outcome, cost: str) -> float | None:
    """What a sample counts for: infinite where it is wrong or a limit stopped one of its cases, None if not known.

    A program that ran has cost something, so an amount of 0 lies below what the meter can tell and is not known.
    """
    if outcome.quality != 1.0 or _was_stopped(outcome):
        return math.inf
    return outcome.cost.get(cost) or None


def costs_by_task(outcomes: Iterable[Outcome], cost: str) -> dict[str, list[float]]:
    """`cost_of` the samples of each task in file order, where it is known; tasks without such a sample are out."""
    known = ((task, [cost_of(outcome, cost) for outcome in group]) for task, group in by_task(outcomes).items())
    kept = {task: [amount for amount in amounts if amount is not None] for task, amounts in known}
    return {task: amounts for task, amounts in kept.items() if amounts}


def reference_costs(references: Sequence[Outcome], cost: str) -> dict[str, list[float]]:
    """Costs by task of the references that can serve as a yardstick (right, of known cost), in file order."""
    return finite(costs_by_task(references, cost))


def finite(costs: Mapping[str, Sequence[float]]) -> dict[str, list[float]]:
    """The costs of right samples by task; tasks without any are out."""
    kept = {task: [amount for amount in amounts if amount < math.inf] for task, amounts in costs.items()}
    return {task: amounts for task, amounts in kept.items() if amounts}


def _was_stopped(outcome: Outcome) -> bool:
    verdicts = outcome.detail.get("case_verdict")
    return isinstance(verdicts, Sequence) and "stopped" in verdicts


def _file_order(outcome: Outcome) -> tuple[tuple[str | int, ...], int]:
    return _natural(outcome.candidate), outcome.seed


@lru_cache(maxsize=65536)
def _natural(text: str) -> tuple[str | int, ...]:
    """Text and numbers, which alternate, so that `9` stands before `10`."""
    return tuple(int(part) if index % 2 else part for index, part in enumerate(re.split(r"(\d+)", text)))
