"""Which of two sets is cheaper, by how much, and at what change of quality: paired over the tasks both attempted."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

import numpy as np

from perfwise.core import _verdict
from perfwise.core.cost import unit_of
from perfwise.core.metric import Direction, Result, mean_of_terms
from perfwise.core.outcome import Outcome
from perfwise.errors import InvalidOption, NotComparable
from perfwise.kit.stats import bootstrap

__all__ = ["Comparison", "Resolution", "Side", "TaskComparison", "compare"]

_EXACT = 0.002  # builds of one guest from the same inputs differ by up to 0.18 %
_NOISY = 0.05  # repeated times of one program on one machine differ by some per cent


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two sets.

    Args:
        name: what a reader calls it.
        outcomes: any number a task, any order, without the suite's references.
    """

    name: str
    outcomes: Sequence[Outcome]


def _nothing(_: Outcome) -> float:
    return 0.0


@dataclass(frozen=True, slots=True)
class Resolution:
    """How far two costs of one task must be apart to differ; the wider of both rules binds.

    Args:
        relative: the greater cost over the smaller, minus 1; None: 0.2 % where all numbers are exact (provenance's
            machine is `any`), else 5 %.
        absolute: the amount that an outcome's cost may be off by, in the cost's unit, e.g. 1000 instructions a call.
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
        standing: of the second: `better` is cheaper, `tied` is within the resolution.
    """

    task: str
    first_cost: float
    second_cost: float
    ratio: float
    standing: Literal["better", "worse", "tied"]


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
    def verdict(self) -> str:
        """One sentence for people: what is settled and what is not."""
        return _verdict.sentence(self)

    def _count(self, standing: str) -> int:
        return sum(task.standing == standing for task in self.tasks)


def compare(
    first: Side,
    second: Side,
    *,
    cost: str = "wasm_instructions",
    resolution: Resolution = Resolution(),
    allow: Collection[str] = (),
) -> Comparison:
    """Compare two sets of outcomes on the tasks that both attempted.

    Costs are compared where both sides succeeded, so cheap failures win nothing. With several successes of a task, each
    side stands with their geometric mean: the ratio is then that of a typical pair, swapping the sides gives its
    reciprocal, and one outcome that takes a thousand times longer does not decide alone. What a draw from a set costs
    on average is another question; `speedup` sums.

    Args:
        first: what the other is compared with.
        second: a cost ratio below 1 says that this side is cheaper.
        cost: name of the cost; outcomes without it are not compared in cost, and a caveat counts them.
        resolution: differences that count as none.
        allow: parts of the provenance that may differ, by the names of `Provenance.comparable`.
    Raises: NotComparable naming the parts of the provenance that differ; InvalidOption for an unknown part or cost.
    """
    unit_of(cost)
    allowed = _allowed_differences(first, second, cost, allow)
    common, groups = _common_tasks(first, second)
    relative = resolution.relative if resolution.relative is not None else _default_resolution(groups)
    solved = [(task, _priced(groups[0][task], cost), _priced(groups[1][task], cost)) for task in common]
    rule = Resolution(relative, resolution.absolute)
    tasks = tuple(_task(task, a, b, cost, rule) for task, a, b in solved if a and b)
    qualities = [(_quality(groups[0][task]), _quality(groups[1][task])) for task in common]
    return Comparison(
        first.name,
        second.name,
        cost,
        _interval("cost ratio", "ratio", "lower", [math.log(task.ratio) for task in tasks], math.exp),
        _interval("quality change", "share", "higher", [b - a for a, b in qualities], float),
        (fmean(a for a, _ in qualities), fmean(b for _, b in qualities)) if qualities else None,
        tasks,
        len(common),
        relative,
        (*allowed, *_caveats(first, second, groups, cost)),
        unjudged=(_unjudged(groups[0], common), _unjudged(groups[1], common)),
        attempted=(_attempted(groups[0], common), _attempted(groups[1], common)),
        graded=any(one.quality not in (None, 0.0, 1.0) for group in groups for task in common for one in group[task]),
    )


_Groups = tuple[dict[str, list[Outcome]], dict[str, list[Outcome]]]


def _allowed_differences(first: Side, second: Side, cost: str, allow: Collection[str]) -> list[str]:
    """Caveats for the differences that are allowed. Raises: NotComparable for the others."""
    one, other = _provenance_parts(first, cost), _provenance_parts(second, cost)
    if (one or other) and (unknown := sorted(set(allow) - {*one, *other})):
        raise InvalidOption(f"cannot allow {', '.join(unknown)}; provenance has {', '.join(one or other)}")
    both = {part: one.get(part, set()) | other.get(part, set()) for part in {**one, **other}}
    differing = {part: f"{part}: {', '.join(sorted(values))}" for part, values in both.items() if len(values) > 1}
    refused = [text for part, text in differing.items() if part not in allow]
    if refused:
        raise NotComparable(
            f"{first.name} and {second.name} were measured differently ({'; '.join(refused)}); measure both alike, or "
            "allow by name what you know not to matter",
            refused,
        )
    return [f"compared although they differ in {text}" for text in differing.values()]


