"""A page of improvements: diffs, counts by input and by line, and what was refused, in one file."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from perfwise.core.json import Json
from perfwise.errors import InvalidOption
from perfwise.web.pages import asset, rendered

__all__ = ["improvements_text", "write_improvements"]


def improvements_text(programs: Sequence[Mapping[str, Json]]) -> str:
    """The page of what `perfwise improve --json` writes, one entry a program. Raises: MissingExtra without jinja2."""
    style = asset("perfwise.css")
    named = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{named}'; base-uri 'none'; form-action 'none'"
    return rendered("improvement.html", programs=programs, style=style, policy=policy)


def write_improvements(programs: Sequence[Mapping[str, Json]], path: Path) -> None:
    """Write the page, whole or not at all. Raises: MissingExtra; InvalidOption if it cannot be written."""
    page = improvements_text(programs).encode("utf-8", "backslashreplace")
    beside = path.with_name(f".{path.name}.part")
    try:
        beside.write_bytes(page)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise InvalidOption(f"cannot write {path}: {error.strerror or error}") from error
