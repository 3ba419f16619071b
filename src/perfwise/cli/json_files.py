"""JSON documents on their way to a file or standard output."""

import io
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from perfwise.errors import InvalidOption
from perfwise.kit.wholefiles import replacing

__all__ = ["check_place", "write_json"]


def write_json(data: Mapping[str, Any], place: str) -> None:
    """Write one document, a top-level key and an item of an iterator a line, without holding all of it as text.

    Args:
        data: plain data; a top-level value may be an iterator of plain data.
        place: a file, or `-` for standard output.
    Raises: InvalidOption if the file cannot be written.
    """
    if place == "-":
        _write(data, sys.stdout)
        return
    with replacing(Path(place)) as file:
        text = io.TextIOWrapper(file, "utf-8")
        _write(data, text)
        text.flush()
        text.detach()


def check_place(place: str) -> None:
    """Whether a document can go there, asked before the work. Raises: InvalidOption if its folder is not there."""
    if place != "-" and not Path(place).absolute().parent.is_dir():
        raise InvalidOption(f"cannot write {place}: there is no such folder")


def _write(data: Mapping[str, Any], file: TextIO) -> None:
    opening = "{"
    for name, value in data.items():
        file.write(f"{opening}\n{json.dumps(name)}: ")
        file.writelines(_listed(value) if isinstance(value, Iterator) else [_text(value)])
        opening = ","
    file.write("\n}\n")


def _listed(items: Iterator[Any]) -> Iterator[str]:
    yield "["
    for place, item in enumerate(items):
        yield f"{',' if place else ''}\n{_text(item)}"
    yield "\n]"


def _text(value: Any) -> str:
    # Lone surrogates, which a program may well print, have no UTF-8; as escapes they survive.
    return json.dumps(value, allow_nan=False)
