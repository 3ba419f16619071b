"""Plain text, a line an entry."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from perfwise.telemetry.contracts import Entries
from perfwise.telemetry.scanning.splitting import split_off

__all__ = ["Plain"]


@dataclass(frozen=True)
class Plain:
    r"""Lines of text in any encoding that ASCII is part of, ended by \n, \r\n or \r.

    A line that is longer than what is held goes on as another line, and is told as broken.

    Args:
        block_bytes: read at a time.
        longest_bytes: of a line that is held.

    Source: what programs write; the ends of lines are those of Python's universal newlines.
    """

    block_bytes: int = 1 << 22
    longest_bytes: int = 1 << 26

    def knows(self, name: str, beginning: bytes) -> bool:  # noqa: ARG002 - whatever no other reader knows
        """Anything."""
        return True

    def entries(self, stream: BinaryIO) -> Iterator[Entries]:
        """Blocks of lines."""
        kept, offset, broken = b"", 0, 0
        read = getattr(stream, "read1", stream.read)  # what a pipe has is not kept waiting for more
        while data := read(self.block_bytes):
            text = kept + data
            lines, done = split_off(text, last=False)
            if len(text) - done > self.longest_bytes:
                lines, done = split_off(text, last=True)
                broken += 1
            kept = text[done:]
            offset += done
            if len(lines):
                yield Entries(lines, offset=offset, broken=broken)
                broken = 0
        if kept:
            lines, done = split_off(kept, last=True)
            yield Entries(lines, offset=offset + done, broken=broken)
