"""The measurements of a session: how each stands to its baseline, and what is told of them at the end."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from perfwise.errors import InvalidOption

__all__ = ["PROPERTY", "Record", "Tolerance", "costs_of", "report_document", "standing", "table"]

PROPERTY = "perfwise"
"""The user property of a test report under which records travel, also from xdist's workers."""

_EXACT_SHARE, _EXACT_INSTRUCTIONS = 0.002, 1_000
_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How much dearer counts as the same.

    Args:
        share: of the baseline; 0.002 is what edits that change nothing move an exact count by.
        instructions: beside the share.
    """

    share: float = _EXACT_SHARE
    instructions: int = _EXACT_INSTRUCTIONS

    @classmethod
    def of(cls, text: str) -> "Tolerance":
        """From `3%` or `0.03`. Raises: InvalidOption."""
        number = text.strip()
        try:
            share = float(number.removesuffix("%")) / (100 if number.endswith("%") else 1)
        except ValueError:
            share = -1.0
        if not 0 <= share < float("inf"):
            raise InvalidOption(f"a tolerance of {text!r}; wanted a share of at least 0, such as 0.2% or 0.002")
        return cls(share)

    def bound(self, baseline: int) -> int:
        """The most instructions that count as no dearer."""
        return int(baseline * (1 + self.share)) + self.instructions


@dataclass(frozen=True, slots=True)
class Record:
    """One measurement of one test.

    Args:
        test: pytest's node id.
        name: unique within the test.
        wasm_instructions: spent.
        quality: 1.0 or 0.0.
        baseline: instructions; None if there is none.
        standing: `new`, `same`, `cheaper`, `dearer` or `failed`.
    """

    test: str
    name: str
    wasm_instructions: int
    quality: float
    baseline: int | None
    standing: str

    @property
    def ratio(self) -> float | None:
        """To the baseline."""
        return None if self.baseline is None else self.wasm_instructions / max(self.baseline, 1)

    def packed(self) -> str:
        """As text that any test report can carry."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def unpacked(cls, text: str) -> "Record":
        """The inverse of `packed`."""
        return cls(**json.loads(text))


def standing(instructions: int, quality: float, baseline: int | None, tolerance: Tolerance) -> str:
    """How a measurement stands to its baseline."""
    if quality < 1:
        return "failed"
    if baseline is None:
        return "new"
    if instructions > tolerance.bound(baseline):
        return "dearer"
    return "cheaper" if baseline > tolerance.bound(instructions) else "same"


def costs_of(records: Iterable[Record]) -> dict[str, dict[str, int]]:
    """Instructions by test and name, without the failed."""
    costs: dict[str, dict[str, int]] = {}
    for record in records:
        if record.quality >= 1:
            costs.setdefault(record.test, {})[record.name] = record.wasm_instructions
    return costs


def report_document(records: Sequence[Record], meter: dict[str, str], tolerance: Tolerance) -> dict[str, Any]:
    """All of a session as plain data, sorted by test and name."""
    ordered = sorted(records, key=lambda record: (record.test, record.name))
    return {
        "format": "perfwise-pytest/1",
        "meter": meter,
        "tolerance": asdict(tolerance),
        "measurements": [{**asdict(record), "ratio": record.ratio} for record in ordered],
    }


def table(records: Sequence[Record], shown: int = _SHOWN) -> list[str]:
    """Lines for people, what grew most first."""
    ordered = sorted(records, key=lambda record: (-(record.ratio or 0.0), record.test, record.name))
    rows = [("instructions", "baseline", "ratio", "", "measurement")]
    rows += [_row(record) for record in ordered[:shown]]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        "  ".join(
            [*(f"{cell:>{width}}" for cell, width in zip(row[:3], widths, strict=False)), f"{row[3]:<{widths[3]}}"]
        )
        + f"  {row[4]}"
        for row in rows
    ]
    hidden = len(ordered) - shown
    return lines + ([f"... and {hidden} more (all of them with -v)"] if hidden > 0 else [])


def _row(record: Record) -> tuple[str, str, str, str, str]:
    baseline = "-" if record.baseline is None else f"{record.baseline:,}"
    ratio = "-" if record.ratio is None else f"{record.ratio:.3f}"
    return f"{record.wasm_instructions:,}", baseline, ratio, record.standing, f"{record.test} {record.name}"
