"""Shipped entries, one TOML file each, found by file name or by any other name they go by."""

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from importlib import resources
from typing import Any

from perfwise.errors import InvalidOption

__all__ = ["find", "names"]


def names(kind: str) -> list[str]:
    """File names of all entries of a kind, without the suffix."""
    return sorted(_files(kind))


def find(kind: str, name: str, also: str) -> tuple[str, Mapping[str, Any]]:
    """An entry and its file name.

    Args:
        kind: folder, e.g. `devices`.
        name: the file's name or one of the names listed in it; case does not matter.
        also: key of that list.
    Raises: InvalidOption for a name that nothing goes by.
    """
    wanted = name.casefold()
    for file, entry in _files(kind).items():
        if wanted == file.casefold() or wanted in (other.casefold() for other in entry.get(also, [])):
            return file, entry
    known = [other for file, entry in _files(kind).items() for other in (file, *entry.get(also, []))]
    close = get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"did you mean {', '.join(close)}?" if close else f"known are {', '.join(names(kind))}"
    raise InvalidOption(f"the catalog of {kind} has no {name!r}; {hint}")


@cache
def _files(kind: str) -> dict[str, dict[str, Any]]:
    folder = resources.files("perfwise.catalog") / kind
    return {
        file.name.removesuffix(".toml"): tomllib.loads(file.read_text(encoding="utf-8"))
        for file in folder.iterdir()
        if file.name.endswith(".toml")
    }
