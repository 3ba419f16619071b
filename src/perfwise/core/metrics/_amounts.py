"""What an attempt took: one named cost, or several of them by their prices."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from perfwise.core.cost import unit_of
from perfwise.core.outcome import Outcome
from perfwise.errors import InvalidMetric

__all__ = ["Priced"]


@dataclass(frozen=True)
class Priced:
    """The amount that a metric is about.

    Args:
        cost: name of a cost; not asked where there are prices.
        prices: dollars for one unit of each cost that is paid for, e.g. `{"gpu_s": 0.0007}`.
    Raises: InvalidMetric for a price below 0.
    """

    cost: str = "wasm_instructions"
    prices: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        unit_of(self.cost)
        for name, price in self.prices.items():
            unit_of(name)
            if not price >= 0:
                raise InvalidMetric(f"the price of {name} must be at least 0, not {price!r}")

    @property
    def amount_unit(self) -> str:
        """Of the amount: dollars where there are prices."""
        return "USD" if self.prices else unit_of(self.cost)

    def named(self, metric: str, *parameters: str) -> str:
        """The metric's name with its parameters and what it counts."""
        counted = "+".join(self.prices) if self.prices else self.cost
        return f"{metric}({', '.join([*parameters, counted])})"

    def amount(self, outcome: Outcome) -> float | None:
        """What the attempt took; None where a part of it is not known."""
        if not self.prices:
            return outcome.cost.get(self.cost)
        if any(name not in outcome.cost for name in self.prices):
            return None
        return sum(price * outcome.cost[name] for name, price in self.prices.items())
