"""What Loki answers to a query."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from perfwise.errors import Fault
from perfwise.telemetry.contracts import Entries
from perfwise.telemetry.readers._records import Entry, in_blocks, plain_text

__all__ = ["LokiJson"]


@dataclass(frozen=True)
class LokiJson:
    """Loki's answer to query_range: streams with labels and values, put in order of time.

    Source: Grafana Loki, HTTP API, GET /loki/api/v1/query_range.
    Differs: an answer is one document and is held as a whole.
    """

    def knows(self, name: str, beginning: bytes) -> bool:  # noqa: ARG002 - the fields tell
        """A document whose result are streams."""
        return beginning.lstrip().startswith(b"{") and b'"streams"' in beginning and b'"resultType"' in beginning

    def entries(self, stream: BinaryIO) -> Iterator[Entries]:
        """Entries in blocks."""
        return in_blocks(self._found(stream))

    def _found(self, stream: BinaryIO) -> Iterator[Entry | Fault]:
        data = stream.read()
        try:
            result = json.loads(data.decode("utf-8", "surrogateescape"))["data"]["result"]
            rows = [
                (int(at), plain_text(line), _labels(each["stream"]))
                for each in result
                for at, line, *_ in each["values"]
            ]
        except (ValueError, RecursionError, KeyError, TypeError) as error:
            yield Fault("document", "malformed-json", f"not an answer of Loki's: {type(error).__name__}: {error}")
            return
        for at, line, labels in sorted(rows, key=lambda row: row[0]):
            yield Entry(line, at / 1e9, labels, len(data))


def _labels(stream: object) -> str:
    assert isinstance(stream, dict) or stream is None
    return ",".join(f"{name}={value}" for name, value in sorted((stream or {}).items()))
