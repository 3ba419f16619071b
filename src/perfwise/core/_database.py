"""Opening the store's database: SQLite by path, PostgreSQL by URL; its schema; its errors."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from perfwise.core._schema import SCHEMA_VERSION, metadata, schema
from perfwise.errors import InvalidOption, StoreError

__all__ = ["insert_new", "open_database", "reading", "store_errors", "url_of", "writing"]

_BUSY_S = 60.0  # how long one process waits for another's commit
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
            _ensure_schema(engine)
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
        reason = str(getattr(cause, "orig", None) or cause).strip()
        raise StoreError(f"the store {_shown(url)} failed: {reason}") from cause


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


def _ensure_schema(engine: sa.Engine) -> None:
    with reading(engine) as connection:
        if _has_schema(connection):
            return
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_SCHEMA_LOCK)))
        if not _has_schema(connection):  # another process may have been faster
            metadata.create_all(connection, checkfirst=False)
            connection.execute(sa.insert(schema).values(version=SCHEMA_VERSION))


def _has_schema(connection: sa.Connection) -> bool:
    """Raises: StoreError where the database is another program's or another version's."""
    shown = _shown(connection.engine.url)
    names = sa.inspect(connection).get_table_names()
    if schema.name not in names:
        if names and connection.dialect.name == "sqlite":
            raise StoreError(f"{shown} is a database of another program; name another file")
        return False
    versions = connection.execute(sa.select(schema.c.version)).scalars().all()
    if list(versions) != [SCHEMA_VERSION]:
        found = ", ".join(map(str, versions)) or "none"
        raise StoreError(
            f"the store {shown} has schema version {found}, this perfwise reads version {SCHEMA_VERSION}; "
            "use the perfwise that wrote it, or name another store"
        )
    return True
