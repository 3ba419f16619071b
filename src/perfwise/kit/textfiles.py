"""Reading .jsonl, .json, .csv and plain text, gzipped or not, so that every fault has its file and line.

Readers collect faults in one `Faults` and raise once, at the end, with all of them.
"""

import codecs
import csv
import gzip
import io
import itertools
import json
import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfwise.errors import Fault, InvalidInput

__all__ = [
    "Faults",
    "Record",
    "beginning",
    "csv_records",
    "find",
    "first_record",
    "json_document",
    "json_records",
    "stem",
    "text_of",
]


_LOOKED_AT = 100  # lines, to recognise a format


class Faults:
    """Faults found so far, reported together."""

    def __init__(self) -> None:
        self.found: list[Fault] = []

    def add(self, where: str | Path, code: str, message: str) -> None:
        """Note one fault.

        Args:
            where: file, with `:line` where there is one.
            code: stable, e.g. `missing-field`.
            message: what came and what was wanted.
        """
        self.found.append(Fault(str(where), code, message))

    def check(self) -> None:
        """Raises: InvalidInput if anything was found."""
        if self.found:
            raise InvalidInput(self.found)


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a file.

    Asking for a field that is missing or of the wrong type notes a fault and gives an empty value of the right type, so
    that a reader can go on and find the faults of the remaining records.

    Args:
        where: file and line.
        fields: as they were read.
        faults: where to note what is wrong.
    """

    where: str
    fields: Mapping[str, Any]
    faults: Faults

    def __contains__(self, name: str) -> bool:
        return self.fields.get(name) is not None

    def text(self, name: str, default: str | None = None) -> str:
        """A text."""
        value = self._field(name, (str,), "a text", default)
        return value if isinstance(value, str) else ""

    def items(self, name: str, default: Sequence[Any] | None = None) -> list[Any]:
        """A list of anything."""
        value = self._field(name, (list,), "a list", default)
        return list(value) if isinstance(value, (list, tuple)) else []

    def texts(self, name: str, default: Sequence[str] | None = None) -> list[str]:
        """A list of texts."""
        values = self.items(name, default)
        for position, value in enumerate(values):
            if not isinstance(value, str):
                self.add("wrong-type", f"{name}[{position}] must be a text, not {_kind(value)}")
        return [value for value in values if isinstance(value, str)]

    def number(self, name: str, default: float | None = None) -> float:
        """A finite number."""
        value = self._field(name, (int, float), "a number", default)
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            return 0.0
        if not math.isfinite(value):
            self.add("wrong-type", f"{name} must be a finite number, not {value}")
        return float(value)

    def add(self, code: str, message: str) -> None:
        """Note a fault of this record."""
        self.faults.add(self.where, code, message)

    def _field(self, name: str, kinds: tuple[type, ...], wanted: str, default: Any) -> Any:
        value = self.fields.get(name)
        if value is None and default is not None:
            return default
        if value is None:
            had = ", ".join(sorted(self.fields)) or "nothing"
            self.add("missing-field", f"the field {name!r} is missing; there is {had}")
        elif not isinstance(value, kinds) or isinstance(value, bool):
            self.add("wrong-type", f"{name} must be {wanted}, not {_kind(value)}")
        return value


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def json_records(path: Path, faults: Faults) -> Iterator[Record]:
    """The objects of a .jsonl file, one a line; blank lines are skipped. An empty file is a fault.

    Each line is decoded alone, so that a wrong encoding on one does not hide the faults of the others.
    """
    data = _bytes_of(path, faults)
    if data is None:
        return
    if not data.removeprefix(codecs.BOM_UTF8).strip():
        faults.add(path, "empty-file", "the file is empty; it holds no records")
    for number, line in enumerate(data.removeprefix(codecs.BOM_UTF8).split(b"\n"), 1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        text = _decoded(line, where, faults)
        value = None if text is None else _parse(text, where, 0, faults)
        if isinstance(value, dict):
            yield Record(where, value, faults)
        elif value is not None:
            faults.add(where, "wrong-type", f"a line must hold an object, not {_kind(value)}")


def json_document(path: Path, faults: Faults) -> Any:
    """The value of a .json file; None with a fault noted if there is none."""
    text = text_of(path, faults)
    if not text.strip():
        if not faults.found:
            faults.add(path, "empty-file", "the file is empty")
        return None
    return _parse(text, str(path), 1, faults)


def _parse(text: str, where: str, first_line: int, faults: Faults) -> Any:
    """JSON, or None with a fault. `first_line` is 0 where the place has its line already."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        place = f"{where}:{error.lineno}" if first_line else where
        faults.add(place, "malformed-json", f"not JSON: {error.msg} at column {error.colno}")
    except (ValueError, RecursionError) as error:  # a number of thousands of digits; a nest too deep
        faults.add(where, "malformed-json", f"not readable JSON: {error}")
    else:
        if value is not None:
            return value
        faults.add(where, "wrong-type", "null stands where data was expected")
    return None


