"""Outcomes into a file: whole or not at all."""

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from perfwise.core.family import Family
from perfwise.core.json import Json
from perfwise.errors import InvalidOption
from perfwise.interchange.contracts import Exporter

__all__ = ["exporter_for", "replacing", "write_rows"]

_EXPORTERS = Family("perfwise.interchange.exporters")
_DEFAULT = "jsonl"


def exporter_for(form: str | None, place: Path | None) -> Exporter:
    """The exporter of that name; without one, that of the file's ending, or of JSON Lines.

    Raises: InvalidOption for an unknown form, or an ending that none has.
    """
    if form is not None:
        return cast("Exporter", _EXPORTERS.get(form)())
    if place is None or not place.suffix:
        return cast("Exporter", _EXPORTERS.get(_DEFAULT)())
    exporters: list[Exporter] = [method() for method in _EXPORTERS]
    for exporter in exporters:
        if exporter.suffix == place.suffix.lower():
            return exporter
    known = ", ".join(sorted(exporter.suffix for exporter in exporters))
    raise InvalidOption(f"no exporter writes {place.suffix} files; name the format, or end the file in one of {known}")


def write_rows(rows: Iterable[Mapping[str, Json]], exporter: Exporter, place: Path) -> None:
    """Write the file. Raises: InvalidOption if it cannot be written; a file that was there stays as it was then."""
    with replacing(place) as file:
        exporter.write(rows, file)


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
