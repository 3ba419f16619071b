"""Outcomes as rows of a file."""

import csv
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal, TextIO

from perfwise.core.json import Json
from perfwise.errors import InvalidOption

__all__ = ["COLUMNS", "write_rows"]

COLUMNS = ("task", "set", "candidate", "seed", "quality", "cost", "failure", "caveats", "provenance", "key", "detail")
"""Of a row, in both formats; in csv, objects and lists stand as JSON."""


def write_rows(rows: Iterable[Mapping[str, Json]], form: Literal["jsonl", "csv"], place: Path | None) -> None:
    """Write outcomes one by one, so that a run of any size fits.

    Args:
        rows: of `Outcome.row`.
        form: of the file.
        place: the file; None: standard output.
    Raises: InvalidOption if the file cannot be written.
    """
    write = _write_jsonl if form == "jsonl" else _write_csv
    if place is None:
        write(rows, sys.stdout)
        return
    try:
        with place.open("w", encoding="utf-8", newline="") as file:
            write(rows, file)
    except OSError as error:
        raise InvalidOption(f"cannot write {place}: {error.strerror or error}") from error


def _write_jsonl(rows: Iterable[Mapping[str, Json]], file: TextIO) -> None:
    for row in rows:
        file.write(json.dumps({name: row[name] for name in COLUMNS}) + "\n")


def _write_csv(rows: Iterable[Mapping[str, Json]], file: TextIO) -> None:
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_cell(row[name]) for name in COLUMNS])


def _cell(value: Json) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode("utf-8", "backslashreplace").decode()  # a lone surrogate has no place in a file
