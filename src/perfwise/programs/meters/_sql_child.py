"""The child process of the `sql` meter: runs one query on databases and reports one marshalled record a database.

Run as a script with the standard library alone. The query can read the database and nothing else: it is opened
read-only, SQLite's authorizer allows reading and calling functions, and the process is bounded in CPU time, memory and
file size.
"""

import ctypes
import marshal
import sqlite3
import sys
from collections.abc import Callable

__all__ = ["main", "steps_of"]

TYPE_CHECKING = False  # as in `typing`, which takes longer to load than all else here
if TYPE_CHECKING:
    from typing import TypedDict

    class _Job(TypedDict):
        query: str
        databases: list[str]
        budget: int
        case_budget: int | None
        memory_bytes: int
        cpu_s: int


_VM_STEP = 4  # SQLITE_STMTSTATUS_VM_STEP
_EVERY = 1000  # steps between two looks at the budget
_ALLOWED = frozenset({20, 21, 31, 33})  # SQLITE_READ, SQLITE_SELECT, SQLITE_FUNCTION, SQLITE_RECURSIVE
_FORBIDDEN_FUNCTIONS = frozenset({"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"})
_LENGTH, _LIKE, _SQL = 0, 8, 1  # SQLITE_LIMIT_*

# What would be drawn afresh in every run is one number.
_FIXED: dict[str, Callable[..., "int | bytes"]] = {
    "random": lambda: 4_611_686_018_427_387_904,
    "randomblob": lambda n: bytes(max(int(n or 1), 1)),
}


def main() -> None:
    """Read the job from standard input, report on standard output."""
    job: _Job = marshal.loads(sys.stdin.buffer.read())  # noqa: S302 - from our own process
    _bound(job)
    left = job["budget"]
    for database in job["databases"]:
        try:
            told = _ran(database, job, left)
        except sqlite3.Error as error:  # it cannot even be opened
            told = _fault(error, stopped=False) | {"steps": 0}
        sys.stdout.buffer.write(marshal.dumps(told, 2))
        sys.stdout.buffer.flush()
        steps = told["steps"]
        assert isinstance(steps, int)
        left -= steps
        if told.get("stopped"):
            return


def _ran(database: str, job: "_Job", left: int) -> dict[str, object]:
    connection = sqlite3.connect(f"{database}?mode=ro&immutable=1", uri=True, cached_statements=1)
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
    # As a script, which is not kept: the one statement that the connection keeps shall be the query.
    connection.executescript(f"pragma cache_size = -{16 << 10}; pragma temp_store = 2;")
    if hasattr(connection, "setlimit"):
        for limit, most in ((_LENGTH, 16 << 20), (_LIKE, 1000), (_SQL, 1 << 20)):
            connection.setlimit(limit, most)
    for name, function in _FIXED.items():
        connection.create_function(name, -1, function, deterministic=True)
    looks = 0
    most = min(left, job["case_budget"] or left)

    def look() -> int:
        nonlocal looks
        looks += 1
        return looks * _EVERY > most

    connection.set_authorizer(_authorized)
    connection.set_progress_handler(look, _EVERY)
    cursor = connection.cursor()
    told: dict[str, object] = {}
    try:
        cursor.execute(job["query"])
        if cursor.description is None:
            raise sqlite3.ProgrammingError("there is no query in it")
        told["rows"] = _rows(cursor)
    except (sqlite3.Error, sqlite3.Warning, OverflowError, ValueError, MemoryError) as error:
        told = _fault(error, stopped=looks * _EVERY > most)
    told["steps"] = steps_of(connection, looks * _EVERY) if "stopped" not in told else most
    cursor.close()
    connection.close()
    return told


def _rows(cursor: sqlite3.Cursor) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    size = 0
    for row in cursor:
        rows.append(row)
        size += sum(len(value) if isinstance(value, str | bytes) else 9 for value in row)
        if size > 16 << 20:
            raise OverflowError("the answer takes more than 16 MiB")
    return rows


def _fault(error: BaseException, *, stopped: bool) -> dict[str, object]:
    if stopped:
        return {"stopped": ("out-of-fuel", "the budget of steps was spent")}
    if isinstance(error, OverflowError) and "16 MiB" in str(error):
        return {"stopped": ("answer-too-large", str(error))}
    return {"raised": (type(error).__name__, str(error)[:300])}


def _authorized(action: int, _: str | None, second: str | None, *__: object) -> int:
    function = (second or "").lower() if action == 31 else ""
    return 0 if action in _ALLOWED and function not in _FORBIDDEN_FUNCTIONS else 1


def steps_of(connection: sqlite3.Connection, looked: int) -> int:
    """Virtual-machine steps of the connection's one statement, as SQLite itself counted them.

    Args:
        connection: with one statement that has run.
        looked: a lower bound from the progress handler, which the count is held against.
    Raises: RuntimeError where this build of Python keeps its connections otherwise.
    """
    import _sqlite3

    library = ctypes.CDLL(_sqlite3.__file__)
    library.sqlite3_next_stmt.restype = ctypes.c_void_p
    library.sqlite3_next_stmt.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    library.sqlite3_stmt_status.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]
    # The handle of the database is the first field of CPython's connection object.
    handle = ctypes.c_void_p.from_address(id(connection) + object.__basicsize__).value
    statement = library.sqlite3_next_stmt(handle, None)
    if statement is None and not looked:
        return 0  # it was never prepared
    steps = int(library.sqlite3_stmt_status(statement, _VM_STEP, 0)) & 0xFFFFFFFF
    if steps < looked:
        raise RuntimeError(f"SQLite counted {steps} steps where at least {looked} were made")
    return steps


def _bound(job: "_Job") -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    bounds: dict[str, int] = {
        "RLIMIT_CPU": job["cpu_s"],
        "RLIMIT_AS": job["memory_bytes"],
        "RLIMIT_FSIZE": 0,
        "RLIMIT_CORE": 0,
    }
    for name, bound in bounds.items():
        resource.setrlimit(getattr(resource, name), (bound, bound))


if __name__ == "__main__":
    main()
