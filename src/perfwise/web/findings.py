"""Gathered outcomes -> what a page says of them: the sets ranked, a verdict, a frontier, caveats."""

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from perfwise.core.compare import Comparison, Resolution, Side, compare
from perfwise.core.cost import unit_of
from perfwise.core.metric import Result, evaluate
from perfwise.core.metrics.cost_per_solved import CostPerSolved
from perfwise.core.metrics.pareto_set import ParetoSet
from perfwise.core.outcome import Outcome
from perfwise.errors import InvalidOption, NotComparable
from perfwise.programs.resolution import unresolved
from perfwise.web.gathering import Gathered
from perfwise.web.set_metrics import MeanAmount, MeanQuality, TypicalCost, priced

__all__ = ["Findings", "SetFinding", "chosen_cost", "findings"]

_PREFERRED = ("wasm_instructions", "latency_s")
_MOST_BESIDE = 24  # sets that are compared with the baseline; each takes a bootstrap
_MOST_CAVEATS = 20

_FREE: Mapping[str, float] = {}

_Verdict: TypeAlias = tuple[Comparison | None, str]
"""A comparison, or why there is none."""


@dataclass(frozen=True, slots=True)
class SetFinding:
    """What one set of candidates achieved.

    Args:
        name: as readers see it.
        attempts, solved, unjudged: numbers of outcomes.
        quality: mean over its tasks, with its 95 % interval.
        cost: geometric mean over the tasks that all sets solve, of the mean cost of its successes.
        cost_per_solved: cost of all its attempts of known cost, over those that succeeded.
        spent: mean cost of an attempt, failures included, over the tasks that all sets attempted at a known cost.
        failures: how many failed, by kind.
        on_frontier: no other set has both at least its quality and spends at most as much, one of them better.
        beside: the set compared with the baseline; None for the baseline itself.
        refusal: why there is no comparison, empty where there is one.
    """

    name: str
    attempts: int
    solved: int
    unjudged: int
    quality: Result
    cost: Result
    cost_per_solved: Result
    spent: Result
    failures: Mapping[str, int]
    on_frontier: bool = False
    beside: Comparison | None = None
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """What a page says.

    Args:
        cost: name of the cost that is compared.
        paid: what is spent for a solved item and on the frontier: the cost, or `price_usd` where prices were given.
        sets: the best first: by quality, then by cost.
        baseline: the set that the others are compared with, empty for a single set.
        comparison: of the two sets that the verdict is about.
        verdict: one sentence.
        tasks: that any set attempted.
        solved_by_all: tasks that every set solves that solves any; typical costs are over these.
        cheapest: the least cost of a success by task, references included.
        graded: whether a quality lies between 0 and 1.
        caveats: of the outcomes, with their number, and of the comparisons.
    """

    cost: str
    paid: str
    sets: tuple[SetFinding, ...]
    baseline: str
    comparison: Comparison | None
    verdict: str
    tasks: int
    solved_by_all: frozenset[str]
    cheapest: Mapping[str, float]
    graded: bool
    caveats: tuple[str, ...]

    @property
    def unit(self) -> str:
        """Of the cost."""
        return unit_of(self.cost)


