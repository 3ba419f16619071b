"""Inputs varied from examples: seeded mutations, and the same shapes at another size.

Inputs are argument tuples in the plain-data encoding, as `OpenTask.inputs` has them and as meters take them. Nothing
runs here, so nothing here knows whether an input is allowed: the task's contract, or its reference, decides that.
"""

import random
from collections.abc import Callable, Sequence
from itertools import chain, islice, pairwise
from typing import Any, TypeAlias

from perfwise.errors import InvalidOption, InvalidTask
from perfwise.programs import plain

__all__ = ["mutated", "scaled"]

_CHANGES_AT_MOST = 3  # a mutant differs from its example by so many small changes
_TRIES = 20  # for each mutant that is wanted
_PEERS = 64  # values looked at to learn what is usual in a place

Peers: TypeAlias = Sequence[Any]


def mutated(examples: Sequence[bytes], count: int, seed: int) -> tuple[bytes, ...]:
    """Inputs near the examples: each is an example with one to three small changes.

    Numbers, texts and elements are nudged, dropped, doubled, swapped, reordered or taken from another example. Types
    and the lengths of mixed tuples stay; numbers stay positive, or not negative, where those of all examples are.

    Args:
        examples: argument tuples in the plain-data encoding.
        count: how many are wanted, at least 0.
        seed: the same seed gives the same inputs.
    Returns: at most `count`, all distinct and none of them an example; fewer where there is nothing to change.
    Raises: InvalidTask if there is no example or one is no tuple of plain data; InvalidOption for a negative count.
    """
    if count < 0:
        raise InvalidOption(f"the number of inputs must be at least 0, not {count}")
    pool = _read(examples)
    draw = random.Random(seed)  # noqa: S311 - a seeded draw is what is wanted
    columns = _columns(pool)
    made: dict[bytes, None] = dict.fromkeys(examples)
    wanted = len(made) + count
    for _ in range(_TRIES * count):
        if len(made) == wanted:
            break
        arguments = list(draw.choice(pool))
        for _ in range(draw.randint(1, _CHANGES_AT_MOST)):
            if arguments:
                place = draw.randrange(len(arguments))
                arguments[place] = _changed(draw, arguments[place], columns[place])
        made.setdefault(plain.dumps(tuple(arguments)))
    return tuple(islice(made, len(set(examples)), None))


def scaled(examples: Sequence[bytes], size: int, seed: int) -> tuple[bytes, ...]:
    """Inputs of the examples' shapes with about `size` elements in each outer container.

    Elements are drawn from what the examples hold; ascending stays ascending and distinct numbers stay distinct. A
    text is drawn from the examples' characters or repeats its example. Where an example has no container, its whole
    numbers come to about `size`.

    Args:
        examples: argument tuples in the plain-data encoding.
        size: number of elements, at least 1.
        seed: the same seed gives the same inputs.
    Returns: at most one an example, all distinct; fewer where several examples grow alike or cannot grow.
    Raises: InvalidTask if there is no example or one is no tuple of plain data; InvalidOption for a size below 1.
    """
    if size < 1:
        raise InvalidOption(f"the size of an input must be at least 1, not {size}")
    pool = _read(examples)
    draw = random.Random(seed)  # noqa: S311 - a seeded draw is what is wanted
    columns = _columns(pool)
    made: dict[bytes, None] = {}
    for arguments in pool:
        holds = any(isinstance(value, _GROWING) for value in arguments)
        grow = _grown if holds else _enlarged
        grown = tuple(grow(draw, value, columns[place], size) for place, value in enumerate(arguments))
        if grown != arguments:
            made.setdefault(plain.dumps(grown))
    return tuple(made)


def _read(examples: Sequence[bytes]) -> list[tuple[Any, ...]]:
    if not examples:
        raise InvalidTask("there are no example inputs to vary")
    read = [plain.loads(example) for example in examples]
    for value in read:
        if not isinstance(value, tuple):
            raise InvalidTask(f"an input must be a tuple of arguments, not {type(value).__name__}")
    return read


