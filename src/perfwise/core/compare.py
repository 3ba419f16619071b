"""Which of two sets is cheaper, by how much, and at what change of quality: paired over the tasks both attempted."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from perfwise.core import _verdict
from perfwise.core._alike import allowed_differences, choose_cost
from perfwise.core._noise import is_exact
from perfwise.core._tasks import Resolution, Solved, TaskComparison, default_resolution, priced, task_comparisons
from perfwise.core._verdict import ratio_text
from perfwise.core.metric import Direction, Result
from perfwise.core.outcome import Outcome
from perfwise.kit.stats import mean_interval, share_interval, signed_rank

__all__ = ["Comparison", "Resolution", "Side", "TaskComparison", "compare", "ratio_text"]


_BY_METER = Resolution()


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two sets.

    Args:
        name: what a reader calls it.
        outcomes: any number a task, any order, without the suite's references.
        run: what the outcomes were measured in; sides of one run took turns task by task. Empty: not known.
    """

    name: str
    outcomes: Sequence[Outcome]
    run: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the second side costs and achieves beside the first.

    Args:
        first, second: names of the sides.
        cost: name of the cost compared.
        cost_ratio: geometric mean of second / first over `tasks`, with its paired 95 % interval over tasks.
        quality_change: the second's quality minus the first's, mean over the common tasks, likewise.
        qualities: (first, second) means over the common tasks; None without any. Where nothing is graded, pass rates.
        tasks: those that both solved at a known cost, sorted by id.
        common_tasks: how many tasks both attempted.
        resolution: relative difference up to which costs tie.
        caveats: of the outcomes that took part, and of the comparison itself.
        unjudged: (first, second) outcomes of the common tasks that could not be judged; they do not count as right.
        attempted: (first, second) outcomes of the common tasks.
        graded: whether a quality lies between 0 and 1.
        changed: common tasks whose quality is another.
        exact: whether the same attempts would cost the same again, on any machine.
        p: where costs are noisy, chance of such ratios over the tasks were both alike, by signed ranks; of one task,
            by its repeats. None where costs are exact, or nothing tells.
        other_costs: what else could have been compared.
    """

    first: str
    second: str
    cost: str
    cost_ratio: Result
    quality_change: Result
    qualities: tuple[float, float] | None
    tasks: tuple[TaskComparison, ...]
    common_tasks: int
    resolution: float
    caveats: tuple[str, ...]
    unjudged: tuple[int, int] = (0, 0)
    attempted: tuple[int, int] = (0, 0)
    graded: bool = False
    changed: int = 0
    exact: bool = True
    p: float | None = None
    other_costs: tuple[str, ...] = ()

    @property
    def better(self) -> int:
        """Tasks that the second does at less cost."""
        return self._count("better")

    @property
    def worse(self) -> int:
        """Tasks that the second does at more cost."""
        return self._count("worse")

    @property
    def tied(self) -> int:
        """Tasks whose costs cannot be told apart."""
        return self._count("tied")

    @property
    def doubts(self) -> tuple[str, ...]:
        """What the number of tasks says against the intervals, beside what the verdict says of it."""
        told = (self.cost_ratio, self.quality_change) if self.changed else (self.cost_ratio,)
        verdict = self.verdict
        return tuple(one.note for one in told if one.low is not None and one.note and one.note not in verdict)

    @property
    def verdict(self) -> str:
        """One sentence for people: what is settled and what is not."""
        return _verdict.sentence(self)

    def _count(self, standing: str) -> int:
        return sum(task.standing == standing for task in self.tasks)


def compare(
    first: Side,
    second: Side,
    *,
    cost: str | None = None,
    resolution: Resolution = _BY_METER,
    allow: Collection[str] = (),
) -> Comparison:
    """Compare two sets of outcomes on the tasks that both attempted.

    Costs are compared where both sides succeeded, so cheap failures win nothing. With several successes of a task, each
    side stands with their geometric mean: the ratio is then that of a typical pair, swapping the sides gives its
    reciprocal, and one outcome that takes a thousand times longer does not decide alone. What a draw from a set costs
    on average is another question; `speedup` sums.

    Intervals over tasks say how far a number depends on which tasks were asked. Exact costs of a task have no other
    doubt; noisy ones are tested by task where repeats tell their noise, and over the tasks by signed ranks.

    Args:
        first: what the other is compared with.
        second: a cost ratio below 1 says that this side is cheaper.
        cost: name of the cost; outcomes without it are not compared in cost, and a caveat counts them. None: the first
            of wasm_instructions, latency_s, wall_s and cpu_s that both sides carry, else the only one that they do.
        resolution: differences that count as none.
        allow: parts of the provenance that may differ, by the names of `Provenance.comparable`.
    Raises: NotComparable naming the parts of the provenance that differ; InvalidOption for an unknown part or cost, or
        where several costs could be meant.
    """
    cost, others = choose_cost(first.outcomes, second.outcomes, cost)
    allowed = allowed_differences((first.name, second.name), (first.outcomes, second.outcomes), cost, allow)
    common, groups = _common_tasks(first, second)
    taking_part = [one for group in groups for task in common for one in group[task]]
    exact = is_exact(taking_part)
    relative = default_resolution(exact=exact) if resolution.relative is None else resolution.relative
    solved = [Solved(task, priced(groups[0][task], cost), priced(groups[1][task], cost)) for task in common]
    both = [one for one in solved if one.first and one.second]
    tasks = task_comparisons(both, cost, Resolution(relative, resolution.absolute))
    qualities = [(_quality(groups[0][task]), _quality(groups[1][task])) for task in common]
    return Comparison(
        first.name,
        second.name,
        cost,
        _cost_ratio(tasks, relative),
        _quality_change([b - a for a, b in qualities]),
        (fmean(a for a, _ in qualities), fmean(b for _, b in qualities)) if qualities else None,
        tasks,
        len(common),
        relative,
        (*allowed, *_apart(first, second, exact), *_caveats(first, second, groups, cost)),
        unjudged=(_unjudged(groups[0], common), _unjudged(groups[1], common)),
        attempted=(_attempted(groups[0], common), _attempted(groups[1], common)),
        changed=sum(a != b for a, b in qualities),
        graded=any(one.quality not in (None, 0.0, 1.0) for one in taking_part),
        exact=exact,
        p=None if exact else _overall_p(tasks),
        other_costs=others,
    )


_Groups = tuple[dict[str, list[Outcome]], dict[str, list[Outcome]]]


def _common_tasks(first: Side, second: Side) -> tuple[list[str], _Groups]:
    """Tasks that both attempted and where an outcome could be judged, sorted; and each side's outcomes by task."""
    groups: _Groups = ({}, {})
    for group, side in zip(groups, (first, second), strict=True):
        for outcome in side.outcomes:
            group.setdefault(outcome.task, []).append(outcome)
    both = groups[0].keys() & groups[1].keys()
    judged = {task for task in both if any(one.quality is not None for one in (*groups[0][task], *groups[1][task]))}
    return sorted(judged), groups


