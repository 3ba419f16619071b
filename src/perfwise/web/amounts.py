"""Amounts as people read them."""

import math

from perfwise.core.cost import unit_of

__all__ = ["amount", "with_unit"]

_LARGE = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_SMALL = ((1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"))


def amount(value: float, cost: str) -> str:
    """A cost in three digits with a prefix, and its unit where it is a short sign.

    >>> amount(9_680_000, "wasm_instructions"), amount(0.0213, "cpu_s"), amount(3 << 20, "peak_bytes")
    ('9.68 M', '21.3 ms', '3.15 MB')
    """
    unit = unit_of(cost)
    sign = {"bytes": "B", "instructions": "", "steps": "", "tokens": ""}.get(unit, unit)
    if value == 0 or not math.isfinite(value):
        return f"{value:g} {sign}".strip()
    if unit == "USD":
        return f"{value:.3g} USD"
    scales = _LARGE if value >= 1000 else (*_SMALL,) if unit in {"s", "J", "W"} else ((1.0, ""),)
    scale, prefix = next(((size, prefix) for size, prefix in scales if value >= size), scales[-1])
    if unit == "s" and value >= 1000:
        scale, prefix = 1.0, ""
    return f"{_three_digits(value / scale)} {prefix}{sign}".strip()


def with_unit(value: float, cost: str) -> str:
    """`amount` with its unit in words where it has no sign."""
    unit = unit_of(cost)
    words = unit if unit in {"instructions", "steps", "tokens"} else ""
    return f"{amount(value, cost)} {words}".strip()


def _three_digits(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
