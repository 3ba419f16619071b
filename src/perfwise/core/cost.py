"""`Cost`: named amounts, each with a unit in its name."""

import functools
import math
from collections.abc import Iterator, Mapping

from perfwise.errors import InvalidOption

__all__ = ["Cost", "unit_of"]

_UNITS = {
    "wasm_instructions": "instructions",
    "instructions": "instructions",
    "vm_steps": "steps",
    "tokens": "tokens",
}
_SUFFIXES = {
    "_instructions": "instructions",
    "_tokens": "tokens",
    "_steps": "steps",
    "_bytes": "bytes",
    "_s": "s",
    "_j": "J",
    "_w": "W",
    "_usd": "USD",
}


@functools.lru_cache(maxsize=1024)  # every cost that is made asks
def unit_of(name: str) -> str:
    """The unit of a cost by its name (`cpu_s` -> `s`). Raises: InvalidOption for a name that carries no unit."""
    if name in _UNITS:
        return _UNITS[name]
    for suffix, unit in _SUFFIXES.items():
        if name.endswith(suffix):
            return unit
    raise InvalidOption(f"the cost {name!r} carries no unit; end it in one of {', '.join(_SUFFIXES)}")


class Cost(Mapping[str, float]):
    """Named, finite, non-negative amounts. An unknown amount is absent: never 0, never NaN.

    >>> Cost(wasm_instructions=1200)["wasm_instructions"]
    1200
    >>> (Cost(cpu_s=1.0) + Cost(cpu_s=0.5, peak_bytes=10)).as_dict()
    {'cpu_s': 1.5}
    """

    __slots__ = ("_amounts",)

    def __init__(self, **amounts: float) -> None:
        for name, amount in amounts.items():
            unit_of(name)
            if not math.isfinite(amount) or amount < 0:
                raise InvalidOption(f"the cost {name} must be finite and at least 0, not {amount!r}")
        self._amounts = dict(sorted(amounts.items()))

    def __getitem__(self, name: str) -> float:
        return self._amounts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._amounts)

    def __len__(self) -> int:
        return len(self._amounts)

    def __hash__(self) -> int:
        return hash(tuple(self._amounts.items()))

    def __repr__(self) -> str:
        return f"Cost({', '.join(f'{name}={amount!r}' for name, amount in self._amounts.items())})"

    def __add__(self, other: "Cost") -> "Cost":
        """Sum of the amounts known on both sides; an amount unknown on one side is unknown in the sum."""
        return Cost(**{name: amount + other[name] for name, amount in self._amounts.items() if name in other})

    def as_dict(self) -> dict[str, float]:
        """A copy, sorted by name."""
        return dict(self._amounts)