def _quality(outcomes: Sequence[Outcome]) -> float:
    """The mean; what could not be judged counts as 0."""
    return fmean(outcome.quality or 0.0 for outcome in outcomes)


def _unjudged(group: Mapping[str, Sequence[Outcome]], tasks: Sequence[str]) -> int:
    return sum(outcome.quality is None for task in tasks for outcome in group[task])


def _attempted(group: Mapping[str, Sequence[Outcome]], tasks: Sequence[str]) -> int:
    return sum(len(group[task]) for task in tasks)


def _cost_ratio(tasks: Sequence[TaskComparison], resolution: float) -> Result:
    """Geometric mean over the tasks; of one task its own interval, where repeats tell the noise."""
    logs = [math.log(task.ratio) for task in tasks]
    doubt = _verdict.mean_doubt(sum(abs(one) > math.log1p(resolution) for one in logs), len(logs))
    found = _over_tasks("cost ratio", "ratio", "lower", logs, mean_interval, doubt)
    if len(tasks) == 1 and tasks[0].low is not None:
        return replace(found, value=tasks[0].ratio, low=tasks[0].low, high=tasks[0].high, note=_verdict.ONE_TASK)
    value, low, high = (None if one is None else math.exp(one) for one in (found.value, found.low, found.high))
    return replace(found, value=value, low=low, high=high)


def _quality_change(differences: Sequence[float]) -> Result:
    changed = sum(one != 0 for one in differences)
    if set(differences) <= {-1.0, 0.0, 1.0}:
        doubt = _verdict.share_doubt(changed, len(differences))
        return _over_tasks("quality change", "share", "higher", differences, share_interval, doubt)
    doubt = _verdict.mean_doubt(changed, len(differences))
    return _over_tasks("quality change", "share", "higher", differences, mean_interval, doubt)


def _over_tasks(
    name: str,
    unit: str,
    direction: Direction,
    values: Sequence[float],
    interval: Callable[[NDArray[np.float64]], tuple[float, float] | None],
    doubt: str,
) -> Result:
    """The mean of the values of tasks with its interval."""
    if not values:
        return Result(name, None, None, None, unit, 0, direction, "no task to compare")
    low, high = interval(np.array(values, dtype=np.float64)) or (None, None)
    return Result(name, fmean(values), low, high, unit, len(values), direction, doubt)


def _overall_p(tasks: Sequence[TaskComparison]) -> float | None:
    if len(tasks) == 1:
        return tasks[0].p
    return signed_rank(np.log([task.ratio for task in tasks])) if tasks else None


def _apart(first: Side, second: Side, exact: bool) -> list[str]:
    """Drift of a machine between two runs looks like a difference between what ran in them."""
    if exact or not first.run or first.run == second.run:
        return []
    return [
        "the two were measured in separate runs, so drift of the machine between them counts as a difference; "
        "measure both in one run, where they take turns"
    ]


def _caveats(first: Side, second: Side, groups: _Groups, cost: str) -> list[str]:
    """Of the outcomes of common tasks, and what the comparison had to leave out."""
    told: dict[str, None] = {}  # in the order of their first mention
    for side, group, other in ((first, groups[0], groups[1]), (second, groups[1], groups[0])):
        common = [outcome for task in sorted(group.keys() & other.keys()) for outcome in group[task]]
        told |= {caveat: None for outcome in common for caveat in outcome.caveats}
        unpriced = sum(outcome.succeeded for outcome in common) - len(priced(common, cost))
        if unpriced:
            told[f"{unpriced} right outcome(s) of {side.name} have no known {cost} and are left out of the costs"] = (
                None
            )
        if alone := len(group.keys() - other.keys()):
            told[f"{alone} task(s) attempted by {side.name} alone are left out"] = None
    return list(told)
