"""pytest-benchmark: the JSON of --benchmark-json and --benchmark-save."""

from dataclasses import dataclass

from perfwise.core.json import Json
from perfwise.interchange.contracts import ResultFile, Results
from perfwise.interchange.fields import amount, amounts, moment, nested, parts, refuse_version, text
from perfwise.interchange.measured import Origin, Repeats, Shelf, interpreter_name
from perfwise.kit.textfiles import Faults, Record

__all__ = ["PytestBenchmark"]

_MAJORS = ("3", "4", "5")
_CAVEAT = "rounds of one process share its memory layout and hash seed: the interval tells nothing of other processes"
_CPU_CLOCKS = ("process_time", "thread_time")


@dataclass(frozen=True)
class PytestBenchmark:
    """A task is a benchmark's full name; its cost is the median of the rounds.

    Rounds are kept where the file has them: `--benchmark-json` writes them, `--benchmark-save` only with
    `--benchmark-save-data`. Without them the interval is the median's notch, 1.57 IQR / sqrt(rounds). The clock decides
    whether the cost is `wall_s` or `cpu_s`.

    Source: files written by pytest-benchmark 5.3.1, and its `stats.py`; notch: McGill, Tukey and Larsen, The American
    Statistician 32(1), 1978.
    """

    def accepts(self, file: ResultFile) -> bool:
        """Whether it has a machine, a commit and benchmarks."""
        return {"machine_info", "commit_info", "benchmarks"} <= file.document.keys()

    def read(self, file: ResultFile) -> list[Results]:
        """All benchmarks. Raises: InvalidInput naming every fault."""
        faults, shelf = Faults(), Shelf()
        root = file.root(faults)
        version = text(root, "version")
        if version.partition(".")[0] not in _MAJORS:
            refuse_version(root, "pytest-benchmark", version, f"{_MAJORS[0]} to {_MAJORS[-1]}")
            faults.check()
        machine = nested(root, "machine_info")
        commit = text(nested(root, "commit_info"), "id")
        for benchmark in parts(root, "benchmarks"):
            _add(benchmark, machine, {"commit": commit}, (("pytest-benchmark", version),), file.set_name, shelf)
        faults.check()
        return [Results(tuple(shelf.outcomes), moment(root, "datetime"))]


def _add(
    benchmark: Record,
    machine: Record,
    about: dict[str, Json],
    versions: tuple[tuple[str, str], ...],
    candidate_set: str,
    shelf: Shelf,
) -> None:
    stats, options = nested(benchmark, "stats"), nested(benchmark, "options")
    clock = text(options, "timer") or "perf_counter"
    cost = "cpu_s" if clock.endswith(_CPU_CLOCKS) else "wall_s"
    collected = "off" if options.fields.get("disable_gc") else "on"
    origin = Origin(
        "pytest-benchmark",
        clock,
        f"median of rounds, garbage collection {collected}",
        interpreter_name(text(machine, "python_implementation"), text(machine, "python_version")),
        _machine(machine),
        versions,
    )
    samples = amounts(stats, "data")
    middle = amount(stats, "median")
    if not samples and middle is None:
        stats.add("missing-field", "there is neither `data` nor `median`")
    detail: dict[str, Json] = {**about, "group": text(benchmark, "group"), "host": text(machine, "node")}
    detail |= {name: amount(stats, name) for name in ("iterations", "rounds", "stddev", "iqr")}
    repeats = Repeats(cost, samples) if samples else None
    if repeats is None and middle is not None:
        detail |= {"sampled_cost": cost, "cost_interval": _notch(stats, middle)}
    shelf.add(
        benchmark.text("fullname"),
        candidate_set,
        origin,
        {cost: middle},
        repeats=repeats,
        caveats=(_CAVEAT,),
        detail=detail,
    )


def _notch(stats: Record, middle: float) -> list[Json] | None:
    spread, rounds = amount(stats, "iqr"), amount(stats, "rounds")
    if spread is None or not rounds or rounds < 6:
        return None
    half = 1.57 * spread / rounds**0.5
    return [max(0.0, middle - half), middle + half]


def _machine(machine: Record) -> str:
    """Architecture, system and processor: machines of one class share them."""
    brand = text(nested(machine, "cpu"), "brand_raw") or text(machine, "processor")
    return " ".join(part for part in (text(machine, "machine"), text(machine, "system"), brand) if part)
