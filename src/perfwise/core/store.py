"""`Store`: keeps outcomes, append-only, in an SQLite file or a PostgreSQL database."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import platformdirs
import sqlalchemy as sa

from perfwise.core._database import open_database, reading, url_of, writing
from perfwise.core._paging import Page, chosen, named_like, sorted_by
from perfwise.core._rows import columns_of, outcome_of, provenance_of
from perfwise.core._schema import ATTEMPT, AnyText, outcomes, provenances, runs
from perfwise.core._writer import Writer
from perfwise.core.json import Json, canonical, digest
from perfwise.core.outcome import Attempt, Outcome, Provenance
from perfwise.errors import InvalidOption, StoreDamaged, StoreError

__all__ = ["Page", "RunLog", "RunRecord", "Store", "Writer", "open_store"]

_PAGE = 2_000  # outcomes read at a time
_PLAIN = [sa.type_coerce(column, sa.Text()) if isinstance(column.type, AnyText) else column for column in outcomes.c]


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What the store says of a run.

    Args:
        id: number within the store, growing.
        name: unique within the store; `<engine>-<id>` unless it was given.
        created_at: as the caller told it, ISO 8601.
        engine: e.g. `programs`.
        planned: attempts that the run will have when it is finished.
        finished: whether the caller said that nothing is left to do.
        spec_digest: of `spec`; runs of the same digest ask for the same.
        spec: everything that the caller needs to make the same run again.
    """

    id: int
    name: str
    created_at: str
    engine: str
    planned: int
    finished: bool
    spec_digest: str
    spec: Mapping[str, Json]


def open_store(place: str | Path | None = None, *, create: bool = True) -> "Store":
    """Open a store, made where there is none unless `create` is false.

    Args:
        place: a file, a `postgresql://` URL, or None for `store.db` in the user's data folder.
        create: whether a missing file is an empty store or an error.
    Raises: InvalidOption for another kind of database; StoreError if it cannot be opened, is damaged, or belongs to
        another program or version.
    """
    if place is None:
        place = Path(platformdirs.user_data_dir("perfwise", appauthor=False)) / "store.db"
    return Store(open_database(url_of(place), create=create))


