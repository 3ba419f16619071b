"""All outcomes of a run -> metrics by set, a ranking, and the verdict between the best two."""

import dataclasses
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from perfwise.core.compare import Comparison, Resolution, Side, compare
from perfwise.core.cost import unit_of
from perfwise.core.family import Family
from perfwise.core.metric import Direction, Metric, Result, Terms, evaluate
from perfwise.core.outcome import Outcome
from perfwise.core.task import REFERENCE
from perfwise.errors import InvalidMetric, NotComparable
from perfwise.programs.contracts import cases_of
from perfwise.programs.resolution import unresolved

__all__ = ["USUAL_KS", "Scores", "default_metrics", "made_metrics", "score", "sets_of"]

USUAL_KS = (1, 10, 100)
_METRICS = Family("perfwise.programs.metrics")
_EXACT = (
    "counts repeat exactly for the same bytes of program and guest; differences below 0.2 % or 1,000 instructions a "
    "call are ties"
)
_EXACT_COMPILED = "counts repeat exactly for the same bytes of program and version of what runs it"


@dataclass(frozen=True, slots=True)
class Scores:
    """What a run says.

    Args:
        overall: every metric over the candidates of all sets together.
        sets: every metric by set, with the typical cost (named after the cost) as the last.
        ranking: names of the sets, the best first.
        comparison: the best set beside the second, where there are two on common tasks.
        samples, distinct: candidates, and how many of them were run because no other could have the same outcome.
        behaviours: how many of these answer differently on the inputs of their task; those that were stopped count as
            one for each text.
        caveats: what makes the numbers doubtful.
        failures: how many of the candidates failed, by kind.
    """

    overall: tuple[Result, ...]
    sets: Mapping[str, tuple[Result, ...]]
    ranking: tuple[str, ...]
    comparison: Comparison | None
    samples: int
    distinct: int
    behaviours: int
    caveats: tuple[str, ...]
    failures: Mapping[str, int] = field(default_factory=dict)


