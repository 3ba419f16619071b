"""SQLite's virtual-machine steps: the deterministic cost of a query on a real database."""

import functools
import hashlib
import io
import marshal
import platform
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfwise.core.outcome import Failure
from perfwise.errors import MissingMeter
from perfwise.programs import plain
from perfwise.programs.contracts import Call, Language, Limits, Meter, Run

__all__ = ["SqlMeter", "child_told"]

_CHILD = Path(__file__).with_name("_sql_child.py")
_CPU_S, _WALL_S = 120, 600  # for one operation of SQLite's that never ends; the budget of steps comes first
_LEAST_MEMORY = 1 << 30


@dataclass(frozen=True)
class SqlMeter:
    """Count the virtual-machine steps of a query on SQLite, with all its rows fetched.

    SQLite compiles a query to a program of its own and counts the operations that it executes. The count depends on the
    query, the data, the schema with its indexes and statistics, and the version of SQLite: nothing else. A query runs
    in a process of its own, bounded, on a database opened read-only, and may read and call functions only; `random` is
    one number.

    Cannot see: work inside one operation: sorting, reading pages, comparing long texts, a function's own loop. It ranks
    plans, not seconds.

    Source: SQLite, https://sqlite.org/c3ref/c_stmtstatus_counter.html, SQLITE_STMTSTATUS_VM_STEP.
    """

    @property
    def name(self) -> str:
        """`sql`."""
        return "sql"

    @property
    def cost_name(self) -> str:
        """`vm_steps`."""
        return "vm_steps"

    @property
    def exact(self) -> bool:
        """Always, for one version of SQLite."""
        return True

    @property
    def default_budget(self) -> float:
        """A thousand million steps, some 10 s."""
        return 1e9

    @property
    def case_allowance(self) -> float:
        """A thousand steps."""
        return 1e3

    def for_language(self, language: Language) -> Meter | None:
        """Itself for SQL."""
        return self if language == "sql" else None

    def identity(self) -> str:
        """SQLite's source and the options that it was compiled with. Raises: MissingMeter."""
        return _identity()

    def interpreter(self) -> str:
        """The version of SQLite."""
        return f"SQLite {sqlite3.sqlite_version}"

    def machine(self) -> str:
        """Any: the count does not depend on it."""
        return "any"

    def measure(self, source: str, entry_point: str, inputs: Sequence[bytes], limits: Limits, seed: int) -> Run:  # noqa: ARG002
        """Run a query on databases; an input is (path,). See `Meter.measure`."""
        databases = [Path(str(plain.loads(each)[0])).resolve().as_uri() for each in inputs]
        job = {
            "query": source,
            "databases": databases,
            "budget": int(limits.budget),
            "case_budget": None if limits.case_budget is None else int(limits.case_budget),
            "memory_bytes": max(limits.memory_bytes, _LEAST_MEMORY),
            "cpu_s": _CPU_S,
        }
        records, late = child_told(_CHILD, plain.dumps(job), _WALL_S)
        calls = [_call(told) for told in records]
        if len(calls) < len(inputs) and not (calls and calls[-1].stopped):
            why = "no end within the bound on real time" if late else "one operation outlived the bounds of the process"
            calls.append(Call(None, stopped=Failure("out-of-time", why)))
        return Run(tuple(calls))


def child_told(child: Path, job: bytes, wall_s: int) -> tuple[list[Mapping[str, Any]], bool]:
    """Run a child of a meter: the records that it wrote whole, and whether it had to be ended."""
    with tempfile.TemporaryDirectory(prefix="perfwise-") as folder:
        try:
            done = subprocess.run(  # noqa: S603 - our own child
                [sys.executable, "-I", "-S", "-B", str(child)],
                input=job,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=folder,
                env={},
                timeout=wall_s,
                check=False,
            )
        except subprocess.TimeoutExpired as expired:
            return _told(expired.stdout or b""), True
    return _told(done.stdout), False


def _told(output: bytes) -> list[Mapping[str, Any]]:
    """The records that the child wrote whole."""
    stream, found = io.BytesIO(output), []
    while stream.tell() < len(output):
        try:
            found.append(marshal.load(stream))  # noqa: S302 - written by our own child
        except (EOFError, ValueError, TypeError):
            break
    return found


def _call(told: Mapping[str, Any]) -> Call:
    steps = float(told["steps"])
    if "stopped" in told:
        return Call(steps, stopped=Failure(*told["stopped"]))
    if "raised" in told:
        kind, message = told["raised"]
        return Call(steps, raised=(kind, message))
    return Call(steps, answer=plain.dumps(told["rows"]))


@functools.cache
def _identity() -> str:
    if platform.python_implementation() != "CPython":
        raise MissingMeter(
            "the meter sql reads SQLite's own counter through CPython's sqlite3; run perfwise on CPython"
        )
    connection = sqlite3.connect(":memory:")
    (source,) = connection.execute("select sqlite_source_id()").fetchone()
    options = sorted(
        each for (each,) in connection.execute("pragma compile_options") if not each.startswith("COMPILER")
    )
    connection.close()
    _check_counter()
    told = hashlib.sha256("\n".join(options).encode()).hexdigest()[:8]
    return f"SQLite {sqlite3.sqlite_version} {str(source)[-16:]}, options {told}"


def _check_counter() -> None:
    """Count a known query in a child. Raises: MissingMeter where SQLite's counter cannot be read here."""
    query = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 1000) select count(*) from n"
    with tempfile.TemporaryDirectory(prefix="perfwise-") as folder:
        empty = Path(folder) / "empty.sqlite"
        empty.write_bytes(b"")
        job = {"query": query, "databases": [empty.resolve().as_uri()], "budget": 10**6, "case_budget": None}
        bounded = plain.dumps({**job, "memory_bytes": _LEAST_MEMORY, "cpu_s": 60})
        told, _ = child_told(_CHILD, bounded, _WALL_S)
    if not told or told[0].get("rows") != [(1000,)] or not 10_000 < told[0]["steps"] < 40_000:
        raise MissingMeter("SQLite's counter of steps cannot be read on this build of Python")
