"""Columns of a CSV file, read in blocks: fast where all is well, row by row where something is wrong."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfwise.errors import Fault, InvalidInput
from perfwise.kit.textfiles import Faults, beginning, text_of
from perfwise.serving.trace import Trace

__all__ = ["Column", "Columns", "checked", "floats", "header_of", "read_columns", "read_csv_trace", "texts", "wholes"]

_BLOCK = 1 << 16

Cells = Sequence[str]
Row = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is wanted.

    Args:
        name: in the header.
        parse: texts -> numbers; raises ValueError or OverflowError if one of them is none.
        code: of the fault if so.
        wanted: what a value must be, for people.
        optional: whether the file may lack it.
    """

    name: str
    parse: Callable[[Cells], NDArray[Any]]
    code: str
    wanted: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Columns:
    """What was read: the rows without a fault.

    Args:
        values: by name; optional columns that the file lacks are absent.
        lines: (n,) where each row ends in the file.
        path: of the file.
    """

    values: dict[str, NDArray[Any]]
    lines: NDArray[np.int64]
    path: Path

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.values[name]

    def get(self, name: str) -> NDArray[Any]:
        """An optional column; without rows where the file lacks it."""
        return self.values.get(name, np.zeros(0))

    def where(self, row: int) -> str:
        """File and line of a row."""
        return f"{self.path}:{self.lines[row]}"

    def only(self, chosen: NDArray[np.bool_]) -> "Columns":
        """Some of the rows."""
        return Columns({name: column[chosen] for name, column in self.values.items()}, self.lines[chosen], self.path)


def floats(name: str, *, optional: bool = False, empty: float | None = None) -> Column:
    """A column of numbers, read exactly; `empty` is what an empty cell means, None: it is a fault."""

    def parse(cells: Cells) -> NDArray[np.float64]:
        if empty is not None:
            cells = [cell.strip() or repr(empty) for cell in cells]
        return np.array([float(cell) for cell in cells], np.float64)

    return Column(name, parse, "not-a-number", "a number", optional)


def wholes(name: str, *, optional: bool = False, empty: int | None = None) -> Column:
    """A column of whole numbers; `374.0` is one."""

    def parse(cells: Cells) -> NDArray[np.int64]:
        if empty is not None:
            cells = [cell.strip() or str(empty) for cell in cells]
        return np.array([_whole(cell) for cell in cells], np.int64)

    return Column(name, parse, "not-whole", "a whole number", optional)


def texts(name: str, *, optional: bool = False) -> Column:
    """A column of names."""
    return Column(name, lambda cells: np.array(list(cells), np.object_), "wrong-type", "a text", optional)


def _whole(cell: str) -> int:
    try:
        return int(cell)
    except ValueError:
        number = float(cell)
        if not number.is_integer():
            raise
        return int(number)


def header_of(path: Path) -> set[str]:
    """The names in the first line of a CSV file; empty if it is no readable file."""
    first, _, _ = beginning(path).partition("\n") if path.is_file() else ("", "", "")
    try:
        return {name.strip() for name in next(csv.reader([first.rstrip("\r")], strict=True), [])}
    except csv.Error:
        return set()


def read_columns(path: Path, wanted: Sequence[Column], faults: Faults) -> Columns:
    """The wanted columns of a CSV file with a header, gzipped or not; rows with a fault are noted and left out."""
    reader = csv.reader(io.StringIO(text_of(path, faults), newline=""), strict=True)
    blocks: list[tuple[list[NDArray[Any]], NDArray[np.int64]]] = []
    there: list[Column] = []
    try:
        header = [name.strip() for name in next(reader, [])]
        there = _found(header, wanted, path, faults)
        rows = _rows(reader)
        while there and (block := list(islice(rows, _BLOCK))):
            blocks.append(_parsed(block, there, header, path, faults))
    except csv.Error as error:
        faults.add(f"{path}:{reader.line_num}", "malformed-csv", f"not CSV: {error}")
    if there and not blocks and not faults.found:
        faults.add(path, "empty-file", "the file holds no rows")
    nothing = [column.parse([]) for column in there], np.zeros(0, np.int64)
    parts = list(zip(*(values for values, _ in [*blocks, nothing]), strict=True))
    columns = {column.name: np.concatenate(part) for column, part in zip(there, parts, strict=True)}
    return Columns(columns, np.concatenate([lines for _, lines in [*blocks, nothing]]), path)


def _rows(reader: Any) -> Iterator[Row]:
    return ((reader.line_num, cells) for cells in reader if cells)


def _found(header: list[str], wanted: Sequence[Column], path: Path, faults: Faults) -> list[Column]:
    """The wanted columns that the header has; none if one is missing."""
    if not header:
        if not faults.found:
            faults.add(path, "empty-file", "the file is empty")
        return []
    missing = [column.name for column in wanted if column.name not in header and not column.optional]
    for name in missing:
        faults.add(f"{path}:1", "missing-field", f"the column {name!r} is missing; there is {', '.join(header)}")
    return [] if missing else [column for column in wanted if column.name in header]


def _parsed(
    rows: list[Row], wanted: Sequence[Column], header: list[str], path: Path, faults: Faults
) -> tuple[list[NDArray[Any]], NDArray[np.int64]]:
    def arrays(rows: list[Row]) -> list[NDArray[Any]]:
        if any(len(cells) != len(header) for _, cells in rows):
            raise ValueError
        places = [header.index(column.name) for column in wanted]
        return [column.parse([cells[place] for _, cells in rows]) for column, place in zip(wanted, places, strict=True)]

    try:
        values = arrays(rows)
    except (ValueError, OverflowError):
        rows = [row for row in rows if _is_good(row, wanted, header, path, faults)]
        values = arrays(rows)
    return values, np.array([line for line, _ in rows], np.int64)


def _is_good(row: Row, wanted: Sequence[Column], header: list[str], path: Path, faults: Faults) -> bool:
    """Whether a row can be read; what is wrong is noted."""
    line, cells = row
    before = len(faults.found)
    if len(cells) != len(header):
        text = f"{len(cells)} values stand under {len(header)} names"
        faults.add(f"{path}:{line}", "malformed-csv", text)
        return False
    for column in wanted:
        cell = cells[header.index(column.name)]
        try:
            column.parse([cell])
        except (ValueError, OverflowError):
            faults.add(f"{path}:{line}", column.code, f"{column.name} must be {column.wanted}, not {cell!r}")
    return len(faults.found) == before


def read_csv_trace(path: Path, wanted: Sequence[Column], make: Callable[[Columns], Trace]) -> Trace:
    """The trace that `make` makes of the wanted columns. Raises: InvalidInput naming every fault with file and line."""
    faults = Faults()
    columns = read_columns(path, wanted, faults)
    if not columns.values:
        faults.check()
    return checked(lambda: make(columns), faults)


def checked(make: Callable[[], Trace], faults: Faults) -> Trace:
    """The trace that `make` makes of the good rows. Raises: InvalidInput with its faults beside those found before."""
    try:
        trace = make()
    except InvalidInput as error:
        # what is left of a broken file may be too little for a trace, which is no fault of its own
        faults.found += [fault for fault in error.faults if not faults.found or fault.code != "empty-trace"]
        faults.found.sort(key=_line)
        faults.check()
        raise
    faults.check()
    return trace


def _line(fault: Fault) -> int:
    line = fault.where.rpartition(":")[2]
    return int(line) if line.isdecimal() else 0
