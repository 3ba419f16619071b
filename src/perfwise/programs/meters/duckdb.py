"""CPU seconds of a query on DuckDB, repeated, with an interval and a caveat: a second engine beside SQLite's steps."""

import importlib.metadata
import importlib.util
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfwise.core.outcome import Failure
from perfwise.errors import MissingExtra
from perfwise.programs import plain
from perfwise.programs.contracts import Call, Language, Limits, Meter, Run
from perfwise.programs.meters._host import module_path
from perfwise.programs.meters.sql import child_told

__all__ = ["DuckdbMeter"]

_CHILD = Path(__file__).with_name("_duckdb_child.py")
_CAVEAT = "CPU time is noisy: compare intervals, on one machine, in one run"
_MOST_S = 60.0
_WALL_S = 600


@dataclass(frozen=True)
class DuckdbMeter:
    """Repeat a query on DuckDB, on a copy of the database in memory, and take the median CPU time of all rows fetched.

    One process a query, one thread, external access off and the configuration locked before the query is read, so that
    it sees the tables and nothing else. The copy is not counted. SQLite's dynamic types become DuckDB's by the declared
    kinds of the columns; a database whose values contradict them cannot be copied, and a query in SQLite's own dialect
    raises what DuckDB raises.

    Cannot see: reading from disk, what more threads would gain. The first run warms what later ones find warm.

    The interval runs from the least to the greatest repetition: with six of them it holds the median of the
    distribution with probability 1 - 2 / 2^6 = 0.969.

    Args:
        repetitions: at least 2.

    Source: Raasveldt and Muehleisen, DuckDB: an Embeddable Analytical Database, SIGMOD 2019; the sign-test interval
        for a median, Conover, Practical Nonparametric Statistics, 1999, ch. 3.
    """

    repetitions: int = 6

    @property
    def name(self) -> str:
        """`duckdb`."""
        return "duckdb"

    @property
    def cost_name(self) -> str:
        """`cpu_s`."""
        return "cpu_s"

    @property
    def exact(self) -> bool:
        """Never."""
        return False

    @property
    def default_budget(self) -> float:
        """Ten seconds."""
        return 10.0

    @property
    def case_allowance(self) -> float:
        """Ten milliseconds."""
        return 0.01

    def for_language(self, language: Language) -> Meter | None:
        """Itself for SQL."""
        return self if language == "sql" else None

    def identity(self) -> str:
        """DuckDB's version and the number of repetitions. Raises: MissingExtra."""
        return f"DuckDB {_version()}, one thread, median of {self.repetitions}"

    def interpreter(self) -> str:
        """The version of DuckDB. Raises: MissingExtra."""
        return f"DuckDB {_version()}"

    def machine(self) -> str:
        """Its processor architecture, system and host name: seconds of another machine are other seconds."""
        return f"{platform.machine()} {platform.system()} {platform.node()}"

    def measure(self, source: str, entry_point: str, inputs: Sequence[bytes], limits: Limits, seed: int) -> Run:  # noqa: ARG002
        """Run a query on databases; an input is (path,). See `Meter.measure`. Raises: MissingExtra."""
        _version()
        job = {
            "path": list(module_path()),
            "query": source,
            "databases": [Path(str(plain.loads(each)[0])).resolve().as_uri() for each in inputs],
            "repetitions": self.repetitions,
            "budget": min(limits.budget, _MOST_S),
            "memory_bytes": max(limits.memory_bytes, 1 << 30),
        }
        told, late = child_told(_CHILD, plain.dumps(job), _WALL_S)
        calls = [_call(one, limits) for one in told]
        if len(calls) < len(inputs) and not (calls and calls[-1].stopped):
            why = "no end within the bound on real time" if late else "the bound on CPU time was reached"
            calls.append(Call(None, stopped=Failure("out-of-time", why)))
        seconds = [one["seconds"] for one in told if len(one.get("seconds", ())) == self.repetitions]
        whole = [sum(column) for column in zip(*seconds, strict=True)] if len(seconds) == len(inputs) else []
        return Run(tuple(calls), interval=(min(whole), max(whole)) if whole else None, caveats=(_CAVEAT,))


def _call(told: Mapping[str, Any], limits: Limits) -> Call:
    seconds = statistics.median(told["seconds"]) if told.get("seconds") else 0.0
    if "stopped" in told:
        return Call(seconds, stopped=Failure(*told["stopped"]))
    most = min(limits.budget, limits.case_budget or limits.budget)
    if seconds > most:
        return Call(most, stopped=Failure("out-of-time", "the bound on CPU time was reached"))
    if "raised" in told:
        kind, message = told["raised"]
        return Call(seconds, raised=(kind, message))
    return Call(seconds, answer=plain.dumps(told["rows"]))


def _version() -> str:
    if importlib.util.find_spec("duckdb") is None:
        raise MissingExtra("the meter duckdb needs DuckDB: pip install 'perfwise[data]'")
    return importlib.metadata.version("duckdb")
