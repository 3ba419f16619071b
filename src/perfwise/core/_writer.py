"""`Writer`: outcomes into the store, committed in groups by a thread of its own."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import sqlalchemy as sa

from perfwise.core._database import insert_new, writing
from perfwise.core._rows import Row, row_of
from perfwise.core._schema import outcomes as outcome_table
from perfwise.core._schema import provenances as provenance_table
from perfwise.core.json import canonical
from perfwise.core.outcome import Outcome, Provenance
from perfwise.errors import StoreError

__all__ = ["Writer"]

_INTERVAL_S = 0.1
_MANY_ROWS = 5_000  # are committed without waiting for the interval
_MOST_WAITING_ROWS = 50_000  # then `append` waits, so that a slow disk does not fill the memory


@dataclass(frozen=True, slots=True)
class _Group:
    """What one `append` handed over."""

    rows: tuple[Row, ...]
    done: "Future[int]"


class Writer:
    """Appends outcomes to one run; a context manager. Safe to use from several threads.

    A thread commits what waits, at most every 100 ms or when many rows wait, so that the disk is forced ten times a
    second and not once an outcome. An outcome is finished when it is committed: until then a kill may lose it,
    from then on none can.
    """

    def __init__(self, engine: sa.Engine, run_id: int) -> None:
        self._engine = engine
        self._run_id = run_id
        self._changed = threading.Condition()
        self._waiting: list[_Group] = []
        self._waiting_rows = 0
        self._committed = 0
        self._closing = False
        self._error: BaseException | None = None
        self._provenance_ids: dict[Provenance, int] = {}
        self._thread = threading.Thread(target=self._work, name="perfwise-store-writer", daemon=True)
        self._thread.start()

    @property
    def committed(self) -> int:
        """Outcomes of this writer that are in the store for good."""
        return self._committed

    def append(self, outcomes: Sequence[Outcome]) -> "Future[int]":
        """Hand outcomes over; all of them are committed together. An attempt that the run already has stays as it was.

        Returns: a future, done once they are committed (its result is `committed` then), or holding the StoreError.
        Raises: StoreError if an outcome cannot be stored, the writer is closed, or an earlier commit failed.
        """
        rows = tuple(row_of(outcome) for outcome in outcomes)
        done: Future[int] = Future()
        done.set_running_or_notify_cancel()  # what is handed over can no longer be cancelled
        with self._changed:
            self._changed.wait_for(lambda: self._waiting_rows < _MOST_WAITING_ROWS or self._stopped)
            if self._error is not None:
                raise self._error
            if self._closing:
                raise StoreError("the writer is closed")
            self._waiting.append(_Group(rows, done))
            self._waiting_rows += len(rows)
            if len(self._waiting) == 1 or self._waiting_rows >= _MANY_ROWS:  # else the thread would wake for nothing
                self._changed.notify_all()
        return done

    def close(self) -> None:
        """Commit the rest. Raises: StoreError if anything handed over could not be committed."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _stopped(self) -> bool:
        return self._closing or self._error is not None

    def _work(self) -> None:
        while groups := self._next_groups():
            try:
                self._commit([row for group in groups for row in group.rows])
            except BaseException as error:  # whatever it is, those who wait must hear of it
                self._fail(error, groups)
                return
            for group in groups:
                group.done.set_result(self._committed)

    def _next_groups(self) -> list[_Group]:
        """What waits, once the interval since the last commit is over; empty when closed and nothing is left."""
        with self._changed:
            if self._committed:
                self._changed.wait_for(lambda: self._closing or self._waiting_rows >= _MANY_ROWS, _INTERVAL_S)
            self._changed.wait_for(lambda: self._waiting or self._closing)
            groups, self._waiting, self._waiting_rows = self._waiting, [], 0
            self._changed.notify_all()
            return groups

    def _commit(self, rows: list[Row]) -> None:
        rows.sort(key=lambda row: row.order)
        with writing(self._engine) as connection:
            ids = self._ids(connection, {row.provenance for row in rows})
            values = [{**row.columns, "run_id": self._run_id, "provenance_id": ids[row.provenance]} for row in rows]
            if values:
                connection.execute(insert_new(connection, outcome_table), values)
        self._provenance_ids = ids
        self._committed += len(rows)

    def _ids(self, connection: sa.Connection, wanted: set[Provenance]) -> dict[Provenance, int]:
        """Numbers of the provenances, those known and those wanted; what is new is inserted."""
        ids = dict(self._provenance_ids)
        for provenance in sorted(wanted - ids.keys(), key=lambda each: each.digest):
            values = {"digest": provenance.digest, "body": canonical(provenance.as_json())}
            connection.execute(insert_new(connection, provenance_table), values)
            found = sa.select(provenance_table.c.id).where(provenance_table.c.digest == provenance.digest)
            ids[provenance] = connection.execute(found).scalar_one()
        return ids

    def _fail(self, error: BaseException, groups: list[_Group]) -> None:
        with self._changed:
            self._error = error
            lost = groups + self._waiting
            self._waiting, self._waiting_rows = [], 0
            self._changed.notify_all()
        for group in lost:
            group.done.set_exception(error)
