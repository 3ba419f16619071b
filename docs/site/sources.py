"""How docstrings are read for the site: `Source:` and `Differs:` begin a paragraph, not a box."""

import re
from typing import Any

import griffe

__all__ = ["SourceLines"]

_LINE = re.compile(r"^(Source|Differs):", re.MULTILINE)


class SourceLines(griffe.Extension):
    """Sets the words off, so that the reader of Google's style does not take them for sections."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Mend the object's docstring."""
        if obj.docstring:
            obj.docstring.value = _LINE.sub(r"**\1:**", obj.docstring.value)
