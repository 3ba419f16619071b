"""What holds between the arguments of every example, and so is likely part of the contract."""

from collections.abc import Sequence
from typing import Any

from perfwise.programs import plain
from perfwise.programs.contracts import KnownInputs

__all__ = ["likely_contract"]

_ENOUGH = 4  # examples; what holds for fewer may be chance


def likely_contract(known: KnownInputs) -> str:
    """Source of a `contract` with what all examples have in common; empty where there is nothing, or too few examples.

    Looked for are containers of one length, and whole numbers that lie within, or index, another argument.
    """
    examples = [plain.loads(data) for data in known.examples]
    if len(examples) < _ENOUGH or len({len(one) for one in examples}) != 1 or not all(examples):
        return ""
    columns = list(zip(*examples, strict=True))
    lines = [
        line
        for a, first in enumerate(columns)
        for b, second in enumerate(columns)
        if a != b and all(hasattr(each, "__len__") for each in second)
        for line in _related(a, b, first, second)
    ]
    return "def contract(*args):\n" + "".join(f"    assert {line}\n" for line in lines) if lines else ""


def _related(a: int, b: int, first: Sequence[Any], second: Sequence[Any]) -> list[str]:
    if a < b and all(hasattr(each, "__len__") for each in first):
        alike = all(len(x) == len(y) for x, y in zip(first, second, strict=True))
        return [f"len(args[{a}]) == len(args[{b}])"] if alike and len(set(map(len, first))) > 1 else []
    if not all(type(each) is int for each in first):
        return []
    gaps = [len(y) - x for x, y in zip(first, second, strict=True)]
    if min(gaps) < 0 or len(set(map(len, second))) == 1 or max(first) <= 1:
        return []
    return [f"args[{a}] {'<' if min(gaps) > 0 else '<='} len(args[{b}])"]
