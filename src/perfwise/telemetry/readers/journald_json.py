"""What `journalctl -o json` prints."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from perfwise.errors import Fault
from perfwise.telemetry.contracts import Entries
from perfwise.telemetry.readers._records import Entry, in_blocks, json_lines, plain_text

__all__ = ["JournaldJson"]


@dataclass(frozen=True)
class JournaldJson:
    """The journal as JSON, an entry a line: MESSAGE, __REALTIME_TIMESTAMP, and the unit it is from.

    Source: systemd, Journal JSON format, systemd.io/JOURNAL_EXPORT_FORMATS.
    """

    def knows(self, name: str, beginning: bytes) -> bool:  # noqa: ARG002 - the fields tell
        """Objects with the journal's fields."""
        return beginning.lstrip().startswith(b"{") and b'"__REALTIME_TIMESTAMP"' in beginning

    def entries(self, stream: BinaryIO) -> Iterator[Entries]:
        """Entries in blocks."""
        return in_blocks(self._found(stream))

    def _found(self, stream: BinaryIO) -> Iterator[Entry | Fault]:
        for each in json_lines(stream):
            if isinstance(each, Fault):
                yield each
                continue
            record, number, offset = each
            if "MESSAGE" not in record:
                yield Fault(f"line {number}", "missing-field", "an entry of the journal has a MESSAGE")
                continue
            source = record.get("_SYSTEMD_UNIT") or record.get("SYSLOG_IDENTIFIER") or ""
            yield Entry(plain_text(record["MESSAGE"]), _seconds(record), plain_text(source), offset)


def _seconds(record: object) -> float:
    value = record.get("__REALTIME_TIMESTAMP") if isinstance(record, dict) else None
    try:
        return float(str(value)) / 1e6
    except ValueError:
        return float("nan")
