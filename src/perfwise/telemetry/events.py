"""Parsed lines as rows of a file: JSON Lines, CSV, Parquet or DuckDB."""

import csv
import io
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from perfwise.errors import InvalidOption, MissingExtra

__all__ = ["COLUMNS", "Rows", "Writer", "writer_for"]

COLUMNS = ("source", "line", "time_s", "template_id", "version", "params")
"""Of a row: the file or stream, the line's number in it from 1 on, seconds since 1970 if known, the template's id and
version, and the values in the order of the template's wildcards."""

Rows = Mapping[str, Sequence[Any]]
"""Columns of equal length."""


class Writer(Protocol):
    """Takes rows in order."""

    def write(self, rows: Rows) -> None:
        """Add rows."""

    def saved(self) -> int:
        """Have everything on disk, and say how long the file is now, in bytes."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def writer_for(path: Path, going_on_at: int | None = None) -> Writer:
    """By the file's ending: .jsonl, .csv, .parquet or .duckdb.

    Args:
        path: to be written.
        going_on_at: bytes that are kept of a file that is there, for .jsonl and .csv; None: a new one.
    Raises: InvalidOption for another ending, or one that cannot be gone on with; MissingExtra.
    """
    kinds = {".jsonl": _JsonLines, ".csv": _Csv, ".parquet": _Parquet, ".duckdb": _DuckDb}
    if path.suffix not in kinds:
        raise InvalidOption(f"{path} has no known ending; there are {', '.join(kinds)}")
    if going_on_at is not None and path.suffix not in (".jsonl", ".csv"):
        raise InvalidOption(f"a {path.suffix} file cannot be gone on with; with --state write .jsonl or .csv")
    kind: Any = kinds[path.suffix]
    made: Writer = kind(path, going_on_at)
    return made


class _Text:
    """A text file that grows."""

    def __init__(self, path: Path, going_on_at: int | None) -> None:
        try:
            self._file = path.open("wb" if not going_on_at else "r+b")
            if going_on_at:
                self._file.truncate(going_on_at)
                self._file.seek(going_on_at)
        except OSError as error:
            raise InvalidOption(f"{path} cannot be written: {error.strerror or error}") from error
        self._empty = not going_on_at

    def saved(self) -> int:
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._file.tell()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


class _JsonLines(_Text):
    def write(self, rows: Rows) -> None:
        names = tuple(rows)
        lines = (json.dumps(dict(zip(names, row, strict=True))) for row in zip(*rows.values(), strict=True))
        self._file.write("".join(f"{line}\n" for line in lines).encode())


class _Csv(_Text):
    def write(self, rows: Rows) -> None:
        text = io.StringIO(newline="")
        out = csv.writer(text, lineterminator="\n")
        if self._empty:
            out.writerow(rows)
            self._empty = False
        for row in zip(*rows.values(), strict=True):
            out.writerow([json.dumps(cell) if isinstance(cell, list) else "" if cell is None else cell for cell in row])
        self._file.write(text.getvalue().encode("utf-8", "backslashreplace"))


class _Parquet:
    """Columns, ids and versions as dictionaries."""

    def __init__(self, path: Path, _: int | None) -> None:
        try:
            import pyarrow as pa
            from pyarrow import parquet
        except ImportError as cause:
            raise MissingExtra("Parquet needs pyarrow: pip install 'perfwise[data]'") from cause
        self._schema = pa.schema(
            [
                ("source", pa.dictionary(pa.int32(), pa.string())),
                ("line", pa.int64()),
                ("time_s", pa.float64()),
                ("template_id", pa.dictionary(pa.int32(), pa.int64())),
                ("version", pa.int32()),
                ("params", pa.list_(pa.string())),
            ]
        )
        self._pa = pa
        self._path = path
        self._writer = parquet.ParquetWriter(path, self._schema)

    def write(self, rows: Rows) -> None:
        params = [[_escaped(value) for value in row] for row in rows["params"]]
        columns = [
            self._pa.array(params if field.name == "params" else list(rows[field.name])).cast(field.type)
            if field.name == "params" or not self._pa.types.is_dictionary(field.type)
            else self._pa.array(list(rows[field.name]), field.type.value_type).dictionary_encode()
            for field in self._schema
        ]
        self._writer.write_table(self._pa.table(columns, self._schema))

    def saved(self) -> int:
        return 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()


class _DuckDb:
    """A table `events`."""

    def __init__(self, path: Path, _: int | None) -> None:
        try:
            import duckdb
        except ImportError as cause:
            raise MissingExtra("DuckDB files need duckdb: pip install 'perfwise[data]'") from cause
        path.unlink(missing_ok=True)
        self._parts = path.with_suffix(".part.parquet")
        self._parquet = _Parquet(self._parts, None)
        self._path, self._duckdb = path, duckdb

    def write(self, rows: Rows) -> None:
        self._parquet.write(rows)

    def saved(self) -> int:
        return 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._parquet.__exit__(kind, error, trace)
        try:
            if error is None:
                with self._duckdb.connect(str(self._path)) as database:
                    database.execute("CREATE TABLE events AS SELECT * FROM read_parquet(?)", [str(self._parts)])
        finally:
            self._parts.unlink(missing_ok=True)


def _escaped(text: str) -> str:
    """Bytes that are no UTF-8 as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()
