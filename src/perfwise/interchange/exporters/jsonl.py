"""JSON Lines: one outcome a line."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from perfwise.core.json import Json
from perfwise.interchange.exporters._cells import COLUMNS

__all__ = ["JsonLines"]


@dataclass(frozen=True)
class JsonLines:
    """One JSON object a line, as docs/json-schema.md describes; `perfwise store import` reads it back unchanged.

    Source: jsonlines.org.
    """

    suffix: str = ".jsonl"

    def write(self, rows: Iterable[Mapping[str, Json]], file: BinaryIO) -> None:
        """Write all rows. Raises: OSError."""
        for row in rows:
            file.write(json.dumps({name: row[name] for name in COLUMNS}, allow_nan=False).encode() + b"\n")