def csv_records(path: Path, faults: Faults) -> Iterator[Record]:
    """The rows of a .csv file with a header; each place is the line where the row ends."""
    rows = csv.DictReader(io.StringIO(text_of(path, faults), newline=""), strict=True, restkey="")
    previous = csv.field_size_limit(1 << 30)  # a field may hold a whole program
    count = 0
    try:
        for row in rows:
            count += 1
            where = f"{path}:{rows.line_num}"
            if "" in row:
                faults.add(where, "malformed-csv", f"{len(row[''])} more values than the header has names")
            yield Record(where, {name: value for name, value in row.items() if name and value is not None}, faults)
    except csv.Error as error:
        faults.add(f"{path}:{rows.line_num}", "malformed-csv", f"not CSV: {error}")
    finally:
        csv.field_size_limit(previous)
    if not count and not faults.found:
        faults.add(path, "empty-file", "the file holds no rows")


def text_of(path: Path, faults: Faults) -> str:
    """The whole text of a UTF-8 file, unzipped if it is named so; empty, with a fault noted, if it cannot be read."""
    data = _bytes_of(path, faults)
    if data is None:
        return ""
    text = _decoded(data.removeprefix(codecs.BOM_UTF8), path, faults)
    return "" if text is None else text.replace("\r\n", "\n")


def _bytes_of(path: Path, faults: Faults) -> bytes | None:
    """The whole file, unzipped if it is named so; None, with a fault noted, if it cannot be read."""
    try:
        data = path.read_bytes()
    except OSError as error:
        faults.add(path, "unreadable-file", f"cannot be read: {error.strerror or error}")
        return None
    if path.suffix != ".gz":
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        faults.add(path, "malformed-gzip", f"not a whole gzip file: {error}")
        return None


def _decoded(data: bytes, where: str | Path, faults: Faults) -> str | None:
    """The text, or None with a fault. A path as the place gets the line; a text has its line already."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        place = f"{where}:{line}" if isinstance(where, Path) else where
        byte = data[error.start]
        faults.add(place, "wrong-encoding", f"not UTF-8: byte 0x{byte:02x}; save the file as UTF-8")
        return None


def beginning(path: Path, characters: int = 1 << 16) -> str:
    """The first characters of a file, whatever can be decoded of them; empty if it is no readable file."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            return file.read(characters).decode("utf-8-sig", "ignore")
    except (OSError, EOFError, zlib.error):
        return ""


def stem(path: Path) -> str:
    """The file's name without `.gz` and its ending: `tasks` for `tasks.jsonl.gz`."""
    return (path.with_suffix("") if path.suffix == ".gz" else path).stem


def find(folder: Path, name: str) -> Path | None:
    """The file of that name in a folder, plain or gzipped; None if there is neither."""
    return next((path for path in (folder / name, folder / f"{name}.gz") if path.is_file()), None)


def first_record(path: Path) -> Mapping[str, Any]:
    """The first line of a .jsonl file that is JSON, among its first hundred; empty if there is none or it is no object.

    Broken lines are passed over, so that a file is known by the others and its faults are told by its own reader.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            values = map(_parsed_or_none, itertools.islice((line for line in file if line.strip()), _LOOKED_AT))
            value = next((value for value in values if value is not None), None)
    except (OSError, EOFError, zlib.error):
        return {}
    return value if isinstance(value, dict) else {}


def _parsed_or_none(line: bytes) -> Any:
    try:
        return json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
