"""How far right programs are apart in cost, and which inputs pull them apart."""

from collections.abc import Sequence
from dataclasses import dataclass

from perfwise.core.outcome import Outcome
from perfwise.programs.contracts import FoundInput, ProgramCandidate
from perfwise.programs.inputs._separation import FLOOR
from perfwise.programs.metrics._clusters import cluster

__all__ = ["Separation", "chosen", "separation"]

_BASE = 0.2  # EvalPerf's least gap when it counts the clusters of a task
_WORTH = 0.8  # a further input may cost so much of the spread, as it guards against luck on the others


@dataclass(frozen=True, slots=True)
class Separation:
    """The separating power of a task's counted inputs.

    Args:
        costs: of each right program by `set:id`, in the meter's unit; None where it is not known.
        spread: dearest / cheapest; None with fewer than two known costs.
        clusters: groups of like cost, by EvalPerf's rule.
    """

    costs: dict[str, float | None]
    spread: float | None
    clusters: int

    def tells_more_than(self, other: "Separation") -> bool:
        """Whether there are more clusters or a wider spread; of a single program, whether it costs more."""
        return self._rank() > other._rank()

    def _rank(self) -> tuple[int, float, float]:
        known = [cost for cost in self.costs.values() if cost is not None]
        if len(known) < len(self.costs):
            return 0, 0.0, 0.0  # a program was stopped: whatever gives each of them a cost tells more
        return self.clusters, 0.0 if self.spread is None else self.spread, max(known, default=0.0)


def separation(right: Sequence[tuple[ProgramCandidate, Outcome]], cost_name: str) -> Separation:
    """Of right programs and their outcomes."""
    costs = {f"{one.candidate_set}:{one.id}": outcome.cost.get(cost_name) for one, outcome in right}
    known = [cost for cost in costs.values() if cost]
    spread = max(known) / min(known) if len(known) > 1 else None
    return Separation(costs, spread, len(cluster(known, _BASE)))


def chosen(found: Sequence[FoundInput], own: Sequence[float], count: int) -> tuple[FoundInput, ...]:
    """The inputs that together tell the programs apart best: more clusters first, then a wider spread.

    Args:
        found: inputs with the costs of each program.
        own: what each program costs on the inputs that are counted anyway.
        count: the most to take.
    """
    left = list(dict.fromkeys(found))
    taken: list[FoundInput] = []
    totals = list(own)
    while left and len(taken) < count:
        best = max(left, key=lambda one: _rank(_sum(totals, one.costs)))
        clusters, spread, _ = _rank(_sum(totals, best.costs))
        had_clusters, had_spread, _ = _rank(totals)
        if taken and (clusters < had_clusters or spread < _WORTH * had_spread):
            break
        left.remove(best)
        taken.append(best)
        totals = _sum(totals, best.costs)
    return tuple(taken)


def _sum(first: Sequence[float], second: Sequence[float]) -> list[float]:
    return [a + b for a, b in zip(first, second, strict=True)]


def _rank(costs: Sequence[float]) -> tuple[int, float, float]:
    known = [max(cost, FLOOR) for cost in costs]
    return len(cluster(known, _BASE)), max(known) / min(known), max(known)
