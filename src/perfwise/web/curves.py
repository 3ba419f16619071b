"""Costs over input sizes and over tasks: the lines that pictures show."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from perfwise.core.json import Json
from perfwise.core.outcome import Outcome
from perfwise.kit.growth import Growth, fitted_growth
from perfwise.web.set_metrics import priced

__all__ = ["Curve", "Line", "Profile", "growth_curves", "performance_profiles"]

_Floats = NDArray[np.float64]
_AXES = {"case_n": "size n of the input", "case_size": "size of the input, bytes", "case_level": "level"}
_MOST_SUCCESSES = 12  # of a set at a task, whose mean a line is; to read more details makes no curve smoother


@dataclass(frozen=True, slots=True)
class Line:
    """Typical cost by size, for one set and task.

    Args:
        sizes: ascending.
        costs: geometric mean over up to 12 successes of the set and their cases of that size.
        fit: None where no class can be named.
    """

    sizes: tuple[float, ...]
    costs: tuple[float, ...]
    fit: Growth | None = None


@dataclass(frozen=True, slots=True)
class Curve:
    """One task.

    Args:
        task: its id.
        lines: by set.
        sized: whether x is the size of the input; else it is its level, which has no scale, so nothing is fitted.
        axis: what x is, for people.
    """

    task: str
    lines: Mapping[str, Line]
    sized: bool
    axis: str


@dataclass(frozen=True, slots=True)
class Profile:
    """One set: shares of its tasks solved within factors of the cheapest known success.

    Args:
        factors: (n,), ascending, at least 1.
        shares: (n,), ascending.
    """

    factors: _Floats
    shares: _Floats


def growth_curves(sets: Mapping[str, Sequence[Outcome]], most: int) -> list[Curve]:
    """The tasks whose cases have two sizes, or else two levels, and whose cost grows most; at most so many.

    Engines tell of cases in an outcome's detail: `case_cost`, `case_verdict`, `case_level`, `case_size` in bytes, and
    `case_n`, the size that the problem's author would name.
    """
    by_task: dict[str, dict[str, list[Outcome]]] = defaultdict(lambda: defaultdict(list))
    for name, group in sets.items():
        for outcome in group:
            own = by_task[outcome.task][name]
            if outcome.succeeded and len(own) < _MOST_SUCCESSES:
                own.append(outcome)
    curves = [curve for task, groups in by_task.items() if (curve := _curve(task, groups)) is not None]
    greatest = sorted(curves, key=lambda curve: (-_spread(curve), curve.task))[:most]
    return [_fitted(curve) for curve in greatest]


def performance_profiles(
    sets: Mapping[str, Sequence[Outcome]], cost: str, cheapest: Mapping[str, float]
) -> dict[str, Profile]:
    """By set. A set stands at a task with the geometric mean of its successes; a task without any counts as unsolved.

    Source: Dolan, Moré, Benchmarking optimization software with performance profiles, Math. Program. 91, 2002.
    """
    lines: dict[str, Profile] = {}
    for name, group in sets.items():
        logs: dict[str, list[float]] = defaultdict(list)
        for outcome in group:
            if priced(outcome, cost):
                logs[outcome.task].append(math.log(outcome.cost[cost]))
        factors = np.sort([math.exp(sum(own) / len(own)) / cheapest[task] for task, own in logs.items()])
        tasks = len({outcome.task for outcome in group})
        lines[name] = Profile(np.maximum(factors, 1.0), np.arange(1, len(factors) + 1) / tasks)
    return lines


def _curve(task: str, groups: Mapping[str, Sequence[Outcome]]) -> Curve | None:
    for field, axis in _AXES.items():
        sized = field != "case_level"
        lines = {name: line for name, group in groups.items() if (line := _line(group, field, sized=sized)) is not None}
        if lines:
            return Curve(task, lines, sized, axis)
    return None


def _line(group: Sequence[Outcome], field: str, *, sized: bool) -> Line | None:
    logs: dict[float, list[float]] = defaultdict(list)
    for outcome in group:
        columns = (_column(outcome.detail.get(name)) for name in (field, "case_cost", "case_verdict"))
        for given, cost, verdict in zip(*columns, strict=False):
            if isinstance(given, int | float) and isinstance(cost, int | float) and verdict == "ok" and cost > 0:
                logs[float(given)].append(math.log(cost))
    if sized:
        logs.pop(0.0, None)
    if len(logs) < 2:
        return None
    sizes = tuple(sorted(logs))
    costs = tuple(math.exp(sum(logs[size]) / len(logs[size])) for size in sizes)
    return Line(sizes, costs)


def _fitted(curve: Curve) -> Curve:
    if not curve.sized:
        return curve
    lines = {name: replace(line, fit=fitted_growth(line.sizes, line.costs)) for name, line in curve.lines.items()}
    return replace(curve, lines=lines)


def _column(value: Json) -> Sequence[Json]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def _spread(curve: Curve) -> float:
    return max(max(line.costs) / min(line.costs) for line in curve.lines.values())
