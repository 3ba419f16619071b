"""Opening the store's database: SQLite by path, PostgreSQL by URL; its schema; its errors."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from perfwise.core._migrations import bring_up_to_date, version_of
from perfwise.core._schema import SCHEMA_VERSION, metadata, schema
from perfwise.errors import InvalidOption, StoreDamaged, StoreError, StoreFull

__all__ = ["insert_new", "open_database", "reading", "store_errors", "url_of", "writing"]

_BUSY_S = 60.0  # how long one process waits for another's commit
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_SCHEMA_LOCK = 0x70657266  # any constant that all perfwise processes share


def url_of(place: str | Path) -> URL:
    """Database URL of a path or of the URL a user would write. Raises: InvalidOption for another kind of database."""
    if isinstance(place, Path) or "://" not in place:
        if str(place) in ("", ":memory:"):
            raise InvalidOption("a store needs a file: outcomes in memory would not outlive the process")
        return URL.create("sqlite", database=str(Path(place).expanduser().absolute()))
    try:
        url = make_url(place)
    except sa.exc.ArgumentError as cause:
        raise InvalidOption(f"not the URL of a store: {cause}") from cause
    kind = url.drivername.partition("+")[0]
    if kind == "sqlite" and url.database:
        return url_of(Path(url.database))
    if kind not in ("postgresql", "postgres"):
        raise InvalidOption(f"a store is a file or a postgresql:// URL, not {kind}://")
    return url.set(drivername="postgresql+psycopg")


def open_database(url: URL, *, create: bool) -> sa.Engine:
    """An engine whose database has this version's schema. Raises: StoreError."""
    with store_errors(url):
        _prepare_file(url, create=create)
        try:
            engine = sa.create_engine(url, hide_parameters=True)
        except ModuleNotFoundError as cause:
            raise StoreError("PostgreSQL needs psycopg: pip install 'perfwise[postgres]'") from cause
        if engine.dialect.name == "sqlite":
            _tune_sqlite(engine)
        try:
            _ensure_schema(engine, create=create)
        except BaseException:
            engine.dispose()
            raise
        return engine


@contextmanager
def store_errors(url: URL) -> Iterator[None]:
    """Translate what the database or the file system raise, naming the store. The one border for both."""
    try:
        yield
    except (sa.exc.DBAPIError, sa.exc.TimeoutError, sqlite3.Error, OSError) as cause:
        original = getattr(cause, "orig", None) or cause
        kind, advice = _kind(original)
        raise kind(f"the store {_shown(url)} failed: {str(original).strip()}{advice}") from cause


def _kind(cause: BaseException) -> tuple[type[StoreError], str]:
    """What an error of the database or the file system means, and what to do."""
    primary = (getattr(cause, "sqlite_errorcode", None) or 0) & 0xFF
    state = getattr(cause, "sqlstate", None) or ""
    if primary == sqlite3.SQLITE_FULL or state == "53100" or getattr(cause, "errno", None) in _NO_ROOM:
        return StoreFull, "; nothing of this was kept: make room, then run it again"
    if primary == sqlite3.SQLITE_IOERR:
        return StoreError, "; nothing of this was kept: is the disk full, or a limit on the size of files reached?"
    if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) or state in ("XX001", "XX002"):
        return StoreDamaged, "; take a copy of it from a backup, or name another store"
    return StoreError, ""


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection that sees one moment of the store."""
    with store_errors(engine.url), engine.begin() as connection:
        yield connection


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction, committed on leaving."""
    with store_errors(engine.url), engine.execution_options(perfwise_writes=True).begin() as connection:
        yield connection


def insert_new(connection: sa.Connection, table: sa.Table) -> "sqlite.Insert | postgresql.Insert":
    """An insert that leaves a row which is already there as it is."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    return insert(table).on_conflict_do_nothing()


def _shown(url: URL) -> str:
    return str(url.database) if url.drivername == "sqlite" else url.render_as_string(hide_password=True)


def _prepare_file(url: URL, *, create: bool) -> None:
    if url.drivername != "sqlite":
        return
    path = Path(str(url.database))
    if not create and not path.exists():
        raise StoreError(f"there is no store at {path}")
    if not create and path.stat().st_size == 0:  # SQLite would make a database of it
        raise StoreError(f"there is no store in {path}: it is empty")
    path.parent.mkdir(parents=True, exist_ok=True)


def _tune_sqlite(engine: sa.Engine) -> None:
    """Readers beside a writer (WAL), commits that survive a power cut, and transactions where we begin them."""

    @sa.event.listens_for(engine, "connect")
    def _(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # or the driver would begin transactions by its own rules
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {int(_BUSY_S * 1000)}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def _(connection: sa.Connection) -> None:
        # Taking the write lock at once makes writers queue; upgrading a read would fail when another writer was faster.
        writes = connection.get_execution_options().get("perfwise_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _ensure_schema(engine: sa.Engine, *, create: bool) -> None:
    shown = _shown(engine.url)
    with reading(engine) as connection:
        found = version_of(connection, shown)
    if found == SCHEMA_VERSION:
        return
    if found is None and not create:
        raise StoreError(f"there is no store in {shown}: it is empty")
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_SCHEMA_LOCK)))
        found = version_of(connection, shown)  # another process may have been faster
        if found is None:
            metadata.create_all(connection, checkfirst=False)
            connection.execute(sa.insert(schema).values(version=SCHEMA_VERSION))
        else:
            bring_up_to_date(connection, found)
