"""Outcomes as rows on standard output."""

import sys
from collections.abc import Iterable, Mapping

from perfwise.core.json import Json
from perfwise.errors import InvalidOption
from perfwise.interchange.contracts import Exporter

__all__ = ["print_rows"]

_BINARY = {".parquet"}


def print_rows(rows: Iterable[Mapping[str, Json]], exporter: Exporter) -> None:
    """Write them to standard output. Raises: InvalidOption for a format that is no text."""
    if exporter.suffix in _BINARY:
        raise InvalidOption(f"a {exporter.suffix} file is no text; name one with -o FILE")
    sys.stdout.flush()
    exporter.write(rows, sys.stdout.buffer)
    sys.stdout.buffer.flush()
