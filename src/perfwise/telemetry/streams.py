"""Bytes out of files, plain or compressed, standard input, and files that grow."""

import gzip
import io
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from perfwise.core.family import Family
from perfwise.errors import Fault, InvalidInput, MissingExtra
from perfwise.telemetry.contracts import LogReader

__all__ = ["Growing", "expanded", "opened", "reader_for"]

_BEGINNING = 1 << 14


def expanded(names: list[str]) -> list[str]:
    """Files by names and patterns, in the order given, a pattern's in alphabetical order; `-` is standard input.

    Raises: InvalidInput naming all that there are not.
    """
    found: list[str] = []
    missing = []
    for name in names:
        try:
            matching = [name] if name == "-" or Path(name).is_file() else _matching(Path(name))
            told = "" if matching else "there is no such file, and nothing matches it as a pattern"
        except (OSError, ValueError) as error:
            matching, told = [], f"is neither a file's name nor a pattern: {error}"
        found += matching
        if told:
            missing.append(Fault(name, "unreadable-file", told))
    if missing:
        raise InvalidInput(missing)
    return found


def _matching(path: Path) -> list[str]:
    """The files that match it as a pattern. Raises: OSError, ValueError if it is none."""
    if path.is_dir():
        raise ValueError(f"it is a folder; name its files, e.g. {path / '*'}")
    pattern = path.relative_to(path.anchor) if path.is_absolute() else path
    return sorted(str(each) for each in Path(path.anchor or ".").glob(str(pattern)) if each.is_file())


@contextmanager
def opened(name: str, *, offset: int = 0, follow: Callable[[], bool] | None = None) -> Iterator[BinaryIO]:
    """The bytes of a file, unzipped by its magic number.

    Args:
        name: a file, or `-` for standard input.
        offset: bytes to leave out, of what is not compressed.
        follow: the file is waited for to grow as long as this says so.
    Raises: InvalidInput for a file that cannot be opened, or a compressed one that is broken.
    """
    if name == "-":
        yield sys.stdin.buffer
        return
    try:
        file = Path(name).open("rb")  # noqa: SIM115 - closed below
    except OSError as error:
        raise InvalidInput([Fault(name, "unreadable-file", f"cannot be read: {error.strerror or error}")]) from error
    with file:
        magic = file.read(4)
        file.seek(0)
        try:
            if magic[:2] == b"\x1f\x8b":
                yield _skipped(gzip.GzipFile(fileobj=file), offset)
            elif magic == b"\x28\xb5\x2f\xfd":
                yield _skipped(_zstd(file), offset)
            else:
                file.seek(offset)
                yield cast("BinaryIO", Growing(file, follow) if follow else file)
        except (OSError, EOFError, zlib.error) as error:
            raise InvalidInput([Fault(name, "malformed-archive", f"the compressed data is broken: {error}")]) from error


def reader_for(name: str, stream: BinaryIO, wanted: str | None = None) -> tuple[LogReader, BinaryIO]:
    """Who reads a stream, and the stream with its beginning put back.

    Args:
        name: of the file.
        stream: at its beginning.
        wanted: a reader's name; None: whichever knows the beginning.
    Raises: InvalidOption for a reader that there is not.
    """
    family = Family("perfwise.telemetry.readers")
    if wanted is not None:
        reader: LogReader = family.get(wanted)()
        return reader, stream
    if isinstance(stream, Growing):
        return family.get("plain")(), stream
    if stream.seekable():
        at = stream.tell()
        beginning = stream.read(_BEGINNING)
        stream.seek(at)
    else:
        beginning = stream.read(_BEGINNING)
        stream = cast("BinaryIO", io.BufferedReader(cast("io.RawIOBase", _Rejoined(beginning, stream))))
    bare = name.removesuffix(".gz").removesuffix(".zst")
    others = [each for each in family.names() if each != "plain"]
    for each in others:
        candidate: LogReader = family.get(each)()
        if candidate.knows(bare, beginning):
            return candidate, stream
    return family.get("plain")(), stream


class Growing:
    """A file that is read on as it grows."""

    def __init__(self, file: BinaryIO, goes_on: Callable[[], bool], pause_s: float = 0.1) -> None:
        self._file = file
        self._goes_on = goes_on
        self._pause_s = pause_s

    def read(self, size: int) -> bytes:
        """What there is, at least a byte; waits for it, and is empty when nothing more is waited for."""
        while not (data := self._file.read(size)):
            if not self._goes_on():
                return b""
            time.sleep(self._pause_s)
        return data


class _Rejoined(io.RawIOBase):
    """A stream whose beginning has been looked at."""

    def __init__(self, beginning: bytes, rest: BinaryIO) -> None:
        self._beginning = beginning
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        data = self._beginning[: len(buffer)] if self._beginning else self._rest.read(len(buffer))
        self._beginning = self._beginning[len(data) :]
        buffer[: len(data)] = data
        return len(data)


def _skipped(stream: "io.BufferedIOBase | gzip.GzipFile | BinaryIO", offset: int) -> BinaryIO:
    left = offset
    while left and (data := stream.read(min(left, 1 << 20))):
        left -= len(data)
    return cast("BinaryIO", stream)


def _zstd(file: BinaryIO) -> BinaryIO:
    try:
        import zstandard
    except ImportError as cause:
        raise MissingExtra("zstd files need zstandard: pip install 'perfwise[telemetry]'") from cause
    return cast(
        "BinaryIO", io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True))
    )