def _columns(pool: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    """What the examples hold in each place of an argument."""
    width = max(map(len, pool))
    return [[arguments[place] for arguments in pool if place < len(arguments)][:_PEERS] for place in range(width)]


def _changed(draw: random.Random, value: Any, peers: Peers) -> Any:
    if draw.random() < 0.1:
        return draw.choice(peers) if peers else value
    change = _CHANGES.get(type(value))
    return value if change is None else change(draw, value, [peer for peer in peers if type(peer) is type(value)])


# Numbers


def _changed_int(draw: random.Random, value: int, peers: Peers) -> int:
    low, high = min(peers, default=value), max(peers, default=value)
    near = (value + 1, value - 1, value + draw.randint(-9, 9), 2 * value, value // 2, -value)
    other = draw.choice((*near, draw.randint(low, high), draw.choice((0, 1, 2, 10))))
    return other if low < 0 else max(other, min(low, 1))


def _changed_float(draw: random.Random, value: float, peers: Peers) -> float:
    other = draw.choice((value + draw.uniform(-1, 1), value * 2, value / 2, -value, float(draw.randint(0, 9)), 0.0))
    return abs(other) if all(peer >= 0 for peer in (value, *peers)) else other


def _changed_bool(_draw: random.Random, value: bool, _peers: Peers) -> bool:
    return not value


# Sequences


def _changed_text(draw: random.Random, value: str, peers: Peers) -> str:
    letters = sorted(set(chain.from_iterable(text[:_PEERS] for text in (value, *peers)))) or ["a"]
    return "".join(_changed_items(draw, list(value), lambda: draw.choice(letters), lambda _: draw.choice(letters)))


def _changed_bytes(draw: random.Random, value: bytes, _peers: Peers) -> bytes:
    def drawn(_: int = 0) -> int:
        return draw.randrange(256)

    return bytes(_changed_items(draw, list(value), drawn, drawn))


def _changed_list(draw: random.Random, value: list[Any], peers: Peers) -> list[Any]:
    usual = _elements((value, *peers))
    if not usual:
        return value
    return _changed_items(
        draw, list(value), lambda: _changed(draw, draw.choice(usual), usual), lambda one: _changed(draw, one, usual)
    )


def _changed_tuple(draw: random.Random, value: tuple[Any, ...], peers: Peers) -> tuple[Any, ...]:
    """One that is longer elsewhere is a list that cannot change; else only what stands in its places changes."""
    if any(len(peer) != len(value) for peer in peers):
        return tuple(_changed_list(draw, list(value), [list(peer) for peer in peers]))
    if not value:
        return value
    place = draw.randrange(len(value))
    changed = _changed(draw, value[place], [peer[place] for peer in peers] or [value[place]])
    return (*value[:place], changed, *value[place + 1 :])


def _changed_items(
    draw: random.Random, items: list[Any], new: Callable[[], Any], changed: Callable[[Any], Any]
) -> list[Any]:
    """One small change of a sequence."""
    place = draw.randrange(len(items)) if items else 0
    other = draw.randrange(len(items)) if items else 0
    what = (
        draw.choice(("change", "change", "insert", "drop", "double", "swap", "reverse", "sort")) if items else "insert"
    )
    if what == "change":
        items[place] = changed(items[place])
    elif what == "insert":
        items.insert(place, new())
    elif what == "drop":
        del items[place]
    elif what == "swap":
        items[place], items[other] = items[other], items[place]
    else:
        items = _rearranged(what, items, *sorted((place, other)))
    return items


def _rearranged(what: str, items: list[Any], start: int, end: int) -> list[Any]:
    part = items[start : end + 1]
    if what == "double":
        return items[:end] + part + items[end:]
    if what == "sort":
        return _ordered(items)
    return items[:start] + part[::-1] + items[end + 1 :]


# Collections without an order


def _changed_set(draw: random.Random, value: Any, peers: Peers) -> Any:
    items = _ordered(value)
    usual = _elements((items, *map(_ordered, peers)))
    if not usual:
        return value
    changed = _changed_items(
        draw, items, lambda: _changed(draw, draw.choice(usual), usual), lambda _: draw.choice(usual)
    )
    return type(value)(changed)


def _changed_dict(draw: random.Random, value: dict[Any, Any], peers: Peers) -> dict[Any, Any]:
    items = list(value.items())
    keys = _elements([list(one) for one in (value, *peers)])
    values = _elements([list(one.values()) for one in (value, *peers)])
    if not keys:
        return value
    changed = _changed_items(
        draw,
        items,
        lambda: (_changed(draw, draw.choice(keys), keys), _changed(draw, draw.choice(values), values)),
        lambda item: (item[0], _changed(draw, item[1], values)),
    )
    return dict(changed)


def _ordered(values: Any) -> list[Any]:
    """Sorted where the elements can be, else by their texts: never in the order of their hashes."""
    try:
        return sorted(values)
    except TypeError:
        return sorted(values, key=repr)


def _elements(containers: Sequence[Sequence[Any]]) -> list[Any]:
    return [each for one in containers for each in one[:_PEERS]]


_CHANGES: dict[type, Callable[[random.Random, Any, Peers], Any]] = {
    bool: _changed_bool,
    int: _changed_int,
    float: _changed_float,
    str: _changed_text,
    bytes: _changed_bytes,
    list: _changed_list,
    tuple: _changed_tuple,
    set: _changed_set,
    frozenset: _changed_set,
    dict: _changed_dict,
}


# Growth

_GROWING = (str, bytes, list, set, frozenset, dict)


def _grown(draw: random.Random, value: Any, peers: Peers, size: int) -> Any:
    alike = [peer for peer in peers if type(peer) is type(value)]
    if isinstance(value, (str, bytes)):
        return _grown_text(draw, value, alike, size)
    if isinstance(value, dict):
        keys = _grown_list(draw, list(value), [list(one) for one in alike], size)
        values = _elements([list(one.values()) for one in (value, *alike)])
        return {key: draw.choice(values) for key in keys} if values else value
    if isinstance(value, (list, set, frozenset)):
        return type(value)(_grown_list(draw, _listed(value), [_listed(one) for one in alike], size))
    return value


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else _ordered(value)


def _grown_text(draw: random.Random, value: Any, peers: Peers, size: int) -> Any:
    if value and draw.random() < 0.5:
        return (value * (size // len(value) + 1))[:size]
    letters = sorted({one[i : i + 1] for one in (value, *peers) for i in range(min(len(one), _PEERS))})
    return type(value)().join(draw.choices(letters, k=size)) if letters else value


def _grown_list(draw: random.Random, value: list[Any], peers: Peers, size: int) -> list[Any]:
    usual = _elements((value, *peers))
    if not usual:
        return value
    whole = all(type(each) is int for each in usual)
    if whole and len(value) > 1 and len(set(value)) == len(value):
        low, high = min(usual), max(usual)
        grown = draw.sample(range(low, max(high, low + 2 * size) + 1), size)
    else:
        grown = [_changed(draw, one, usual) if whole else one for one in draw.choices(usual, k=size)]
    return _ordered(grown) if len(value) > 1 and _ascends(value) else grown


def _ascends(values: list[Any]) -> bool:
    try:
        return all(a <= b for a, b in pairwise(values))
    except TypeError:
        return False


def _enlarged(draw: random.Random, value: Any, _peers: Peers, size: int) -> Any:
    if type(value) is not int:
        return value
    about = draw.randint(size - size // 4, size)
    return -about if value < 0 else about
