"""One run into the runs of a store: which run it is, what it adds, and what it may not change."""

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from perfwise.core._database import insert_new
from perfwise.core._schema import ATTEMPT, outcomes, provenances, runs
from perfwise.errors import StoreConflict

__all__ = ["Joined", "Joining", "Piece"]

_CHUNK = 500  # attempts looked up at once: SQLite takes 32,766 variables a statement
_COMPARED = ("key", "quality", "failure_kind", "failure_message", "cost", "caveats", "detail")

_Attempt = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """One outcome on its way: its columns but for run and provenance, and the provenance's digest and body."""

    columns: Mapping[str, Any]
    provenance: str
    body: str

    @property
    def attempt(self) -> _Attempt:
        """What names it within its run."""
        return tuple(self.columns[column.name] for column in ATTEMPT)


@dataclass(frozen=True, slots=True)
class Joined:
    """What became of a run.

    Args:
        run_id, name: of the run of the store that holds it now.
        source_name: how it was called where it came from; None if it had no name.
        new: whether the store had no such run.
        added: outcomes that are new.
        known: outcomes that the store had already.
    """

    run_id: int
    name: str
    source_name: str | None
    new: bool
    added: int
    known: int


class Joining:
    """Joins runs within one transaction, which the caller ends.

    Args:
        connection: in a transaction that writes.
    """

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._provenance_ids: dict[str, int] = {}

    def join(
        self, run: Mapping[str, Any], nth: int, pages: Iterable[Sequence[Piece]], *, apart: bool = False
    ) -> Joined:
        """Join one run.

        Args:
            run: columns of `runs` but for the id; `name` may be None.
            nth: it is the n-th of its engine and spec where it comes from, counted from 0.
            pages: its outcomes; walked twice if they conflict and `apart` is set.
            apart: on a conflict, make a run of its own.
        Raises: StoreConflict naming the attempt and what differs.
        """
        existing = self._nth(run, nth)
        if existing is None:
            return self._new(run, pages)
        nested = self._connection.begin_nested()
        try:
            added, known = self._add(existing["id"], existing["name"], pages)
        except StoreConflict:
            nested.rollback()
            if apart:
                return self._new(run, pages)
            raise
        nested.commit()
        self._update(existing, run)
        return Joined(existing["id"], existing["name"], run["name"], new=False, added=added, known=known)

    def _nth(self, run: Mapping[str, Any], nth: int) -> sa.RowMapping | None:
        same = sa.select(runs).where(runs.c.spec_digest == run["spec_digest"], runs.c.engine == run["engine"])
        return self._connection.execute(same.order_by(runs.c.id).offset(nth).limit(1)).mappings().first()

    def _new(self, run: Mapping[str, Any], pages: Iterable[Sequence[Piece]]) -> Joined:
        values = {**run, "name": None}
        number = self._connection.execute(sa.insert(runs).returning(runs.c.id), values).scalar_one()
        name = self._free_name(run["name"], run["engine"], number)
        self._connection.execute(sa.update(runs).where(runs.c.id == number).values(name=name))
        added, known = self._add(number, name, pages)
        return Joined(number, name, run["name"], new=True, added=added, known=known)

    def _free_name(self, wanted: str | None, engine: str, number: int) -> str:
        """The wanted name, numbered on if it is taken; a name that a store gave is given anew."""
        if wanted is None or re.fullmatch(rf"{re.escape(engine)}-\d+", wanted):
            wanted = f"{engine}-{number}"
        names = itertools.chain([wanted], (f"{wanted}-{again}" for again in itertools.count(2)))
        return next(name for name in names if not self._taken(name))

    def _taken(self, name: str) -> bool:
        return self._connection.execute(sa.select(runs.c.id).where(runs.c.name == name)).first() is not None

    def _add(self, run_id: int, name: str, pages: Iterable[Sequence[Piece]]) -> tuple[int, int]:
        """(added, known) outcomes."""
        added = known = 0
        for page in pages:
            for start in range(0, len(page), _CHUNK):
                chunk = page[start : start + _CHUNK]
                there = self._there(run_id, chunk)
                fresh = [piece for piece in chunk if piece.attempt not in there]
                for piece in chunk:
                    if piece.attempt in there:
                        _check_equal(name, piece, *there[piece.attempt])
                self._insert(run_id, fresh)
                added, known = added + len(fresh), known + len(chunk) - len(fresh)
        return added, known

    def _there(self, run_id: int, chunk: Sequence[Piece]) -> dict[_Attempt, tuple[sa.RowMapping, str]]:
        """Rows of the run for the attempts of the chunk, each with its provenance's digest."""
        wanted = sa.tuple_(*ATTEMPT, types=[column.type for column in ATTEMPT])
        query = (
            sa.select(outcomes, provenances.c.digest)
            .join(provenances, provenances.c.id == outcomes.c.provenance_id)
            .where(outcomes.c.run_id == run_id, wanted.in_([piece.attempt for piece in chunk]))
        )
        rows = self._connection.execute(query).mappings()
        return {tuple(row[column.name] for column in ATTEMPT): (row, row["digest"]) for row in rows}

    def _insert(self, run_id: int, pieces: Sequence[Piece]) -> None:
        if pieces:
            values = [{**piece.columns, "run_id": run_id, "provenance_id": self._provenance(piece)} for piece in pieces]
            self._connection.execute(sa.insert(outcomes), values)

    def _provenance(self, piece: Piece) -> int:
        if piece.provenance not in self._provenance_ids:
            values = {"digest": piece.provenance, "body": piece.body}
            self._connection.execute(insert_new(self._connection, provenances), values)
            found = sa.select(provenances.c.id).where(provenances.c.digest == piece.provenance)
            self._provenance_ids[piece.provenance] = self._connection.execute(found).scalar_one()
        return self._provenance_ids[piece.provenance]

    def _update(self, existing: sa.RowMapping, run: Mapping[str, Any]) -> None:
        """A run of several shards has all that they planned, and is finished when they are or when it is all there."""
        count = sa.select(sa.func.count()).select_from(outcomes).where(outcomes.c.run_id == existing["id"])
        held = self._connection.execute(count).scalar_one()
        planned = max(existing["planned"], run["planned"], held)
        finished = (existing["finished"] and run["finished"]) or held >= planned
        changed = sa.update(runs).where(runs.c.id == existing["id"])
        self._connection.execute(changed.values(planned=planned, finished=finished))


def _check_equal(run: str, piece: Piece, row: sa.RowMapping, provenance: str) -> None:
    """Raises: StoreConflict naming what differs."""
    different = [name for name in _COMPARED if piece.columns[name] != row[name]]
    if piece.provenance != provenance:
        different.append("provenance")
    if different:
        candidate_set, task, candidate, seed = piece.attempt
        raise StoreConflict(
            f"the run {run!r} has another outcome of candidate {candidate!r} of set {candidate_set!r} on task {task!r} "
            f"with seed {seed}: they differ in {', '.join(different)}; nothing was merged. If it was measured twice on "
            "purpose, keep the runs apart (--apart)"
        )