def _provenance_parts(side: Side, cost: str) -> dict[str, set[str]]:
    """The values of each part over the outcomes that carry the cost, or over all if none does."""
    carrying = {outcome.provenance for outcome in side.outcomes if cost in outcome.cost}
    parts: dict[str, set[str]] = {}
    for provenance in carrying or {outcome.provenance for outcome in side.outcomes}:
        for part, value in provenance.comparable().items():
            parts.setdefault(part, set()).add(value)
    return parts


def _common_tasks(first: Side, second: Side) -> tuple[list[str], _Groups]:
    """Tasks that both attempted and where an outcome could be judged, sorted; and each side's outcomes by task."""
    groups: _Groups = ({}, {})
    for group, side in zip(groups, (first, second), strict=True):
        for outcome in side.outcomes:
            group.setdefault(outcome.task, []).append(outcome)
    both = groups[0].keys() & groups[1].keys()
    judged = {task for task in both if any(one.quality is not None for one in (*groups[0][task], *groups[1][task]))}
    return sorted(judged), groups


def _default_resolution(groups: _Groups) -> float:
    machines = {one.provenance.machine for group in groups for outcomes in group.values() for one in outcomes}
    return _EXACT if machines <= {"any"} else _NOISY


def _priced(outcomes: Sequence[Outcome], cost: str) -> list[Outcome]:
    """The successes of known cost; a cost of 0 is below what the meter can tell, so not known."""
    return [outcome for outcome in outcomes if outcome.succeeded and outcome.cost.get(cost, 0) > 0]


def _task(
    task: str, first: Sequence[Outcome], second: Sequence[Outcome], cost: str, resolution: Resolution
) -> TaskComparison:
    one, other = (_geometric_mean([outcome.cost[cost] for outcome in side]) for side in (first, second))
    assert resolution.relative is not None
    relative = resolution.relative * min(one, other)
    unclear = max(relative, *(resolution.absolute(outcome) for outcome in (*first, *second)))
    tied = abs(other - one) <= unclear
    return TaskComparison(task, one, other, other / one, "tied" if tied else "better" if other < one else "worse")


def _geometric_mean(amounts: Sequence[float]) -> float:
    # One amount is returned as it is: exp(log(x)) is not always x.
    return amounts[0] if len(set(amounts)) == 1 else math.exp(fmean(map(math.log, amounts)))


def _quality(outcomes: Sequence[Outcome]) -> float:
    """The mean; what could not be judged counts as 0."""
    return fmean(outcome.quality or 0.0 for outcome in outcomes)


def _unjudged(group: Mapping[str, Sequence[Outcome]], tasks: Sequence[str]) -> int:
    return sum(outcome.quality is None for task in tasks for outcome in group[task])


def _attempted(group: Mapping[str, Sequence[Outcome]], tasks: Sequence[str]) -> int:
    return sum(len(group[task]) for task in tasks)


def _interval(
    name: str, unit: str, direction: Direction, values: Sequence[float], scale: Callable[[float], float]
) -> Result:
    """scale(mean of values over tasks) with its bootstrap interval."""
    if not values:
        return Result(name, None, None, None, unit, 0, direction, "no task to compare")
    interval = bootstrap(np.array(values, dtype=np.float64)[:, np.newaxis], mean_of_terms)
    low, high = map(scale, interval) if interval is not None else (None, None)
    return Result(name, scale(fmean(values)), low, high, unit, len(values), direction, _verdict.doubt(len(values)))


def _caveats(first: Side, second: Side, groups: _Groups, cost: str) -> list[str]:
    """Of the outcomes of common tasks, and what the comparison had to leave out."""
    told: dict[str, None] = {}  # in the order of their first mention
    for side, group, other in ((first, groups[0], groups[1]), (second, groups[1], groups[0])):
        common = [outcome for task in sorted(group.keys() & other.keys()) for outcome in group[task]]
        told |= {caveat: None for outcome in common for caveat in outcome.caveats}
        unpriced = sum(outcome.succeeded for outcome in common) - len(_priced(common, cost))
        if unpriced:
            told[f"{unpriced} right outcome(s) of {side.name} have no known {cost} and are left out of the costs"] = (
                None
            )
        if alone := len(group.keys() - other.keys()):
            told[f"{alone} task(s) attempted by {side.name} alone are left out"] = None
    return list(told)
