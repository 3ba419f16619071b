"""The size of an input, as the author of its problem would name it."""

import marshal
from typing import Any

__all__ = ["size_of"]


def size_of(arguments: bytes) -> int:
    """Of one input.

    The length of the longest text or collection in it, at any depth; where it holds none, the greatest absolute value
    of its numbers.

    Args:
        arguments: a tuple in the plain-data encoding, made by the judge.
    """
    values: Any = marshal.loads(arguments)  # noqa: S302 - the judge has walked its inputs
    longest = max(map(_longest, values), default=0)
    if longest:
        return longest
    numbers = [abs(int(value)) for value in values if isinstance(value, int | float) and abs(value) < float("inf")]
    return max(numbers, default=0)


def _longest(value: Any) -> int:
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, dict):
        return max(len(value), *map(_longest, value.values())) if value else 0
    if isinstance(value, list | tuple | set | frozenset):
        nested = (_longest(each) for each in value if not isinstance(each, int | float | complex))
        return max(len(value), max(nested, default=0))
    return 0