def sets_of(outcomes: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    """Outcomes by set, in the order in which the sets first come, the references among them."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(outcome.candidate_set, []).append(outcome)
    return groups


def made_metrics(names: Sequence[str], ks: Sequence[int], cost: str) -> list[Metric]:
    """Metrics by the names of their files, one for each k where they have one, on the given cost.

    Raises: InvalidOption for an unknown name; `all` stands for every metric.
    """
    names = _METRICS.names() if "all" in names else list(dict.fromkeys(names))
    return [metric for name in names for metric in _made(_METRICS.get(name), ks, cost)]


def _made(method: Any, ks: Sequence[int], cost: str) -> Iterable[Metric]:
    defaults = {field.name: field.default for field in dataclasses.fields(method)}
    # A metric that asks for another cost by default is defined for that cost only.
    keywords = {"cost": cost} if defaults.get("cost") == "wasm_instructions" else {}
    return [method(k=k, **keywords) for k in ks] if "k" in defaults else [method(**keywords)]


def default_metrics(outcomes: Sequence[Outcome], ks: Sequence[int], cost: str) -> list[Metric]:
    """The metrics that these outcomes can support: quality first, then what the suite's references allow.

    Args:
        outcomes: of a run.
        ks: those asked for, kept where they are not defined, with a note in the place of a value; behind the defined
            ones, and behind 1 where none is, since the first metric ranks. Empty: the defined ones of 1, 10 and 100.
        cost: name of the cost.
    """
    groups = sets_of(outcomes)
    references = groups.pop(REFERENCE, [])
    most = max((min(Counter(one.task for one in group).values()) for group in groups.values()), default=1)
    defined = [k for k in ks or USUAL_KS if k <= most] or [1]
    chosen = [*defined, *(k for k in ks if k > most)]
    names = ["pass_at_k"]
    if any(case.level > 0 for outcome in references[:50] for case in cases_of(outcome)):
        names.append("eff_at_k")
    if any("score" in outcome.detail for outcome in references):
        names += ["dps", "dps_norm"]
    if not references:
        return made_metrics(names, chosen, cost)
    efficient = made_metrics(["efficient_at_k"], [1], cost)
    bird = made_metrics(["ves", "r_ves"], [], cost) if cost == "vm_steps" else []
    return [*made_metrics(names, chosen, cost), *efficient, *bird, *_speedup(cost)]


def _speedup(cost: str) -> list[Metric]:
    return made_metrics(["speedup"], [], cost)


def score(outcomes: Sequence[Outcome], metrics: Sequence[Metric], cost: str) -> Scores:
    """Evaluate every metric on every set, rank the sets by the first metric and compare the best two.

    Args:
        outcomes: of a run; those of the set `@reference` go to the metrics apart and are not ranked.
        metrics: at least one; the first decides the ranking, the typical cost decides ties.
        cost: name of the cost.
    """
    groups = sets_of(outcomes)
    references = groups.pop(REFERENCE, [])
    samples = [outcome for group in groups.values() for outcome in group]
    typical = _TypicalCost(cost, frozenset(_solved_by_all(groups.values(), cost)))
    sets = {name: tuple(_evaluated([*metrics, typical], group, references, samples)) for name, group in groups.items()}
    only = next(iter(sets.values())) if len(sets) == 1 else None
    overall = only or tuple(_evaluated([*metrics, typical], samples, references, samples))
    ranking = tuple(sorted(sets, key=lambda name: _rank(sets[name])))
    comparison, refusal = _best_two(ranking, groups, cost)
    return Scores(
        overall,
        sets,
        ranking,
        comparison,
        len(samples),
        len({outcome.key for outcome in samples}),
        len({str(outcome.detail.get("behaviour") or outcome.key) + outcome.task for outcome in samples}),
        (*_caveats(samples, references, cost), *refusal, *_notes(sets)),
        Counter(outcome.failure.kind for outcome in samples if outcome.failure is not None),
    )


@dataclass(frozen=True)
class _TypicalCost:
    """Geometric mean over tasks of the geometric mean cost of the right samples."""

    cost: str
    tasks: frozenset[str]
    direction: ClassVar[Direction] = "lower"

    @property
    def name(self) -> str:
        return self.cost

    @property
    def unit(self) -> str:
        return unit_of(self.cost)

    def terms(self, outcomes: Sequence[Outcome], references: Sequence[Outcome]) -> Terms:  # noqa: ARG002
        logs: dict[str, list[float]] = {}
        for outcome in outcomes:
            if outcome.task in self.tasks and _priced(outcome, self.cost):
                logs.setdefault(outcome.task, []).append(math.log(outcome.cost[self.cost]))
        return {task: (sum(values) / len(values),) for task, values in logs.items()}

    def combine(self, terms: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.exp(terms[..., 0].mean(axis=-1)))


def _priced(outcome: Outcome, cost: str) -> bool:
    return outcome.quality == 1.0 and outcome.cost.get(cost, 0) > 0


def _solved_by_all(groups: Iterable[Sequence[Outcome]], cost: str) -> set[str]:
    """Tasks that every set solves that solves any: only there are costs of several sets costs of the same thing."""
    by_set = [{outcome.task for outcome in group if _priced(outcome, cost)} for group in groups]
    solved = [tasks for tasks in by_set if tasks]
    return set.intersection(*solved) if solved else set()


def _evaluated(
    metrics: Sequence[Metric], group: Sequence[Outcome], references: Sequence[Outcome], samples: Sequence[Outcome]
) -> Iterable[Result]:
    shipped = any("score" in outcome.detail for outcome in references)
    for metric in metrics:
        # A metric that places a program among many known ones takes all sets together for known.
        pooled = getattr(metric, "among_known_solutions", False) and not shipped
        try:
            yield evaluate(metric, group, [*references, *samples] if pooled else references)
        except InvalidMetric as undefined:
            note = undefined.args[0]
            yield Result(metric.name, None, None, None, metric.unit, 0, metric.direction, note)


def _rank(results: Sequence[Result]) -> tuple[float, float]:
    """Sorts the best first: by the first metric, then by the cost."""
    first, cost = results[0], results[-1]
    sign = -1 if first.direction == "higher" else 1
    return (math.inf if first.value is None else sign * first.value, math.inf if cost.value is None else cost.value)


def _best_two(
    ranking: Sequence[str], groups: Mapping[str, Sequence[Outcome]], cost: str
) -> tuple[Comparison | None, list[str]]:
    if len(ranking) < 2:
        return None, []
    best, second = (Side(name, groups[name]) for name in ranking[:2])
    try:
        comparison = compare(second, best, cost=cost, resolution=Resolution(absolute=unresolved))
    except NotComparable as refused:
        return None, [refused.args[0]]
    return (comparison, []) if comparison.common_tasks else (None, ["the best two sets have no task in common"])


def _caveats(samples: Sequence[Outcome], references: Sequence[Outcome], cost: str) -> list[str]:
    counted = [outcome for outcome in samples if cost in outcome.cost]
    exact = [outcome for outcome in counted if outcome.provenance.machine == "any"]
    interpreted = any(outcome.provenance.interpreter.startswith("CPython") for outcome in exact)
    told = [_EXACT if interpreted else _EXACT_COMPILED] if exact else []
    said = Counter(caveat for outcome in samples for caveat in outcome.caveats)
    if len(ran := sorted({one.provenance.interpreter for one in [*counted, *references] if cost in one.cost})) > 1:
        told.append(f"costs of different languages are set beside each other: {', '.join(ran)}")
    told += [f"{caveat} ({_outcomes(times)})" for caveat, times in said.most_common(10)]
    if len(said) > 10:
        told.append(f"{len(said) - 10} more caveats are in the stored outcomes")
    for kind, meaning in _FAILURES.items():
        if times := sum(outcome.failure is not None and outcome.failure.kind == kind for outcome in samples):
            told.append(f"{_outcomes(times)} {meaning}")
    if unpriced := sum(outcome.quality == 1.0 for outcome in samples) - sum(_priced(one, cost) for one in samples):
        told.append(
            f"{_outcomes(unpriced)} right at no known {cost}, or one too small to tell; left out where costs are scored"
        )
    if wrong := sorted({one.task for one in references if one.failure is not None}):
        told.append(f"a solution of the suite's own fails on {len(wrong)} task(s): {_some(wrong)}")
    return told


_FAILURES = {
    "task-fault": "could not be judged, because the task's own script fails",
    "unsupported": "could not be measured: the program needs what its meter does not have; Python may run with"
    " --fallback valgrind or --allow-native",
}


def _outcomes(times: int) -> str:
    return f"{times:,} outcome" if times == 1 else f"{times:,} outcomes"


def _notes(sets: Mapping[str, Sequence[Result]]) -> list[str]:
    """Why values are missing or doubtful, each reason once with all the values that it touches."""
    touched: dict[str, list[str]] = {}
    scored = 0
    for name, results in sets.items():
        for result in results:
            scored += result.value is not None
            if result.note:
                label = result.name if len(sets) == 1 else f"{result.name} of {name}"
                touched.setdefault(result.note, []).append(label)
    # What holds for every value needs no list of them.
    return [note if len(labels) == scored else f"{note} ({_some(labels)})" for note, labels in touched.items()]


def _some(names: Sequence[str], most: int = 5) -> str:
    return ", ".join(names[:most]) + (f", and {len(names) - most} more" if len(names) > most else "")
