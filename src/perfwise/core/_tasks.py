"""The tasks that both sides solved, one by one: ratio of costs, noise, and whether they can be told apart."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Literal, NamedTuple

from perfwise.core._noise import log_cost
from perfwise.core.outcome import Outcome
from perfwise.kit.stats import Estimate, adjusted, difference_of_means

__all__ = ["Resolution", "Solved", "TaskComparison", "default_resolution", "priced", "task_comparisons"]

_EXACT = 0.002  # builds of one guest from the same inputs differ by up to 0.18 %
_NOISY = 0.05  # repeated times of one program on one machine differ by some per cent
_DISCOVERY_RATE = 0.05  # share of false alarms among the tasks that are called different by a test


def _nothing(_: Outcome) -> float:
    return 0.0


@dataclass(frozen=True, slots=True)
class Resolution:
    """How far two costs of one task must be apart to differ; the wider of both rules binds.

    Args:
        relative: the greater cost over the smaller, minus 1; None: 0.2 % where all numbers are exact (provenance's
            machine is `any`), else 5 %.
        absolute: the amount that a cost may be off by, in its unit, e.g. 1000 instructions a call. It is asked of one
            success of each side of a task, since the calls are the task's.
    """

    relative: float | None = None
    absolute: Callable[[Outcome], float] = _nothing


@dataclass(frozen=True, slots=True)
class TaskComparison:
    """One task that both sides solved.

    Args:
        task: its id.
        first_cost, second_cost: geometric mean over the side's right outcomes of known cost.
        ratio: second / first: the geometric mean over all pairs of a right outcome of each side.
        standing: of the second: `better` is cheaper. `tied` is within the resolution, or, where repeats tell the
            noise, not settled at a false discovery rate of 5 % over the tasks.
        low, high: 95 % interval of the ratio where repeats tell the noise; None where costs are exact or nothing tells.
        p: chance of such a ratio were both alike, adjusted for the number of tasks; likewise.
    """

    task: str
    first_cost: float
    second_cost: float
    ratio: float
    standing: Literal["better", "worse", "tied"]
    low: float | None = None
    high: float | None = None
    p: float | None = None


class Solved(NamedTuple):
    """A task with each side's successes of known cost."""

    task: str
    first: Sequence[Outcome]
    second: Sequence[Outcome]


def default_resolution(*, exact: bool) -> float:
    """The relative resolution where none is given."""
    return _EXACT if exact else _NOISY


def priced(outcomes: Sequence[Outcome], cost: str) -> list[Outcome]:
    """The successes of known cost; a cost of 0 is below what the meter can tell, so not known."""
    return [outcome for outcome in outcomes if outcome.succeeded and outcome.cost.get(cost, 0) > 0]


def task_comparisons(solved: Iterable[Solved], cost: str, resolution: Resolution) -> tuple[TaskComparison, ...]:
    """Each task by the resolution; where repeats tell the noise, what is not settled over all tasks together ties.

    Args:
        solved: at least one success a side.
        cost: its name.
        resolution: with a relative one.
    """
    measured = [_measured(one, cost, resolution) for one in solved]
    tasks = [one.task for one in measured]
    noisy = [at for at, one in enumerate(measured) if one.is_noisy]
    firsts = [one for at in noisy if (one := measured[at].first)]
    seconds = [one for at in noisy if (one := measured[at].second)]
    differences = difference_of_means(firsts, seconds)
    for at, difference, p in zip(noisy, differences, adjusted([one.p for one in differences]), strict=True):
        standing = tasks[at].standing if p <= _DISCOVERY_RATE else "tied"
        tasks[at] = replace(
            tasks[at], standing=standing, low=math.exp(difference.low), high=math.exp(difference.high), p=p
        )
    return tuple(tasks)


class _Measured(NamedTuple):
    """A task by its resolution alone, and the mean logarithm of each side's cost; None where its noise is not known."""

    task: TaskComparison
    first: Estimate | None
    second: Estimate | None

    @property
    def is_noisy(self) -> bool:
        """Both sides' noise is known, and there is some."""
        return self.first is not None and self.second is not None and self.first.error + self.second.error > 0


def _measured(solved: Solved, cost: str, resolution: Resolution) -> _Measured:
    one, other = (_geometric_mean([outcome.cost[cost] for outcome in side]) for side in solved[1:])
    assert resolution.relative is not None
    absolute = max(resolution.absolute(side[0]) for side in solved[1:])
    tied = abs(other - one) <= max(resolution.relative * min(one, other), absolute)
    standing: Literal["better", "worse", "tied"] = "tied" if tied else "better" if other < one else "worse"
    found = TaskComparison(solved.task, one, other, other / one, standing)
    return _Measured(found, log_cost(solved.first, cost), log_cost(solved.second, cost))


def _geometric_mean(amounts: Sequence[float]) -> float:
    # One amount is returned as it is: exp(log(x)) is not always x.
    return amounts[0] if len(set(amounts)) == 1 else math.exp(fmean(map(math.log, amounts)))
