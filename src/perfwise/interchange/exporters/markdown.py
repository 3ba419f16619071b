"""Markdown: a table for people, with a column for each cost."""

import html
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from perfwise.core.cost import unit_of
from perfwise.core.json import Json
from perfwise.interchange.exporters._cells import storable

__all__ = ["Markdown"]

_MARKS = re.compile(r"([\\`*_\[\]|~])")
_BEGINNING = re.compile(r"^(?:[#+=-]|\d+(?=[.)]))")  # would begin a heading or a list within a caveat
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


@dataclass(frozen=True)
class Markdown:
    """A GitHub table with task, set, candidate, quality, costs and failure; caveats follow it, each once.

    Whatever a name or a message holds is shown as text: marks, HTML and control characters are spelt out.

    Source: GitHub Flavored Markdown 0.29, section 4.10.
    """

    suffix: str = ".md"

    def write(self, rows: Iterable[Mapping[str, Json]], file: BinaryIO) -> None:
        """Write all rows; they are walked twice, first for the names of the costs. Raises: OSError."""
        costs = sorted({name for row in rows for name in _object(row["cost"])})
        headings = ["task", "set", "candidate", "quality", *(f"{name} [{unit_of(name)}]" for name in costs), "failure"]
        _line(file, f"| {' | '.join(map(_shown, headings))} |")
        right = ["---", "---", "---", "---:", *("---:" for _ in costs), "---"]
        _line(file, f"| {' | '.join(right)} |")
        caveats: dict[str, None] = {}
        for row in rows:
            _line(file, f"| {' | '.join(_cells(row, costs))} |")
            told = row["caveats"]
            assert isinstance(told, list)
            caveats |= {str(caveat): None for caveat in told}
        if caveats:
            _line(file, "\nCaveats:\n")
        for caveat in caveats:
            _line(file, f"- {_shown(caveat)}")


def _cells(row: Mapping[str, Json], costs: list[str]) -> list[str]:
    cost, failure, quality = _object(row["cost"]), _object(row["failure"]), row["quality"]
    names = [_shown(str(row[name])) for name in ("task", "set", "candidate")]
    amounts = [_number(cost.get(name)) for name in costs]
    told = f"{failure['kind']}: {failure['message']}" if failure.get("message") else str(failure.get("kind", ""))
    return [*names, _number(quality), *amounts, _shown(told)]


def _number(value: Json) -> str:
    """Whole numbers whole, others to six digits."""
    if not isinstance(value, int | float):
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:.6g}"


def _shown(text: str) -> str:
    """One line that renders as the text and nothing else."""
    plain = "".join(
        _spelt(character) if unicodedata.category(character) in _UNSAFE else character for character in text
    )
    marked = _MARKS.sub(r"\\\1", storable(plain))
    return html.escape(_BEGINNING.sub(_kept_apart, marked), quote=False)


def _kept_apart(beginning: re.Match[str]) -> str:
    return f"{beginning[0]}\\" if beginning[0].isdigit() else f"\\{beginning[0]}"


def _spelt(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"


def _line(file: BinaryIO, text: str) -> None:
    file.write(text.encode() + b"\n")


def _object(value: Json) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
