"""Arguments and answers as plain data: the same bytes for equal values, whatever the host's hash seed."""

import marshal
import struct
from collections.abc import Iterable

from perfwise.errors import InvalidCandidate
from perfwise.programs import plain

__all__ = ["decoded", "encoded", "is_plain_value"]

_ATOMS = (type(None), bool, int, float, complex, str, bytes)
_OPENING: dict[type, bytes] = {tuple: b"(", list: b"[", set: b"<", frozenset: b">"}


def encoded(value: object, what: str) -> bytes:
    """The value in the plain-data encoding (`perfwise.programs.plain`).

    Sets are written in the order of their members' bytes, not of the host's hashes, because the order of insertion
    decides what a set costs in the guest.

    Args:
        value: None, numbers, texts, bytes, and tuples, lists, sets and dicts of them; no subclasses.
        what: the value's name, for the error.
    Raises: InvalidCandidate (`not-plain-data`) for anything else.
    """
    try:
        data = _encoded(value)
    except _NotPlainError as fault:
        raise InvalidCandidate(
            f"{what} holds a {fault.args[0]}; only plain data travels into the sandbox: None, numbers, texts, bytes,"
            " and tuples, lists, sets and dicts of them. Pass what the object is made of and build it in the function",
            code="not-plain-data",
        ) from None
    except RecursionError:
        data = b""
    if not plain.is_plain(data):
        raise InvalidCandidate(f"{what} is nested too deep to travel into the sandbox", code="not-plain-data")
    return data


def is_plain_value(value: object) -> bool:
    """Whether `encoded` takes it."""
    try:
        return plain.is_plain(_encoded(value))
    except (_NotPlainError, RecursionError):
        return False


def decoded(data: bytes) -> object:
    """The value of an answer; the bytes were walked by the host before. Raises: InvalidCandidate (`not-plain-data`)."""
    try:
        value: object = marshal.loads(data)  # noqa: S302 - well-formed plain data, without code or references
    except (ValueError, TypeError, EOFError) as error:
        raise InvalidCandidate(f"the answer cannot be read: {error}", code="not-plain-data") from error
    return value


class _NotPlainError(Exception):
    """Carries the name of the type that is not plain."""


def _encoded(value: object) -> bytes:
    kind = type(value)
    if kind in _ATOMS:
        return plain.dumps(value)
    if isinstance(value, dict) and kind is dict:
        return b"{" + b"".join(_encoded(key) + _encoded(each) for key, each in value.items()) + b"0"
    if isinstance(value, tuple | list) and kind in _OPENING:
        return _joined(_OPENING[kind], map(_encoded, value))
    if isinstance(value, set | frozenset) and kind in _OPENING:
        return _joined(_OPENING[kind], sorted(map(_encoded, value)))
    raise _NotPlainError(f"{kind.__module__}.{kind.__qualname__}")


def _joined(opening: bytes, items: Iterable[bytes]) -> bytes:
    listed = list(items)
    return opening + struct.pack("<i", len(listed)) + b"".join(listed)
