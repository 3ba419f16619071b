"""Logs in a CSV file, a column of which is the message."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from perfwise.errors import Fault
from perfwise.telemetry.contracts import Entries
from perfwise.telemetry.readers._records import Entry, in_blocks
from perfwise.telemetry.readers._times import seconds_of

__all__ = ["CsvTable"]

MESSAGES = ("content", "message", "msg", "body", "log", "line", "text")
TIMES = ("time", "timestamp", "ts", "@timestamp", "date")
SOURCES = ("source", "service", "host", "component")


@dataclass(frozen=True)
class CsvTable:
    """A table with a column of messages: content, message, msg, body, log, line or text; perhaps time and source.

    Source: RFC 4180; the names are those that exports of log systems commonly have.
    """

    def knows(self, name: str, beginning: bytes) -> bool:
        """A file named .csv whose first line names a column of messages."""
        first = beginning.partition(b"\n")[0].decode("utf-8-sig", "replace").lower()
        names = [each.strip().strip('"') for each in first.split(",")]
        return name.endswith(".csv") and any(each in names for each in MESSAGES)

    def entries(self, stream: BinaryIO) -> Iterator[Entries]:
        """Entries in blocks."""
        return in_blocks(self._found(stream))

    def _found(self, stream: BinaryIO) -> Iterator[Entry | Fault]:
        text = io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="")
        rows = csv.DictReader(text, restkey="")
        before = csv.field_size_limit(1 << 28)
        try:
            names = {str(each).lower(): each for each in rows.fieldnames or ()}
            message, time, source = (_first(names, known) for known in (MESSAGES, TIMES, SOURCES))
            if message is None:
                yield Fault("line 1", "missing-field", f"no column of messages; there are {', '.join(names)}")
                return
            for row in rows:
                at = seconds_of(row[time]) if time and row.get(time) else float("nan")
                yield Entry(row.get(message) or "", at, (row.get(source) or "") if source else "", 0)
        except csv.Error as error:
            yield Fault(f"line {rows.line_num}", "malformed-csv", f"not CSV: {error}")
        finally:
            csv.field_size_limit(before)
            text.detach()


def _first(names: dict[str, str], known: tuple[str, ...]) -> str | None:
    return next((names[each] for each in known if each in names), None)