def findings(
    gathered: Gathered,
    *,
    cost: str | None = None,
    baseline: str | None = None,
    allow: Collection[str] = (),
    prices: Mapping[str, float] = _FREE,
) -> Findings:
    """Rank, compare and doubt.

    Args:
        gathered: at least one set.
        cost: name of the cost; None: `chosen_cost`.
        baseline: name of a set; None: the first of several parts, else the best set.
        allow: parts of the provenance that may differ.
        prices: dollars for one unit of each cost that is paid for, for what a solved item costs and the frontier.
    Raises: InvalidOption where there is no outcome, or no set of the baseline's name.
    """
    sets = gathered.sets
    if not sets:
        raise InvalidOption("there is no outcome to show yet")
    if baseline is not None and baseline not in sets:
        raise InvalidOption(f"there is no set {baseline!r} to compare with; there are {', '.join(sets)}")
    cost = cost or chosen_cost(outcome for group in sets.values() for outcome in group)
    unit_of(cost)
    known = {name for group in sets.values() for outcome in group for name in outcome.cost}
    if known and cost not in known:
        raise InvalidOption(f"no outcome knows the cost {cost}; there are {', '.join(sorted(known))}")
    common = _solved_by_all(sets.values(), cost)
    named = {name: [_as_member(one, name) for one in group] for name, group in sets.items()}
    frontier = ParetoSet(cost=cost, prices=prices)
    everything = [outcome for group in named.values() for outcome in group]
    attempted_by_all = frozenset(frontier.terms(everything, ()))
    best = {place.candidate_set for place in frontier.places(everything) if place.is_best}
    basis = _Basis(cost, prices, common, attempted_by_all, frozenset(best))
    found = sorted((_of_set(name, group, basis) for name, group in named.items()), key=_rank)
    one, other = _decisive(gathered, found, baseline)
    comparison, refusal = _attempted(sets, one, other, cost, allow) if other else (None, "")
    first = baseline or (one if len(gathered.parts) > 1 or len(sets) == 2 else found[0].name)
    verdicts = {(one, other): (comparison, refusal)}
    found = _compared(found, first, verdicts, lambda a, b: _attempted(sets, a, b, cost, allow))
    return Findings(
        cost=cost,
        paid="price_usd" if prices else cost,
        sets=tuple(found),
        baseline=first if len(sets) > 1 else "",
        comparison=comparison,
        verdict=comparison.verdict if comparison else refusal or _alone(found[0], cost),
        tasks=len({outcome.task for group in sets.values() for outcome in group}),
        solved_by_all=common,
        cheapest=_cheapest([outcome for _, outcome in gathered.outcomes], cost),
        graded=any(outcome.quality not in {None, 0.0, 1.0} for group in sets.values() for outcome in group),
        caveats=tuple(_caveats(gathered, comparison, common)),
    )


def chosen_cost(outcomes: Iterable[Outcome]) -> str:
    """The cost that most successes know; among equals `wasm_instructions`, `latency_s`, then the first by name."""
    known = Counter(name for outcome in outcomes if outcome.succeeded for name in outcome.cost)
    if not known:
        return _PREFERRED[0]
    most = max(known.values())
    return next((name for name in _PREFERRED if known[name] == most), min(n for n in known if known[n] == most))


def _solved_by_all(groups: Iterable[Sequence[Outcome]], cost: str) -> frozenset[str]:
    solved = [tasks for group in groups if (tasks := {one.task for one in group if priced(one, cost)})]
    return frozenset(set.intersection(*solved)) if solved else frozenset()


@dataclass(frozen=True, slots=True)
class _Basis:
    """What every set is measured on."""

    cost: str
    prices: Mapping[str, float]
    solved_by_all: frozenset[str]
    attempted_by_all: frozenset[str]
    frontier: frozenset[str]


def _as_member(outcome: Outcome, name: str) -> Outcome:
    return outcome if outcome.candidate_set == name else replace(outcome, candidate_set=name)


def _of_set(name: str, group: Sequence[Outcome], basis: _Basis) -> SetFinding:
    per_solved = CostPerSolved(cost=basis.cost, prices=basis.prices)
    return SetFinding(
        name=name,
        attempts=len(group),
        solved=sum(outcome.succeeded for outcome in group),
        unjudged=sum(outcome.quality is None for outcome in group),
        quality=evaluate(MeanQuality(), group),
        cost=evaluate(TypicalCost(basis.cost, basis.solved_by_all), group),
        cost_per_solved=evaluate(per_solved, group),
        spent=evaluate(MeanAmount(per_solved, basis.attempted_by_all), group),
        failures=dict(Counter(one.failure.kind for one in group if one.failure is not None).most_common()),
        on_frontier=name in basis.frontier,
    )


