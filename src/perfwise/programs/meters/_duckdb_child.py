"""The child process of the `duckdb` meter: runs one query on copies of databases in memory, reports their CPU times.

Run as a script; DuckDB's folder comes with the job. The tables are read through SQLite before the query is known to
DuckDB; then external access is off and the configuration locked, so a query reads those tables and nothing else.
"""

import marshal
import sqlite3
import sys
import time

__all__ = ["main"]

TYPE_CHECKING = False  # as in `typing`, which takes longer to load than all else here
if TYPE_CHECKING:
    from typing import Any, TypedDict

    class _Job(TypedDict):
        path: list[str]
        query: str
        databases: list[str]
        repetitions: int
        budget: float
        memory_bytes: int


_LARGEST = 16 << 20  # bytes of an answer


def main() -> None:
    """Read the job from standard input, report one record a database on standard output."""
    job: _Job = marshal.loads(sys.stdin.buffer.read())  # noqa: S302 - from our own process
    sys.path += job["path"]
    _bound(job)
    left = job["budget"]
    for database in job["databases"]:
        told = _ran(database, job)
        sys.stdout.buffer.write(marshal.dumps(told, 2))
        sys.stdout.buffer.flush()
        left -= max(told.get("seconds", [0.0]))
        if "stopped" in told or left <= 0:
            return


def _ran(database: str, job: "_Job") -> "dict[str, Any]":
    import duckdb

    connection = duckdb.connect(":memory:")
    connection.execute("SET threads = 1")
    connection.execute(f"SET memory_limit = '{job['memory_bytes'] >> 20}MiB'")
    try:
        _copy(database, connection)
    except (sqlite3.Error, duckdb.Error, UnicodeDecodeError) as error:
        return {"raised": (type(error).__name__, f"the database cannot be copied: {error}"[:300])}
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    seconds: list[float] = []
    rows: list[tuple[Any, ...]] = []
    try:
        if len(connection.extract_statements(job["query"])) != 1:
            return {"raised": ("ProgrammingError", "wanted one statement"), "seconds": [0.0]}
        for _ in range(job["repetitions"]):
            begun = time.process_time()
            rows = connection.execute(job["query"]).fetchall()
            seconds.append(time.process_time() - begun)
            if sum(seconds) > job["budget"]:
                break
    except (duckdb.Error, RuntimeError, OverflowError, MemoryError) as error:
        return {"raised": (type(error).__name__, str(error)[:300]), "seconds": seconds or [0.0]}
    plain = [tuple(_plain(value) for value in row) for row in rows]
    if sum(len(value) if isinstance(value, str | bytes) else 9 for row in plain for value in row) > _LARGEST:
        return {"stopped": ("answer-too-large", "the answer takes more than 16 MiB"), "seconds": seconds}
    return {"rows": plain, "seconds": seconds}


def _copy(database: str, connection: "Any") -> None:
    """Every table with its columns' declared kinds, as DuckDB has them."""
    with sqlite3.connect(f"{database}?mode=ro&immutable=1", uri=True) as source:
        names = [
            name for (name,) in source.execute("select name from sqlite_master where type = 'table' order by name")
        ]
        for name in (each for each in names if not each.startswith("sqlite_")):
            columns = source.execute(f"pragma table_info({_quoted(name)})").fetchall()
            declared = ", ".join(f"{_quoted(column[1])} {_kind(column[2])}" for column in columns)
            connection.execute(f"create table {_quoted(name)} ({declared})")
            rows = source.execute(f"select * from {_quoted(name)}").fetchall()  # noqa: S608 - quoted, of the database
            if rows:
                places = ", ".join("?" * len(columns))
                connection.executemany(f"insert into {_quoted(name)} values ({places})", rows)  # noqa: S608


def _kind(declared: str) -> str:
    """DuckDB's type for a column of SQLite's, by SQLite's own rules of affinity."""
    upper = declared.upper()
    if "INT" in upper:
        return "bigint"
    if any(word in upper for word in ("CHAR", "CLOB", "TEXT", "DATE", "TIME")):
        return "varchar"
    if "BLOB" in upper or not upper:
        return "blob" if "BLOB" in upper else "varchar"
    return "double"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _plain(value: object) -> object:
    """What SQLite would hand out: numbers, texts, bytes, nothing."""
    if value is None or isinstance(value, bool | int | float | str | bytes):
        return int(value) if isinstance(value, bool) else value
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return str(value)
    return int(number) if number.is_integer() else number


def _bound(job: "_Job") -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    seconds = int(job["budget"] * (job["repetitions"] + 1)) + 5  # reading the tables
    bounds = {"RLIMIT_CPU": seconds, "RLIMIT_FSIZE": 0, "RLIMIT_CORE": 0}
    for name, bound in bounds.items():
        resource.setrlimit(getattr(resource, name), (bound, bound))


if __name__ == "__main__":
    main()
