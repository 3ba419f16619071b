"""`Lines`: the lines of a log as spans of one buffer of bytes."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

__all__ = ["Lines", "writable"]


@dataclass(frozen=True, eq=False)
class Lines:
    """Lines, without their ends, in one buffer.

    Args:
        buffer: (bytes,) uint8, writable as compiled functions want it; whatever lies between two lines belongs to none.
        starts, ends: (lines,) int64; line i is buffer[starts[i]:ends[i]].
    """

    buffer: NDArray[np.uint8]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    @classmethod
    def of(cls, lines: Iterable[str | bytes]) -> "Lines":
        """Lines out of texts or bytes; texts become UTF-8, lone surrogates the bytes that they stand for."""
        data = [line.encode("utf-8", "surrogateescape") if isinstance(line, str) else line for line in lines]
        lengths = np.fromiter(map(len, data), np.int64, len(data))
        ends = np.cumsum(lengths)
        return cls(writable(b"".join(data)), ends - lengths, ends)

    def __len__(self) -> int:
        return len(self.starts)

    def __iter__(self) -> Iterator[bytes]:
        whole = self.buffer.tobytes()
        return (whole[start:end] for start, end in zip(self.starts.tolist(), self.ends.tolist(), strict=True))

    def line(self, place: int) -> bytes:
        """One line."""
        return self.buffer[self.starts[place] : self.ends[place]].tobytes()

    def texts(self) -> Iterator[str]:
        """The lines as text; a byte that is no UTF-8 becomes a lone surrogate, so that nothing is lost."""
        return (line.decode("utf-8", "surrogateescape") for line in self)

    @property
    def size_bytes(self) -> int:
        """Of the lines together, without their ends."""
        return int((self.ends - self.starts).sum())

    @cached_property
    def digest(self) -> str:
        """Equal for equal lines."""
        told = hashlib.sha256()
        for line in self:
            told.update(len(line).to_bytes(8, "little"))
            told.update(line)
        return told.hexdigest()


def writable(data: bytes | bytearray) -> NDArray[np.uint8]:
    """A copy of bytes as an array that compiled functions take, with eight bytes behind, which they may read."""
    buffer = np.empty(len(data) + 8, np.uint8)
    buffer[: len(data)] = np.frombuffer(data, np.uint8)
    buffer[len(data) :] = 0
    return buffer
