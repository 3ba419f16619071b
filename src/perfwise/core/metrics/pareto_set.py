"""Pareto set: which candidate sets are worth their cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from perfwise.core.metric import Direction
from perfwise.core.metrics._points import Points, on_frontier
from perfwise.core.outcome import Outcome

__all__ = ["ParetoSet"]


class Place(NamedTuple):
    """One candidate set: mean quality, mean amount, and whether no other has both at least as good and one better."""

    candidate_set: str
    quality: float
    amount: float
    is_best: bool


@dataclass(frozen=True)
class ParetoSet(Points):
    """Number of sets that no other set beats: at least as good at no more cost, and better in one of them.

    `places` says which they are. Equal sets do not beat each other.

    Args:
        cost: name of the cost.
        prices: dollars for one unit of each cost, in place of one cost.

    Source: Kung, Luccio and Preparata, On Finding the Maxima of a Set of Vectors, Journal of the ACM 22 (1975).
    """

    unit: ClassVar[str] = "sets"
    direction: ClassVar[Direction] = "higher"

    @property
    def name(self) -> str:
        """E.g. `pareto_set(gpu_s)`."""
        return self.named("pareto_set")

    def places(self, outcomes: Sequence[Outcome]) -> tuple[Place, ...]:
        """Every set, the cheapest first; nothing where the sets have no task in common."""
        terms = self.terms(outcomes, ())
        if not terms:
            return ()
        quality, amount = self.means(np.array(list(terms.values()), dtype=np.float64))
        best = on_frontier(quality, amount)
        rows = zip(self.sets(outcomes), quality, amount, best, strict=True)
        places = [Place(name, float(q), float(c), bool(is_best)) for name, q, c, is_best in rows]
        return tuple(sorted(places, key=lambda place: (place.amount, -place.quality, place.candidate_set)))

    def combine(self, terms: NDArray[np.float64]) -> NDArray[np.float64]:
        """How many are best."""
        return np.asarray(on_frontier(*self.means(terms)).sum(axis=-1), dtype=np.float64)
