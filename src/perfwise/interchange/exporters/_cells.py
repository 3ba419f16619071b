"""The columns of a row and its cells as text."""

import json

from perfwise.core.json import Json

__all__ = ["COLUMNS", "storable", "text_of"]

COLUMNS = ("task", "set", "candidate", "seed", "quality", "cost", "failure", "caveats", "provenance", "key", "detail")
"""Of a row, in the order of the files."""


def text_of(value: Json) -> str:
    """A cell: text as it is, nothing for null, JSON for everything else."""
    if value is None:
        return ""
    return storable(value if isinstance(value, str) else json.dumps(value))


def storable(text: str) -> str:
    """A text that UTF-8 can hold: a lone surrogate is spelt out."""
    return text.encode("utf-8", "backslashreplace").decode()
