"""Entries out of records: JSON lines and documents, in blocks."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import BinaryIO, NamedTuple

import numpy as np

from perfwise.errors import Fault
from perfwise.telemetry.contracts import Entries
from perfwise.telemetry.lines import Lines

__all__ = ["Entry", "in_blocks", "json_lines", "plain_text"]

_BLOCK = 20_000
_LONGEST = 1 << 28  # bytes of one record


class Entry(NamedTuple):
    """One entry: text, seconds since 1970 (NaN if unknown), where it is from, the input's bytes up to its end."""

    text: str
    time_s: float
    source: str
    offset: int


def in_blocks(found: Iterable[Entry | Fault]) -> Iterator[Entries]:
    """Entries and faults in blocks."""
    entries: list[Entry] = []
    faults: list[Fault] = []
    for each in found:
        if isinstance(each, Fault):
            faults.append(each)
        else:
            entries.append(each)
        if len(entries) + len(faults) >= _BLOCK:
            yield _block(entries, faults)
            entries, faults = [], []
    if entries or faults:
        yield _block(entries, faults)


def json_lines(stream: BinaryIO) -> Iterator[tuple[Mapping[str, object], int, int] | Fault]:
    """(object, line's number, offset behind it) for each line that is a JSON object, a fault for each other."""
    offset = 0
    for number, line in enumerate(iter(lambda: stream.readline(_LONGEST), b""), 1):
        offset += len(line)
        if not line.strip():
            continue
        try:
            value = json.loads(line.decode("utf-8", "surrogateescape"))
        except (ValueError, RecursionError) as error:
            yield Fault(f"line {number}", "malformed-json", f"not JSON: {error}")
            continue
        if isinstance(value, dict):
            yield value, number, offset
        else:
            yield Fault(f"line {number}", "wrong-type", f"an object is wanted, not {type(value).__name__}")


def plain_text(value: object) -> str:
    """A message as text: journald gives bytes as a list of numbers, others may give numbers or nothing."""
    if isinstance(value, list) and all(isinstance(each, int) and 0 <= each < 256 for each in value):
        return bytes(value).decode("utf-8", "surrogateescape")
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)


def _block(entries: list[Entry], faults: list[Fault]) -> Entries:
    return Entries(
        Lines.of([each.text.encode("utf-8", "surrogatepass") if _lone(each.text) else each.text for each in entries]),
        np.array([each.time_s for each in entries], np.float64),
        tuple(each.source for each in entries),
        offset=entries[-1].offset if entries else 0,
        faults=tuple(faults),
    )


def _lone(text: str) -> bool:
    """Whether it has surrogates that stand for no byte, which JSON can write."""
    return any("\ud800" <= each <= "\udc7f" or "\udd00" <= each <= "\udfff" for each in text)
