"""Plain data in transit: the part of Python's marshal format that holds no code and no references.

A guest's answer is bytes from an untrusted place. Another guest reads it with `marshal.loads`, which trusts its input,
so the host walks the bytes first and refuses whatever is not well-formed plain data.
"""

import marshal
from typing import Any

from perfwise.errors import InvalidTask

__all__ = ["dumps", "is_plain", "loads"]

_VERSION = 2  # no references, no interning: a tree
_ATOMS = frozenset(b"NTF.")  # None, True, False, Ellipsis (stands for what is not plain data)
_FIXED = {ord("i"): 4, ord("g"): 8, ord("y"): 16}  # int32, float, complex
_SIZED = frozenset(b"su")  # bytes, text: a length and so many bytes
_LISTS = frozenset(b"([<>")  # tuple, list, set, frozenset: a length and so many values
_DEPTH = 1500  # of nesting; marshal itself refuses 2,000


def dumps(value: Any) -> bytes:
    """Encode plain data. Raises: InvalidTask for what is not."""
    try:
        return marshal.dumps(value, _VERSION)
    except ValueError as error:
        raise InvalidTask(f"only plain data can be sent to a guest: {error}") from error


def loads(data: bytes) -> Any:
    """Read plain data that came from a guest. Raises: InvalidTask for what is not well-formed plain data."""
    if not is_plain(data):
        raise InvalidTask("a guest gave bytes that are no plain data")
    try:
        return marshal.loads(data)  # noqa: S302 - walked above: it holds neither code nor references
    except (ValueError, TypeError, EOFError) as error:  # e.g. a text that is no UTF-8, a list as a key
        raise InvalidTask(f"a guest gave bytes that are no plain data: {error}") from error


def is_plain(data: bytes) -> bool:
    """Whether the bytes are exactly one well-formed plain value."""
    try:
        return _end_of_value(data) == len(data)
    except IndexError:
        return False


def _end_of_value(data: bytes) -> int:
    """Position after the value. Raises: IndexError if it is not plain or cut short."""
    position = 0
    open_items: list[int] = [1]  # values still wanted, by depth; -1 and -2: a dict wants a key or its end, or a value
    while open_items:
        wanted = open_items[-1]
        if wanted == 0:
            open_items.pop()
            continue
        kind = data[position]
        position += 1
        if wanted == -1 and kind == 0x30:  # "0" ends a dict
            open_items.pop()
            continue
        open_items[-1] = wanted - 1 if wanted > 0 else (-2 if wanted == -1 else -1)
        position = _enter(data, kind, position, open_items)
        if position > len(data) or len(open_items) > _DEPTH:
            raise IndexError
    return position


def _enter(data: bytes, kind: int, position: int, open_items: list[int]) -> int:
    if kind in _ATOMS:
        return position
    if kind in _FIXED:
        return position + _FIXED[kind]
    if kind == 0x7B:  # "{"
        open_items.append(-1)
        return position
    length = _int32(data, position)
    position += 4
    if kind == 0x6C:  # "l", an int of 15-bit digits; the sign is in the length
        return position + 2 * abs(length)
    if length < 0:
        raise IndexError
    if kind in _SIZED:
        return position + length
    if kind in _LISTS:
        open_items.append(length)
        return position
    raise IndexError


def _int32(data: bytes, position: int) -> int:
    if position + 4 > len(data):
        raise IndexError
    return int.from_bytes(data[position : position + 4], "little", signed=True)
