"""How a program's cost grows with the size of its inputs: outcomes -> fitted classes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from perfwise.core.outcome import Outcome
from perfwise.kit.growth import Growth, fitted_growth
from perfwise.programs.contracts import cases_of

__all__ = ["CandidateGrowth", "growth_of", "growths"]


@dataclass(frozen=True, slots=True)
class CandidateGrowth:
    """Of one candidate on one task.

    Args:
        task, candidate_set, candidate: which.
        sizes: ascending, that it was right on at a known cost.
        costs: by size, the mean.
        fit: None where no class can be named.
    """

    task: str
    candidate_set: str
    candidate: str
    sizes: tuple[float, ...]
    costs: tuple[float, ...]
    fit: Growth | None


def growth_of(outcome: Outcome) -> CandidateGrowth:
    """The growth of an outcome over the cases that it was right on."""
    by_size: dict[float, list[float]] = {}
    sizes = outcome.detail.get("case_n")
    told: Sequence[Any] = sizes if isinstance(sizes, list) else ()
    for size, case in zip(told, cases_of(outcome), strict=False):
        if case.verdict == "ok" and case.cost and isinstance(size, int) and size > 0:
            by_size.setdefault(float(size), []).append(case.cost)
    ascending = tuple(sorted(by_size))
    costs = tuple(sum(by_size[size]) / len(by_size[size]) for size in ascending)
    fit = fitted_growth(ascending, costs)
    return CandidateGrowth(outcome.task, outcome.candidate_set, outcome.candidate, ascending, costs, fit)


def growths(outcomes: Iterable[Outcome]) -> list[CandidateGrowth]:
    """Of every outcome that has a cost by case, in their order."""
    return [growth_of(outcome) for outcome in outcomes if any(case.cost for case in cases_of(outcome))]
