"""Benchmarks out of tasks and solutions: which tasks tell programs apart, on which input, against which references."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, pstdev
from typing import Literal, TypeAlias

import numpy as np

from perfwise.core.outcome import Outcome
from perfwise.core.study import Progress, Study
from perfwise.core.task import REFERENCE
from perfwise.errors import InvalidOption
from perfwise.programs.contracts import CaseResult, ProgramCandidate, ProgramTask, cases_of
from perfwise.programs.engine import ProgramEngine
from perfwise.programs.metrics._clusters import cluster, clustered_references
from perfwise.programs.reading import Inputs, with_references
from perfwise.programs.workers import Workers
from perfwise.programs.writing import only_counted

__all__ = ["FILTERS", "Curated", "Rules", "curate", "curated", "survivors"]

Filter: TypeAlias = Literal["", "input", "solutions", "cost", "variation", "clusters"]

FILTERS: Mapping[Filter, str] = {
    "input": "have a reference, and an input that every right solution survives",
    "solutions": "have enough right solutions",
    "cost": "cost their cheapest solution enough",
    "variation": "are measured steadily enough",
    "clusters": "tell enough clusters apart",
}
"""The filters in their order, and what a task that survives them does."""


@dataclass(frozen=True, slots=True)
class Rules:
    """EvalPerf's filters.

    Args:
        min_solutions: right solutions of different text that a task needs.
        min_cost: the least that the cheapest may cost, in the meter's unit.
        max_variation: the most that the 99th percentile over solutions of standard deviation / mean may be. It is 0
            with one round, and with an exact meter on programs without randomness.
        min_clusters: groups of like cost that a task needs.
        filter_base: least relative gap between clusters, where they are counted.
        base: the same, where the references are chosen.
        rounds: how often each solution is measured.

    Source: Liu et al., "Evaluating Language Models for Efficient Code Generation", COLM 2024, arXiv:2408.06450.
    """

    min_solutions: int = 10
    min_cost: float = 10_000
    max_variation: float = 0.05
    min_clusters: int = 4
    filter_base: float = 0.20
    base: float = 0.10
    rounds: int = 1

    def __post_init__(self) -> None:
        if min(self.min_solutions, self.min_clusters, self.rounds) < 1:
            raise InvalidOption("min_solutions, min_clusters and rounds must be at least 1")
        if min(self.min_cost, self.max_variation, self.filter_base, self.base) < 0:
            raise InvalidOption("min_cost, max_variation, filter_base and base must be at least 0")


@dataclass(frozen=True, slots=True)
class Curated:
    """What became of one task.

    Args:
        task: its id.
        made: the task with one counted input and clustered references; None if a filter dropped it.
        dropped: the first filter that it did not survive, empty if it survived all.
        why: in words, where it was dropped.
        solutions: right ones of different text, the references among them.
        cheapest: cost of the cheapest on the chosen input.
        clusters: groups of like cost by the filter's rule.
        case: number of the chosen input among the task's cases.
    """

    task: str
    made: ProgramTask | None
    dropped: Filter
    why: str = ""
    solutions: int = 0
    cheapest: float | None = None
    clusters: int = 0
    case: int | None = None


@dataclass(frozen=True, slots=True)
class _Solution:
    """A right solution: what the cases cost it in each round."""

    program: ProgramCandidate
    rounds: tuple[tuple[CaseResult, ...], ...]

    def survives(self, case: int) -> bool:
        return all(cases[case].verdict == "ok" for cases in self.rounds)

    def costs(self, case: int) -> list[float]:
        return [cases[case].cost or 0.0 for cases in self.rounds]


def curate(
    inputs: Inputs,
    engine: ProgramEngine,
    rules: Rules = Rules(),
    *,
    workers: Workers | None = None,
    progress: Progress | None = None,
) -> list[Curated]:
    """Run every solution on its task, then hold each task to the rules.

    Args:
        inputs: tasks and solutions.
        engine: runs them.
        rules: which tasks are kept.
        workers: where to; None: in this process.
        progress: called with the attempts that are finished and all of them.
    """
    programs = with_references(inputs)
    study = Study.paired(inputs.tasks, programs, engine, range(rules.rounds))
    executor, count = (None, 1) if workers is None else (workers.executor, workers.count)
    groups: dict[str, list[Outcome]] = {task.id: [] for task in inputs.tasks}
    for outcome in study.run(executor, in_flight=2 * count, progress=progress):
        groups[outcome.task].append(outcome)
    texts = {(one.task, one.candidate_set, one.id): one for one in programs}
    return [curated(task, groups[task.id], texts, rules) for task in inputs.tasks]


def curated(
    task: ProgramTask,
    outcomes: Sequence[Outcome],
    programs: Mapping[tuple[str, str, str], ProgramCandidate],
    rules: Rules,
) -> Curated:
    """One task held to the rules.

    Args:
        task: whose programs were run.
        outcomes: of its references and solutions, from each round.
        programs: by task, set and id.
        rules: to hold it to.
    """
    solutions = _right_solutions(outcomes, programs)
    canonical = next((one for one in solutions if one.program.candidate_set == REFERENCE), None)
    if canonical is None:
        failed = next((one.failure for one in outcomes if one.candidate_set == REFERENCE), "there is none")
        return Curated(task.id, None, "input", f"no right reference: {failed}", len(solutions))
    case = _costliest_survived(canonical, solutions)
    if case is None:
        return Curated(task.id, None, "input", "no input is survived by every right solution", len(solutions))
    return _filtered(task, solutions, case, rules)


def survivors(results: Sequence[Curated]) -> dict[Filter, int]:
    """How many tasks are left after each filter, in their order."""
    dropped = Counter(one.dropped for one in results)
    left, counts = len(results), {}
    for name in FILTERS:
        left -= dropped[name]
        counts[name] = left
    return counts


def _right_solutions(
    outcomes: Sequence[Outcome], programs: Mapping[tuple[str, str, str], ProgramCandidate]
) -> list[_Solution]:
    """Solutions that are right wherever they were not stopped on an input that is made to cost; each text once."""
    rounds: dict[tuple[str, str, str], list[tuple[CaseResult, ...]]] = {}
    for outcome in outcomes:
        rounds.setdefault(outcome.attempt[:3], []).append(cases_of(outcome))
    right: dict[str, _Solution] = {}
    for name, results in rounds.items():
        if all(map(_is_right, results)):
            right.setdefault(programs[name].digest, _Solution(programs[name], tuple(results)))
    return list(right.values())


def _is_right(cases: tuple[CaseResult, ...]) -> bool:
    allowed = {"ok", "stopped", "not-run"}
    tests = [case for case in cases if not case.stress]
    return (
        bool(cases)
        and all(case.verdict in allowed for case in cases)
        and all(case.verdict == "ok" for case in tests or cases)
    )


def _costliest_survived(canonical: _Solution, solutions: Sequence[_Solution]) -> int | None:
    """Of the inputs that are made to cost, where there are any, the one that costs the canonical solution most."""
    cases = canonical.rounds[0]
    has_stress = any(case.stress for case in cases)
    counted = [number for number, case in enumerate(cases) if case.stress or not has_stress]
    survived = [number for number in counted if all(one.survives(number) for one in solutions)]
    return max(survived, key=lambda number: fmean(canonical.costs(number)), default=None)


def _filtered(task: ProgramTask, solutions: list[_Solution], case: int, rules: Rules) -> Curated:
    means = [fmean(one.costs(case)) for one in solutions]
    clusters = len(cluster([mean for mean in means if mean > 0], rules.filter_base))
    found = Curated(task.id, None, "", "", len(solutions), min(means), clusters, case)
    variations = [pstdev(one.costs(case)) / mean for one, mean in zip(solutions, means, strict=True) if mean > 0]
    variation = float(np.percentile(variations, 99)) if variations else 0.0
    failed: list[tuple[bool, Filter, str]] = [
        (len(solutions) < rules.min_solutions, "solutions", f"{len(solutions)} right solutions"),
        (min(means) < rules.min_cost, "cost", f"the cheapest solution costs {min(means):,.0f}"),
        (variation > rules.max_variation, "variation", f"costs vary by {variation:.1%}"),
        (clusters < rules.min_clusters, "clusters", f"{clusters} clusters"),
    ]
    for fails, name, why in failed:
        if fails:
            return replace(found, dropped=name, why=why)
    return replace(found, made=_made(task, solutions, means, case, rules))


def _made(task: ProgramTask, solutions: list[_Solution], means: list[float], case: int, rules: Rules) -> ProgramTask:
    """The task with the one input counted and a reference for each cluster: its slowest member, with its score."""
    by_cost = {mean: one.program for one, mean in zip(solutions, means, strict=True)}
    references = tuple(
        ProgramCandidate(
            str(position),
            REFERENCE,
            task.id,
            by_cost[reference.cost].source,
            {"score": reference.score, "from": f"{by_cost[reference.cost].candidate_set}:{by_cost[reference.cost].id}"},
            by_cost[reference.cost].language,
        )
        for position, reference in enumerate(clustered_references(means, rules.base))
    )
    return replace(only_counted(task, case), references=references)