class Store:
    """Runs and their outcomes; append-only. Made by `open_store`; a context manager. Safe to use from several threads.

    Several processes may use one store at once. Every method raises StoreError when the database fails.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._provenances: dict[int, Provenance] = {}

    @property
    def url(self) -> str:
        """Where it is, without a password."""
        return self._engine.url.render_as_string(hide_password=True)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def begin(
        self, engine: str, spec: Mapping[str, Json], created_at: str, planned: int, *, name: str | None = None
    ) -> RunRecord:
        """Open a run.

        Raises: StoreError if the name is taken, or could be mistaken for a number or for `latest`.
        """
        if name is not None and (not name or name.isdecimal() or name == "latest"):
            raise StoreError(f"a run cannot be called {name!r}")
        values = {
            "name": name,
            "created_at": created_at,
            "engine": engine,
            "spec": canonical(spec),
            "spec_digest": digest(spec),
            "planned": planned,
        }
        with writing(self._engine) as connection:
            if name is not None and _named(connection, name) is not None:
                raise StoreError(f"there is a run called {name!r} already")
            row_id = connection.execute(sa.insert(runs).returning(runs.c.id), values).scalar_one()
            if name is None:
                connection.execute(sa.update(runs).where(runs.c.id == row_id).values(name=f"{engine}-{row_id}"))
            return _record(connection.execute(sa.select(runs).where(runs.c.id == row_id)).mappings().one())

    def finish(self, run: RunRecord) -> None:
        """Note that nothing of the run is left to do."""
        with writing(self._engine) as connection:
            connection.execute(sa.update(runs).where(runs.c.id == run.id).values(finished=True))

    def runs(self, limit: int = 100, offset: int = 0, *, text: str = "") -> list[RunRecord]:
        """Runs, the newest first; only those whose name or engine contains the text."""
        newest = sa.select(runs).where(*named_like(text)).order_by(runs.c.id.desc()).limit(limit).offset(offset)
        with reading(self._engine) as connection:
            return [_record(row) for row in connection.execute(newest).mappings()]

    def run_count(self, *, text: str = "") -> int:
        """How many runs there are whose name or engine contains the text."""
        with reading(self._engine) as connection:
            query = sa.select(sa.func.count()).select_from(runs).where(*named_like(text))
            return int(connection.execute(query).scalar_one())

    def run(self, which: int | str) -> RunRecord:
        """A run by its number, its name, or `latest`. Raises: InvalidOption naming what there is."""
        with reading(self._engine) as connection:
            if which == "latest":
                row = connection.execute(sa.select(runs).order_by(runs.c.id.desc()).limit(1)).mappings().first()
            else:
                row = _named(connection, which)
        if row is not None:
            return _record(row)
        newest = [run.name for run in self.runs(limit=10)]
        raise InvalidOption(f"no run {which!r} in {self.url}; the newest are: {', '.join(newest) or 'none'}")

    def unfinished(self, spec_digest: str) -> RunRecord | None:
        """The newest run of this spec that is not finished."""
        return self._newest(spec_digest, finished=False)

    def finished(self, spec_digest: str) -> RunRecord | None:
        """The newest run of this spec that is finished."""
        return self._newest(spec_digest, finished=True)

    def _newest(self, spec_digest: str, *, finished: bool) -> RunRecord | None:
        query = sa.select(runs).where(runs.c.spec_digest == spec_digest, runs.c.finished.is_(finished))
        with reading(self._engine) as connection:
            row = connection.execute(query.order_by(runs.c.id.desc()).limit(1)).mappings().first()
        return None if row is None else _record(row)

    def writer(self, run: RunRecord) -> Writer:
        """What appends outcomes to a run; close it before the store."""
        return Writer(self._engine, run.id)

    def log(self, run: RunRecord) -> "RunLog":
        """The run as a study takes it."""
        return RunLog(self, run)

    def done(self, run: RunRecord) -> dict[Attempt, str]:
        """Attempts whose outcomes are committed, each with its key."""
        query = sa.select(*ATTEMPT, outcomes.c.key).where(outcomes.c.run_id == run.id)
        with reading(self._engine) as connection:
            rows = connection.execute(query)
            return {Attempt(task, of_set, candidate, seed): key for of_set, task, candidate, seed, key in rows}

    def sets(self, run: RunRecord) -> dict[str, int]:
        """Outcomes committed by candidate set; the sum is what of `run.planned` is done."""
        column = outcomes.c.candidate_set
        query = sa.select(column, sa.func.count()).where(outcomes.c.run_id == run.id).group_by(column).order_by(column)
        with reading(self._engine) as connection:
            return {str(name): int(count) for name, count in connection.execute(query)}

    def outcome(self, run: RunRecord, attempt: Attempt) -> Outcome | None:
        """The outcome of one attempt."""
        columns = dict(zip(attempt._fields, attempt, strict=True))
        found = self._read(run, [outcomes.c[name] == value for name, value in columns.items()], limit=1)
        return found[0] if found else None

    def outcomes(
        self,
        run: RunRecord,
        *,
        candidate_set: str | None = None,
        task: str | None = None,
        after: Attempt | None = None,
        limit: int | None = None,
        unread_detail: bool = False,
    ) -> Iterator[Outcome]:
        """Outcomes in the order of set, task, candidate and seed, whatever finished first; a page held at a time.

        Args:
            run: whose outcomes.
            candidate_set: only outcomes of this set.
            task: only outcomes of this task; without a set, the whole run is searched.
            after: start behind this attempt: the last one of the page before.
            limit: at most so many.
            unread_detail: parse each `detail`, the greater part of the work, when it is first asked for; it is then a
                mapping that is no dict.
        """
        wanted = {"candidate_set": candidate_set, "task": task}
        conditions = [outcomes.c[name] == value for name, value in wanted.items() if value is not None]
        while limit is None or limit > 0:
            size = _PAGE if limit is None else min(_PAGE, limit)
            page = self._read(run, [*conditions, *_behind(after)], limit=size, unread_detail=unread_detail)
            yield from page
            if len(page) < size:
                return
            after = page[-1].attempt
            limit = None if limit is None else limit - size

    def page(self, run: RunRecord, page: Page) -> list[Outcome]:
        """A page of the run's outcomes, details parsed when asked for.

        Sorting by anything but the attempt reads the whole run. Raises: InvalidOption for an order there cannot be.
        """
        order = sorted_by(page, self._engine.dialect.name)
        return self._read(run, chosen(page), order=order, limit=page.limit, offset=page.offset, unread_detail=True)

    def rows(self, run: RunRecord, *, candidate_set: str | None = None) -> Iterator[dict[str, Json]]:
        """`Outcome.row` of every outcome, for exports."""
        return (outcome.row() for outcome in self.outcomes(run, candidate_set=candidate_set))

    def _read(
        self,
        run: RunRecord,
        conditions: list[sa.ColumnElement[bool]],
        *,
        limit: int,
        unread_detail: bool = False,
        order: Sequence[sa.ColumnElement[Any]] = ATTEMPT,
        offset: int = 0,
    ) -> list[Outcome]:
        wanted = sa.select(*_PLAIN).where(outcomes.c.run_id == run.id, *conditions)
        query = wanted.order_by(*order).limit(limit).offset(offset)
        with reading(self._engine) as connection:
            rows = columns_of(outcomes.c.keys(), connection.execute(query).all())
            self._know(connection, {row["provenance_id"] for row in rows})
        return [outcome_of(row, self._provenances, unread_detail=unread_detail) for row in rows]

    def _know(self, connection: sa.Connection, ids: set[int]) -> None:
        """Provenances never change, so each is read once."""
        missing = ids - self._provenances.keys()
        if missing:
            query = sa.select(provenances.c.id, provenances.c.body).where(provenances.c.id.in_(missing))
            self._provenances |= {row_id: provenance_of(body) for row_id, body in connection.execute(query)}


@dataclass(frozen=True, slots=True)
class RunLog:
    """One run of a store: what of it is done, and where more is appended."""

    store: Store
    run: RunRecord

    def done(self) -> dict[Attempt, str]:
        """As `Store.done`."""
        return self.store.done(self.run)

    def outcome(self, attempt: Attempt) -> Outcome | None:
        """As `Store.outcome`."""
        return self.store.outcome(self.run, attempt)

    def writer(self) -> Writer:
        """As `Store.writer`."""
        return self.store.writer(self.run)


def _behind(after: Attempt | None) -> list[sa.ColumnElement[bool]]:
    if after is None:
        return []
    place = sa.tuple_(after.candidate_set, after.task, after.candidate, after.seed, types=[c.type for c in ATTEMPT])
    return [sa.tuple_(*ATTEMPT) > place]


def _named(connection: sa.Connection, which: int | str) -> sa.RowMapping | None:
    number = isinstance(which, int) or (which.isdecimal() and len(which) < 10)
    condition = runs.c.id == int(which) if number else runs.c.name == which
    return connection.execute(sa.select(runs).where(condition)).mappings().first()


def _record(row: sa.RowMapping) -> RunRecord:
    return RunRecord(
        id=row["id"],
        name=row["name"],
        created_at=row["created_at"],
        engine=row["engine"],
        planned=row["planned"],
        finished=row["finished"],
        spec_digest=row["spec_digest"],
        spec=_spec(row["name"], row["spec"]),
    )


def _spec(name: str, text: str) -> Mapping[str, Json]:
    try:
        spec = json.loads(text)
    except (ValueError, RecursionError) as cause:
        raise StoreDamaged(f"what the run {name!r} asked cannot be read: {cause}") from cause
    if not isinstance(spec, dict):
        raise StoreDamaged(f"what the run {name!r} asked is no object")
    return spec
