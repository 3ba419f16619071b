"""Cost at a required quality: the least that must be paid for it."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from perfwise.core.metric import Direction
from perfwise.core.metrics._points import Points
from perfwise.errors import InvalidMetric

__all__ = ["CostAtQuality"]


@dataclass(frozen=True)
class CostAtQuality(Points):
    """Mean cost of an attempt by the cheapest set that reaches the quality. Not defined where none does.

    With `mixed`, also two sets that are taken at random, in the proportion that just reaches it: the frontier is then
    the lower hull of the points.

    Args:
        cost: name of the cost.
        prices: dollars for one unit of each cost, in place of one cost.
        required: mean quality that is asked for, 0 to 1.
        mixed: whether a mixture of two sets will do.

    Source: Hu et al., RouterBench: A Benchmark for Multi-LLM Routing System, arXiv:2403.12031, for the hull.
    """

    required: float = 0.9
    mixed: bool = False
    direction: ClassVar[Direction] = "lower"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.required <= 1:
            raise InvalidMetric(f"the required quality must be 0 to 1, not {self.required!r}")

    @property
    def name(self) -> str:
        """E.g. `cost_at_quality(0.9, gpu_s)`."""
        return self.named("cost_at_quality", f"{self.required:g}")

    @property
    def unit(self) -> str:
        """That of the amount."""
        return self.amount_unit

    def combine(self, terms: NDArray[np.float64]) -> NDArray[np.float64]:
        """The least of the costs; NaN where the quality is not reached."""
        quality, amount = self.means(terms)
        least = np.where(quality >= self.required, amount, np.inf).min(axis=-1)
        if self.mixed:
            least = np.minimum(least, self._mixtures(quality, amount))
        return np.where(np.isfinite(least), least, np.nan)

    def _mixtures(self, quality: NDArray[np.float64], amount: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of each set below the quality with each that reaches it, the cheapest."""
        low_q, high_q = quality[..., :, np.newaxis], quality[..., np.newaxis, :]
        low_c, high_c = amount[..., :, np.newaxis], amount[..., np.newaxis, :]
        spans = (low_q < self.required) & (high_q >= self.required)
        with np.errstate(divide="ignore", invalid="ignore"):
            between = low_c + (self.required - low_q) / (high_q - low_q) * (high_c - low_c)
        return np.asarray(np.where(spans, between, np.inf).min(axis=(-2, -1)))
