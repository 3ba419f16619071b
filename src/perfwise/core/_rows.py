"""Outcomes as rows of the store's tables, and back."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping

from perfwise.core._schema import is_escaped, unescaped
from perfwise.core.cost import Cost
from perfwise.core.json import Json, canonical
from perfwise.core.outcome import Failure, Outcome, Provenance
from perfwise.errors import InvalidOption, StoreDamaged, StoreError

__all__ = ["Row", "UnreadDetail", "columns_of", "outcome_of", "provenance_of", "row_of"]

_DECODER = json.JSONDecoder()
_LONGEST_NAME = 2000  # bytes; PostgreSQL cannot index more than 2.7 kB


@dataclass(frozen=True, slots=True)
class Row:
    """An outcome's columns but for its run and provenance, which the database numbers."""

    columns: Mapping[str, str | int | float | None]
    provenance: Provenance

    @property
    def order(self) -> tuple[str, str, str, int]:
        """Sorting by it makes writers take rows in one order, so that two of them never wait for each other."""
        columns = self.columns
        return str(columns["candidate_set"]), str(columns["task"]), str(columns["candidate"]), int(columns["seed"] or 0)


def row_of(outcome: Outcome) -> Row:
    """Raises: StoreError if the outcome cannot be read back as it is."""
    if problem := _problem(outcome):
        raise StoreError(f"the outcome of {outcome.attempt} cannot be stored: {problem}")
    failure = outcome.failure
    try:
        cost, caveats, detail = (
            canonical(value) for value in (outcome.cost.as_dict(), outcome.caveats, outcome.detail)
        )
    except (TypeError, ValueError, RecursionError) as cause:
        raise StoreError(f"the outcome of {outcome.attempt} holds what is not plain JSON: {cause}") from cause
    columns: dict[str, str | int | float | None] = {
        "candidate_set": outcome.candidate_set,
        "task": outcome.task,
        "candidate": outcome.candidate,
        "seed": outcome.seed,
        "key": outcome.key,
        "quality": outcome.quality,
        "failure_kind": None if failure is None else failure.kind,
        "failure_message": None if failure is None else failure.message,
        "cost": cost,
        "caveats": caveats,
        "detail": detail,
    }
    return Row(columns, outcome.provenance)


def _problem(outcome: Outcome) -> str:
    names = outcome.task + outcome.candidate_set + outcome.candidate
    if 4 * len(names) > _LONGEST_NAME and len(names.encode("utf-8", "surrogatepass")) > _LONGEST_NAME:
        return f"task, set and candidate are named by more than {_LONGEST_NAME} bytes"
    if not -(1 << 63) <= outcome.seed < 1 << 63:
        return "the seed does not fit 64 bits"
    if outcome.quality is not None and not math.isfinite(outcome.quality):
        return f"the quality is {outcome.quality}; use None where it is unknown"
    return ""


def columns_of(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    """Rows by column, of columns read as plain text: escapes of `AnyText` are looked for in a column at once.

    A page of outcomes has tens of thousands of texts, and next to none has an escape.
    """
    columns = [_unescaped(column) for column in zip(*rows, strict=True)]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _unescaped(column: Sequence[Any]) -> Sequence[Any]:
    texts = [value for value in column if isinstance(value, str)]
    return [unescaped(value) if isinstance(value, str) else value for value in column] if is_escaped(texts) else column


class UnreadDetail(Mapping[str, Json]):
    """A detail that is parsed when it is first asked for: most of the time of reading an outcome goes into it.

    Raises: StoreDamaged when it is asked for and cannot be read.
    """

    __slots__ = ("_read", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._read: Mapping[str, Json] | None = None

    def _known(self) -> Mapping[str, Json]:
        if self._read is None:
            try:
                self._read = {**json.loads(self._text)}
            except (ValueError, TypeError, RecursionError) as cause:
                raise StoreDamaged(f"the detail of an outcome in the store cannot be read: {cause}") from cause
        return self._read

    def __getitem__(self, name: str) -> Json:
        return self._known()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known())

    def __len__(self) -> int:
        return len(self._known())


def outcome_of(
    row: Mapping[str, Any] | RowMapping, provenances: Mapping[int, Provenance], *, unread_detail: bool = False
) -> Outcome:
    """The outcome that `row_of` took apart.

    Args:
        row: by column.
        provenances: by the database's number.
        unread_detail: parse the detail when it is first asked for.
    Raises: StoreDamaged if `row_of` never made such a row.
    """
    try:
        return _outcome_of(row, provenances, unread_detail)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, InvalidOption) as cause:
        named = [str(row[name])[:80] for name in ("candidate_set", "task", "candidate", "seed")]
        raise StoreDamaged(f"the outcome of {named} in the store cannot be read: {cause}") from cause


def _outcome_of(
    row: Mapping[str, Any] | RowMapping, provenances: Mapping[int, Provenance], unread_detail: bool
) -> Outcome:
    kind = row["failure_kind"]
    return Outcome(
        task=row["task"],
        candidate_set=row["candidate_set"],
        candidate=row["candidate"],
        seed=row["seed"],
        key=row["key"],
        quality=row["quality"],
        cost=Cost(**_object(row["cost"])),
        failure=None if kind is None else Failure(kind, row["failure_message"]),
        caveats=() if row["caveats"] == "[]" else tuple(json.loads(row["caveats"])),
        provenance=provenances[row["provenance_id"]],
        detail=UnreadDetail(row["detail"]) if unread_detail else json.loads(row["detail"]),
    )


def _object(text: str) -> dict[str, Any]:
    """The JSON object that the text is. `json.loads` takes longer to look for spaces than to read a short one."""
    value, end = _DECODER.raw_decode(text)
    if end != len(text) or not isinstance(value, dict):
        raise ValueError(f"no JSON object: {text[:80]!r}")
    return value


def provenance_of(body: str) -> Provenance:
    """From the JSON text of `Provenance.as_json`. Raises: StoreDamaged for another text."""
    try:
        return Provenance.from_json(json.loads(body))
    except (ValueError, TypeError, AttributeError, RecursionError, InvalidOption) as cause:
        raise StoreDamaged(f"a provenance in the store cannot be read: {cause}") from cause
