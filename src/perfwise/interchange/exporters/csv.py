"""CSV: one outcome a row."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from perfwise.core.json import Json
from perfwise.interchange.exporters._cells import COLUMNS, text_of

__all__ = ["Csv"]


@dataclass(frozen=True)
class Csv:
    """A header and a row an outcome; objects and lists stand as JSON.

    Source: RFC 4180, rfc-editor.org.
    """

    suffix: str = ".csv"

    def write(self, rows: Iterable[Mapping[str, Json]], file: BinaryIO) -> None:
        """Write all rows. Raises: OSError."""
        text = io.TextIOWrapper(file, "utf-8", newline="", write_through=False)
        try:
            writer = csv.writer(text)
            writer.writerow(COLUMNS)
            for row in rows:
                writer.writerow([text_of(row[name]) for name in COLUMNS])
            text.flush()
        finally:
            text.detach()
