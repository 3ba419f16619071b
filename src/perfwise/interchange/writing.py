"""Outcomes into a file: whole or not at all."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import cast

from perfwise.core.family import Family
from perfwise.core.json import Json
from perfwise.errors import InvalidOption
from perfwise.interchange.contracts import Exporter
from perfwise.kit.wholefiles import replacing

__all__ = ["exporter_for", "write_rows"]

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
