"""Hypervolume: how much of what is possible a choice of candidate sets offers."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from perfwise.core.metric import Direction
from perfwise.core.metrics._points import Points
from perfwise.errors import InvalidMetric

__all__ = ["Hypervolume"]


@dataclass(frozen=True)
class Hypervolume(Points):
    """Share of the box of qualities and costs that some set is at least as good as, at no more cost.

    The box reaches from `reference_quality` to 1 and from no cost to `reference_cost`. A perfect set at no cost would
    have 1. It is one number for a whole frontier, comparable only at equal references.

    Args:
        cost: name of the cost.
        prices: dollars for one unit of each cost, in place of one cost.
        reference_cost: of the box's end, above 0; None: the mean cost of the dearest set, which then adds nothing.
        reference_quality: of the box's floor, at least 0 and below 1.

    Source: Zitzler and Thiele, Multiobjective Optimization Using Evolutionary Algorithms, PPSN V, 1998.
    Differs: divided by the area of the box.
    """

    reference_cost: float | None = None
    reference_quality: float = 0.0
    unit: ClassVar[str] = "share"
    direction: ClassVar[Direction] = "higher"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.reference_cost is not None and not self.reference_cost > 0:
            raise InvalidMetric(f"the reference cost must be above 0, not {self.reference_cost!r}")
        if not 0 <= self.reference_quality < 1:
            raise InvalidMetric(f"the reference quality must be at least 0 and below 1, not {self.reference_quality!r}")

    @property
    def name(self) -> str:
        """E.g. `hypervolume(gpu_s)`."""
        return self.named("hypervolume")

    def combine(self, terms: NDArray[np.float64]) -> NDArray[np.float64]:
        """Area under the staircase, by the cheapest first. NaN where the box has no width."""
        quality, amount = self.means(terms)
        fixed = self.reference_cost
        end = amount.max(axis=-1, keepdims=True) if fixed is None else np.full((*amount.shape[:-1], 1), fixed)
        order = np.argsort(amount, axis=-1)
        steps = np.concatenate([np.minimum(np.take_along_axis(amount, order, -1), end), end], axis=-1)
        best = np.maximum.accumulate(np.take_along_axis(quality, order, -1), axis=-1)
        area = (np.diff(steps, axis=-1) * np.maximum(best - self.reference_quality, 0.0)).sum(axis=-1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(area / (end[..., 0] * (1 - self.reference_quality)))
