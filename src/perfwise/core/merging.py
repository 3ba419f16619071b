"""Runs of other stores, and whole runs from elsewhere, into a store: all of them in one transaction, or none."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from perfwise.core._database import reading, writing
from perfwise.core._joining import Joined, Joining, Piece
from perfwise.core._rows import outcome_of, provenance_of, row_of
from perfwise.core._schema import ATTEMPT, outcomes, provenances, runs
from perfwise.core.json import Json, canonical, digest
from perfwise.core.outcome import Outcome, Provenance
from perfwise.core.store import Store
from perfwise.errors import InvalidOption

__all__ = ["Joined", "WholeRun", "keep_runs", "merge_stores"]

_PAGE = 2_000  # outcomes held at a time


@dataclass(frozen=True, slots=True)
class WholeRun:
    """A run that was finished elsewhere.

    Args:
        engine: e.g. `pyperf`.
        spec: what was asked; a run of the same spec that the store has is the same run.
        created_at: ISO 8601.
        outcomes: all of them, no attempt twice.
        name: None: `<engine>-<id>`.
    """

    engine: str
    spec: Mapping[str, Json]
    created_at: str
    outcomes: Sequence[Outcome]
    name: str | None = None


def merge_stores(target: Store, sources: Sequence[Store], *, apart: bool = False) -> list[Joined]:
    """Take the runs of other stores over, as of the shards of one job.

    Runs of one engine and spec are one run: the first of them in a source joins the first in the target, the second the
    second. An attempt that both have is kept once if the outcomes are equal.

    Args:
        target: is changed, in one transaction.
        sources: stay as they are.
        apart: a run whose outcomes differ from those of the run it would join becomes a run of its own.
    Returns: what became of each run, in the order of the sources and of their runs.
    Raises: StoreConflict if outcomes of one attempt differ, unless `apart`; InvalidOption if a source is the target;
        StoreError. Whatever is raised, the target is as it was.
    """
    for place, source in enumerate(sources):
        if any(_same(source, other) for other in (target, *sources[:place])):
            raise InvalidOption(f"a store cannot be merged with itself: {source.url}")
    with writing(target._engine) as connection, ExitStack() as open_sources:
        joining = Joining(connection)
        joined: list[Joined] = []
        for source in sources:
            opened = open_sources.enter_context(reading(source._engine))
            joined += _joined(joining, opened, apart=apart)
        return joined


def keep_runs(target: Store, whole: Iterable[WholeRun]) -> list[Joined]:
    """Keep runs from elsewhere, in one transaction; what the store has already is not kept twice.

    Raises: as `merge_stores`.
    """
    with writing(target._engine) as connection:
        joining = Joining(connection)
        joined: list[Joined] = []
        for run in whole:
            values = {
                "name": run.name,
                "created_at": run.created_at,
                "engine": run.engine,
                "spec": canonical(run.spec),
                "spec_digest": digest(run.spec),
                "planned": len(run.outcomes),
                "finished": True,
            }
            joined.append(joining.join(values, 0, [_pieces(run.outcomes)]))
        return joined


def _joined(joining: Joining, source: sa.Connection, *, apart: bool) -> Iterator[Joined]:
    """Every run of one source."""
    seen: Counter[tuple[str, str]] = Counter()
    for row in source.execute(sa.select(runs).order_by(runs.c.id)).mappings().all():
        values = {name: value for name, value in row.items() if name != "id"}
        question = (row["engine"], row["spec_digest"])
        yield joining.join(values, seen[question], _Pages(source, row["id"]), apart=apart)
        seen[question] += 1


class _Pages:
    """The outcomes of one run of a source, a page at a time, as often as they are walked.

    Every row is read as an outcome on the way, so that nothing damaged is taken over.
    """

    def __init__(self, source: sa.Connection, run_id: int) -> None:
        self._source, self._run_id = source, run_id
        self._known: dict[int, tuple[Provenance, str, str]] = {}

    def __iter__(self) -> Iterator[list[Piece]]:
        place: list[sa.ColumnElement[bool]] = []
        while True:
            query = sa.select(outcomes).where(outcomes.c.run_id == self._run_id, *place).order_by(*ATTEMPT)
            rows = self._source.execute(query.limit(_PAGE)).mappings().all()
            self._know({row["provenance_id"] for row in rows})
            provenance_by_id = {number: known[0] for number, known in self._known.items()}
            for row in rows:
                outcome_of(row, provenance_by_id)
            if rows:
                yield [self._piece(row) for row in rows]
            if len(rows) < _PAGE:
                return
            last = sa.tuple_(*(rows[-1][column.name] for column in ATTEMPT), types=[column.type for column in ATTEMPT])
            place = [sa.tuple_(*ATTEMPT) > last]

    def _piece(self, row: sa.RowMapping) -> Piece:
        columns = {name: value for name, value in row.items() if name not in ("run_id", "provenance_id")}
        _, provenance, body = self._known[row["provenance_id"]]
        return Piece(columns, provenance, body)

    def _know(self, ids: set[int]) -> None:
        missing = ids - self._known.keys()
        if missing:
            query = sa.select(provenances).where(provenances.c.id.in_(missing))
            for number, told, body in self._source.execute(query):
                self._known[number] = (provenance_of(body), told, body)


def _pieces(of: Sequence[Outcome]) -> list[Piece]:
    bodies: dict[Provenance, tuple[str, str]] = {}
    for one in of:
        if one.provenance not in bodies:
            bodies[one.provenance] = (one.provenance.digest, canonical(one.provenance.as_json()))
    return [Piece(row_of(one).columns, *bodies[one.provenance]) for one in of]


def _same(one: Store, other: Store) -> bool:
    first, second = (store._engine.url for store in (one, other))
    if first.drivername == second.drivername == "sqlite":
        return Path(str(first.database)).samefile(str(second.database))
    return first == second