def _rank(found: SetFinding) -> tuple[float, float]:
    cost = math.inf if found.cost.value is None else found.cost.value
    return (-(found.quality.value or 0.0), cost)


def _compared(
    found: Sequence[SetFinding],
    baseline: str,
    known: Mapping[tuple[str, str], _Verdict],
    attempted: Callable[[str, str], _Verdict],
) -> list[SetFinding]:
    beside = []
    for place, one in enumerate(found):
        if one.name == baseline:
            beside.append(one)
        elif place > _MOST_BESIDE:
            beside.append(replace(one, refusal=f"only the best {_MOST_BESIDE} sets are compared with {baseline}"))
        else:
            comparison, refusal = known.get((baseline, one.name)) or attempted(baseline, one.name)
            beside.append(replace(one, beside=comparison, refusal=refusal))
    return beside


def _decisive(gathered: Gathered, found: Sequence[SetFinding], baseline: str | None) -> tuple[str, str]:
    """What the verdict compares: two sets as they were named, the best with the baseline or with the second-best."""
    if len(found) < 2:
        return found[0].name, ""
    if baseline is not None:
        return baseline, next(one.name for one in found if one.name != baseline)
    if len(gathered.parts) > 1:
        first, second = list(gathered.sets)[:2]
        return first, second
    return found[1].name, found[0].name


def _attempted(
    sets: Mapping[str, Sequence[Outcome]], first: str, second: str, cost: str, allow: Collection[str]
) -> _Verdict:
    sides = Side(first, sets[first]), Side(second, sets[second])
    try:
        comparison = compare(*sides, cost=cost, resolution=Resolution(absolute=unresolved), allow=allow)
    except NotComparable as refused:
        return None, f"Not comparable: {refused.args[0]}."
    if not comparison.common_tasks:
        return None, f"{first} and {second} have no judged task in common, so neither can be called better."
    return comparison, ""


def _alone(found: SetFinding, cost: str) -> str:
    """What can be said of a single set."""
    quality = (
        "nothing could be judged" if found.quality.value is None else f"a mean quality of {found.quality.value:.3f}"
    )
    tasks = f"{found.quality.n:,} task{'' if found.quality.n == 1 else 's'}"
    spent = "" if found.cost.value is None else f", at a typical {found.cost.value:,.4g} {cost} a solved task"
    return f"{found.name}: {quality} over {tasks}{spent}. With one set there is nothing to compare."


def _cheapest(outcomes: Iterable[Outcome], cost: str) -> dict[str, float]:
    cheapest: dict[str, float] = {}
    for outcome in outcomes:
        if priced(outcome, cost):
            cheapest[outcome.task] = min(outcome.cost[cost], cheapest.get(outcome.task, math.inf))
    return cheapest


def _caveats(gathered: Gathered, comparison: Comparison | None, common: frozenset[str]) -> Iterable[str]:
    outcomes = [outcome for group in gathered.sets.values() for outcome in group]
    said = Counter(caveat for outcome in outcomes for caveat in outcome.caveats)
    for caveat, times in said.most_common(_MOST_CAVEATS):
        yield f"{caveat} ({times:,} of {len(outcomes):,} outcomes)"
    if len(said) > _MOST_CAVEATS:
        yield f"{len(said) - _MOST_CAVEATS:,} more caveats are in the stored outcomes"
    if comparison is not None:
        yield from comparison.doubts
        yield from (caveat for caveat in comparison.caveats if caveat not in said)
    if len(gathered.sets) > 1 and not common:
        yield "no task is solved by every set, so typical costs cannot be set beside each other"
    for part in gathered.parts:
        if part.run is not None and not part.run.finished:
            yield f"the run {part.run.name} is not finished: {len(part.outcomes):,} of {part.run.planned:,} outcomes"
