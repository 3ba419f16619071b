"""Seeded mutations of plain data: inputs near those that are given, and larger ones of the same make."""

import random
import string
from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["mutated", "scaled"]

_LARGEST = 10**6  # of an int that a mutation makes out of a smaller one
_LONGEST = 400  # items of a list that a mutation makes


def mutated(arguments: Sequence[tuple[Any, ...]], count: int, seed: int) -> list[tuple[Any, ...]]:
    """So many argument tuples, each made from one of the given by one to three small changes of the same types.

    Args:
        arguments: plain data; not changed.
        count: how many; fewer only if nothing new can be made.
        seed: equal seeds give equal results.
    """
    rng = random.Random(seed)  # noqa: S311 - inputs, not secrets
    made: list[tuple[Any, ...]] = []
    seen = {repr(each) for each in arguments}
    for _ in range(6 * count):
        if len(made) == count or not arguments:
            break
        one = _mutation(arguments[rng.randrange(len(arguments))], rng)
        text = repr(one)
        if text not in seen:
            seen.add(text)
            made.append(one)
    return made


def scaled(arguments: Sequence[tuple[Any, ...]], factor: int, seed: int) -> list[tuple[Any, ...]]:
    """The given tuples with each list and text so many times as long, and each positive int as many times as large."""
    rng = random.Random(seed)  # noqa: S311 - inputs, not secrets
    return [tuple(_scale(each, factor, rng) for each in one) for one in arguments]


def _mutation(one: tuple[Any, ...], rng: random.Random) -> tuple[Any, ...]:
    values = list(one)
    for _ in range(rng.choice((1, 1, 2, 3))):
        if values:
            place = rng.randrange(len(values))
            values[place] = _changed(values[place], rng)
    return tuple(values)


def _changed(value: Any, rng: random.Random) -> Any:
    change = _CHANGES.get(type(value))
    return value if change is None else change(value, rng)


def _bool(value: bool, _: random.Random) -> bool:
    return not value


def _int(value: int, rng: random.Random) -> int:
    near = (value + 1, value - 1, -value, 0, 1, value * 2, value // 2, value + rng.randint(-10, 10))
    options = near if abs(value) <= _LARGEST else near[:5] + near[6:]
    return rng.choice(options) if rng.random() < 0.7 else rng.randint(-5, max(20, 2 * min(abs(value), _LARGEST)))


def _float(value: float, rng: random.Random) -> float:
    return rng.choice(
        (value + 1.0, value - 0.5, -value, 0.0, value * 2, value / 3, round(value, 1), rng.uniform(-9, 9))
    )


def _str(value: str, rng: random.Random) -> str:
    letters = value or string.ascii_letters
    place = rng.randrange(len(value) + 1)
    other = rng.choice(letters) if rng.random() < 0.6 else rng.choice(string.ascii_letters + string.digits + " ,.-")
    return rng.choice(
        (
            value[:place] + other + value[place:],
            value[:place] + value[place + 1 :],
            value[:place] + other + value[place + 1 :],
            value[::-1],
            value[:place],
            value[place:] + value[:place],
            value + value[:_LONGEST],
            value.swapcase(),
            "".join(rng.sample(value, len(value))),
        )
    )


def _list(value: list[Any], rng: random.Random) -> list[Any]:
    items = list(value)
    if not items:
        return items
    place = rng.randrange(len(items))
    kind = rng.randrange(8)
    if kind <= 2:
        items[place] = _changed(items[place], rng)
    elif kind == 3:
        del items[place]
    elif kind == 4 and len(items) < _LONGEST:
        items.insert(place, _changed(rng.choice(items), rng))
    elif kind == 5:
        rng.shuffle(items)
    elif kind == 6:
        items.append(rng.choice(items))
    else:
        items = items[:place] if rng.random() < 0.5 else sorted(items, key=repr)
    return items


def _tuple(value: tuple[Any, ...], rng: random.Random) -> tuple[Any, ...]:
    if not value:
        return value
    items = list(value)
    place = rng.randrange(len(items))
    if rng.random() < 0.8:
        items[place] = _changed(items[place], rng)
    else:
        items = _list(items, rng)
    return tuple(items)


def _set(value: set[Any], rng: random.Random) -> set[Any]:
    return set(_list(sorted(value, key=repr), rng))


def _dict(value: dict[Any, Any], rng: random.Random) -> dict[Any, Any]:
    if not value:
        return value
    made = dict(value)
    key = rng.choice(list(made))
    kind = rng.randrange(4)
    if kind == 0:
        del made[key]
    elif kind == 1:
        made[_changed(key, rng)] = made[key]
    else:
        made[key] = _changed(made[key], rng)
    return made


_CHANGES: dict[type, Callable[[Any, random.Random], Any]] = {
    bool: _bool,
    int: _int,
    float: _float,
    str: _str,
    list: _list,
    tuple: _tuple,
    set: _set,
    frozenset: lambda value, rng: frozenset(_set(set(value), rng)),
    dict: _dict,
}


def _scale(value: Any, factor: int, rng: random.Random) -> Any:
    if type(value) is int:
        return value * factor if 1 < value <= _LARGEST else value
    if type(value) is str:
        return value * factor
    if type(value) is list:
        items = [_changed(each, rng) if rng.random() < 0.5 else each for each in value * (factor - 1)]
        return [*value, *items]
    if type(value) is dict and value:
        made = dict(value)
        keys = list(value)
        for _ in range(len(value) * (factor - 1)):
            key = rng.choice(keys)
            made[_changed(key, rng)] = _changed(value[key], rng)
        return made
    return value
