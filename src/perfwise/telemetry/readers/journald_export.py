"""What `journalctl -o export` writes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from perfwise.errors import Fault
from perfwise.telemetry.contracts import Entries
from perfwise.telemetry.readers._records import Entry, in_blocks

__all__ = ["JournaldExport"]

_LONGEST = 1 << 28


@dataclass(frozen=True)
class JournaldExport:
    """The journal's export format: fields a line, binary ones with their length, an empty line behind an entry.

    Source: systemd, Journal Export Format, systemd.io/JOURNAL_EXPORT_FORMATS.
    """

    def knows(self, name: str, beginning: bytes) -> bool:  # noqa: ARG002 - the fields tell
        """Entries that begin with their cursor or time."""
        return beginning.startswith((b"__CURSOR=", b"__REALTIME_TIMESTAMP="))

    def entries(self, stream: BinaryIO) -> Iterator[Entries]:
        """Entries in blocks."""
        return in_blocks(self._found(stream))

    def _found(self, stream: BinaryIO) -> Iterator[Entry | Fault]:
        fields: dict[bytes, bytes] = {}
        offset, number = 0, 1
        while line := stream.readline(_LONGEST):
            offset += len(line)
            if line == b"\n":
                if fields:
                    yield _entry(fields, offset, number)
                    fields, number = {}, number + 1
                continue
            name, equals, value = line.rstrip(b"\n").partition(b"=")
            if not equals:
                size = int.from_bytes(stream.read(8), "little")
                value = stream.read(min(size, _LONGEST))
                if len(value) < size:
                    yield Fault(f"entry {number}", "truncated", f"the field {name[:40]!r} ends before its length")
                    return
                stream.read(1)
                offset += 9 + size
            fields[name] = value
        if fields:
            yield _entry(fields, offset, number)


def _entry(fields: dict[bytes, bytes], offset: int, number: int) -> Entry | Fault:
    if b"MESSAGE" not in fields:
        return Fault(f"entry {number}", "missing-field", "an entry of the journal has a MESSAGE")
    time = fields.get(b"__REALTIME_TIMESTAMP", b"")
    source = fields.get(b"_SYSTEMD_UNIT") or fields.get(b"SYSLOG_IDENTIFIER") or b""
    return Entry(
        fields[b"MESSAGE"].decode("utf-8", "surrogateescape"),
        int(time) / 1e6 if time.isdigit() else float("nan"),
        source.decode("utf-8", "replace"),
        offset,
    )
