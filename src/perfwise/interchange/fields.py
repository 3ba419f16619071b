"""Fields of foreign documents: what is missing is unknown, what is of the wrong type is a fault with its place."""

from collections.abc import Iterator
from datetime import datetime

from perfwise.kit.textfiles import Record

__all__ = ["amount", "amounts", "moment", "nested", "parts", "refuse_version", "text"]

_OUT_OF_RANGE = 1e300  # sums of what is smaller stay finite


def nested(record: Record, name: str) -> Record:
    """An object within an object; empty where it is absent."""
    value = record.fields.get(name)
    where = f"{record.where}: {name}" if ": " not in record.where else f"{record.where}.{name}"
    if value is not None and not isinstance(value, dict):
        record.add("wrong-type", f"{name} must be an object")
    return Record(where, value if isinstance(value, dict) else {}, record.faults)


def parts(record: Record, name: str) -> Iterator[Record]:
    """The objects of a list, each with its place."""
    for position, value in enumerate(record.items(name)):
        where = f"{record.where}: {name}[{position}]"
        if isinstance(value, dict):
            yield Record(where, value, record.faults)
        else:
            record.faults.add(where, "wrong-type", "must be an object")


def text(record: Record, name: str) -> str:
    """A text or a number as text; empty where it is absent."""
    value = record.fields.get(name)
    if value is None:
        return ""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return str(value)
    record.add("wrong-type", f"{name} must be a text")
    return ""


def moment(record: Record, name: str) -> str | None:
    """A date and time as ISO 8601, to the second; None where it is absent or of a form never seen."""
    told = text(record, name)
    for read in (datetime.fromisoformat, _compact):
        try:
            return read(told).isoformat(timespec="seconds")
        except ValueError:
            continue
    return None


def _compact(told: str) -> datetime:
    return datetime.strptime(told, "%Y%m%d-%H%M%S")


def amount(record: Record, name: str) -> float | None:
    """A finite number of at least 0; None where it is absent."""
    value = record.fields.get(name)
    return None if value is None else _checked(record, name, value)


def amounts(record: Record, name: str) -> list[float]:
    """A list of such numbers; empty where it is absent."""
    values = record.items(name, ())
    checked = (_checked(record, f"{name}[{position}]", value) for position, value in enumerate(values))
    return [value for value in checked if value is not None]


def _checked(record: Record, name: str, value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        record.add("wrong-type", f"{name} must be a number")
        return None
    try:
        number = float(value)
    except OverflowError:
        number = _OUT_OF_RANGE
    if 0 <= number < _OUT_OF_RANGE:
        return number
    record.add("wrong-value", f"{name} must be finite and at least 0, not {number:g}")
    return None


def refuse_version(record: Record, tool: str, found: object, known: str) -> None:
    """Note that this version was never looked at; guessing what its numbers mean would be worse than not reading it."""
    told = "no version" if found in (None, "") else f"version {str(found)[:40]}"
    record.add("unknown-version", f"the file has {told} of {tool}'s format; this perfwise reads {known}")
