"""Files that are written whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from perfwise.errors import InvalidOption

__all__ = ["replacing", "write_text"]


def write_text(place: Path, text: str) -> None:
    """Write a text, lone surrogates as escapes. Raises: InvalidOption if it cannot be; what was there stays then."""
    with replacing(place) as file:
        file.write(text.encode("utf-8", "backslashreplace"))


@contextmanager
def replacing(place: Path) -> Iterator[BinaryIO]:
    """A file that takes its name when it is complete; on any error there is no trace of it.

    What is no regular file, such as a pipe, is written as it comes. Raises: InvalidOption if it cannot be written.
    """
    try:
        if place.exists() and not place.is_file():
            with place.open("wb") as file:
                yield file
            return
        with _beside(place) as file:
            yield file
    except OSError as error:
        raise InvalidOption(f"cannot write {place}: {error.strerror or error}") from error


@contextmanager
def _beside(place: Path) -> Iterator[BinaryIO]:
    target = place.resolve()  # a link stays a link
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name[:80]}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield cast("BinaryIO", file)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(_mode(target))
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _mode(target: Path) -> int:
    """Of the file that is replaced, or of one newly made."""
    try:
        return target.stat().st_mode & 0o777
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
