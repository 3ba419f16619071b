"""References for differential scores: as a suite ships them, or found by clustering what right programs cost."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, pairwise
from statistics import fmean
from typing import ClassVar

from perfwise.core.metric import Direction, Terms
from perfwise.core.outcome import Outcome
from perfwise.errors import InvalidMetric
from perfwise.programs.metrics._samples import DEFAULT_COST, MeanOverTasks, by_task, costs_by_task, finite, require

__all__ = ["DifferentialScore", "Reference", "cluster", "clustered_references", "match"]


@dataclass(frozen=True, slots=True)
class Reference:
    """The slowest program of one cluster.

    Args:
        cost: what it takes.
        score: per cent of the solutions that are in its cluster or a slower one.
    """

    cost: float
    score: float


def cluster(costs: Sequence[float], base: float) -> list[list[float]]:
    """Groups of like costs, dearest first: cut between a and the next, b, where (a - b) / a > base + sqrt(10000 / a).

    Args:
        costs: counts above 0; the square root makes a cut harder below some 10,000 counts.
        base: least relative gap.
    Source: Liu et al., Evaluating Language Models for Efficient Code Generation, COLM 2024, arXiv:2408.06450.
    """
    ordered = sorted(costs, reverse=True)
    groups = [ordered[:1]] if ordered else []
    for dearer, cheaper in pairwise(ordered):
        if (dearer - cheaper) / dearer > base + math.sqrt(10_000 / dearer):
            groups.append([])
        groups[-1].append(cheaper)
    return groups


def clustered_references(costs: Sequence[float], base: float) -> list[Reference]:
    """One reference a cluster, slow to fast; the scores are cumulative shares and the last is 100."""
    groups = cluster(costs, base)
    scores = (100 * count / len(costs) for count in accumulate(len(group) for group in groups))
    return [Reference(group[0], score) for group, score in zip(groups, scores, strict=True)]


def match(cost: float, references: Sequence[Reference]) -> int:
    """Index of the fastest reference, in a row from slow to fast, whose cost is not exceeded; -1 if there is none."""
    return max((index for index, reference in enumerate(references) if cost <= reference.cost), default=-1)


@dataclass(frozen=True)
class DifferentialScore(MeanOverTasks):
    """What DPS and DPS_norm share: which samples count, and which references they are matched with."""

    min_correct: int = 10
    max_profile: int = 20
    base: float = 0.10
    filter_base: float = 0.20
    min_clusters: int = 4
    cost: str = DEFAULT_COST
    unit: ClassVar[str] = "%"
    direction: ClassVar[Direction] = "higher"
    among_known_solutions: ClassVar[bool] = True

    def __post_init__(self) -> None:
        require(
            min(self.min_correct, self.max_profile, self.min_clusters) >= 1,
            "min_correct, max_profile and min_clusters must be at least 1",
        )
        require(min(self.base, self.filter_base) >= 0, "base and filter_base must be at least 0")

    def terms(self, outcomes: Sequence[Outcome], references: Sequence[Outcome]) -> Terms:
        """Mean score of the profiled samples by task."""
        right = [outcome for outcome in outcomes if outcome.quality == 1.0]
        samples = {t: c for t, c in costs_by_task(right, self.cost).items() if len(c) >= self.min_correct}
        known = self._references(right, references)
        return {
            task: (fmean(self.score(match(cost, known[task]), known[task]) for cost in costs[: self.max_profile]),)
            for task, costs in samples.items()
            if task in known
        }

    def score(self, index: int, references: Sequence[Reference]) -> float:
        """Score of a sample that matches references[index]; index -1: slower than all."""
        raise NotImplementedError

    def _references(self, right: Sequence[Outcome], references: Sequence[Outcome]) -> dict[str, list[Reference]]:
        shipped = self._shipped(references)
        scored = {outcome.task for outcome in references if "score" in outcome.detail}
        everyone = {outcome.attempt: outcome for outcome in chain(references, right) if outcome.task not in scored}
        return shipped | self._clustered(list(everyone.values()))

    def _shipped(self, references: Sequence[Outcome]) -> dict[str, list[Reference]]:
        """References with a score, slow to fast, of the tasks where each of them has a cost."""
        found = {}
        for task, group in by_task(outcome for outcome in references if "score" in outcome.detail).items():
            costs = finite(costs_by_task(group, self.cost)).get(task, [])
            if len(costs) == len(group):
                found[task] = [Reference(cost, _score_of(one)) for one, cost in zip(group, costs, strict=True)]
                found[task].sort(key=lambda reference: reference.score)
        return found

    def _clustered(self, pool: Sequence[Outcome]) -> dict[str, list[Reference]]:
        """References found among right programs, of the tasks that tell enough clusters apart."""
        return {
            task: clustered_references(costs, self.base)
            for task, costs in finite(costs_by_task(pool, self.cost)).items()
            if len(cluster(costs, self.filter_base)) >= self.min_clusters
        }


def _score_of(reference: Outcome) -> float:
    score = reference.detail["score"]
    if not isinstance(score, int | float):
        raise InvalidMetric(f"the score of reference {reference.candidate} of {reference.task} is {score!r}, no number")
    return float(score)
