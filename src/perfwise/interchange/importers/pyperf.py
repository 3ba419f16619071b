"""pyperf: the JSON of `pyperf timeit -o`, of `Runner` scripts and of pyperformance."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from perfwise.core.json import Json
from perfwise.interchange.contracts import ResultFile, Results
from perfwise.interchange.fields import amount, amounts, moment, nested, parts, refuse_version, text
from perfwise.interchange.measured import Origin, Repeats, Shelf, interpreter_name
from perfwise.kit.textfiles import Faults, Record

__all__ = ["Pyperf"]

_COSTS = {"second": "wall_s", "byte": "peak_bytes"}


@dataclass(frozen=True)
class Pyperf:
    """A task is a benchmark's name; its repeats are the worker processes, each with the mean of its values.

    Values of one process share its memory layout and hash seed, so that processes, not values, are independent. The
    cost is the median over processes: `wall_s`, or `peak_bytes` where memory was tracked. A benchmark in units of
    `integer` has no cost.

    Source: files written by pyperf 2.10.0, format 1.0; pyperf.readthedocs.io, "pyperf JSON format".
    """

    def accepts(self, file: ResultFile) -> bool:
        """Whether it has benchmarks made of runs."""
        benchmarks = file.document.get("benchmarks")
        first = benchmarks[0] if isinstance(benchmarks, list) and benchmarks else None
        return isinstance(first, dict) and "runs" in first

    def read(self, file: ResultFile) -> list[Results]:
        """All benchmarks. Raises: InvalidInput naming every fault."""
        faults, shelf = Faults(), Shelf()
        root = file.root(faults)
        version = root.fields.get("version")
        if version != "1.0":
            refuse_version(root, "pyperf", version, "1.0")
            faults.check()
        shared = nested(root, "metadata")
        dates = [date for each in parts(root, "benchmarks") if (date := _add(each, shared, file.set_name, shelf))]
        faults.check()
        return [Results(tuple(shelf.outcomes), min(dates, default=None))]


def _add(benchmark: Record, shared: Record, candidate_set: str, shelf: Shelf) -> str:
    """Note one benchmark. Returns when it began, empty if unknown."""
    runs = list(parts(benchmark, "runs"))
    known: Mapping[str, Any] = {**shared.fields, **nested(benchmark, "metadata").fields}
    about = Record(benchmark.where, known, benchmark.faults)
    samples, values = [], 0
    for run in runs:
        measured = amounts(run, "values")  # a run that calibrates has none
        if measured:
            samples.append(fmean(measured))
            values += len(measured)
    unit = text(about, "unit") or "second"
    cost = _COSTS.get(unit)
    if not samples:
        benchmark.add("missing-field", "no run has `values`")
    detail: dict[str, Json] = {"values": values, "loops": amount(about, "loops"), "host": text(about, "hostname")}
    caveats: tuple[str, ...] = ()
    if cost is None:
        caveats = (f"pyperf counted in units of {unit!r}, which is no cost perfwise knows",)
        detail["tracked"] = [*samples]
    repeats = Repeats(cost, samples) if cost and samples else None
    task = about.text("name")
    shelf.add(task, candidate_set, _origin(about), {}, repeats=repeats, caveats=caveats, detail=detail)
    began = (moment(nested(run, "metadata"), "date") for run in runs)
    return min((date for date in began if date), default="")


def _origin(about: Record) -> Origin:
    platform = text(about, "platform")
    architecture = re.search(r"x86_64|AMD64|aarch64|arm64|ppc64le|s390x|riscv64|i[3-6]86", platform)
    machine = (architecture[0] if architecture else "", platform.partition("-")[0], text(about, "cpu_model_name"))
    version = text(about, "perf_version")
    return Origin(
        "pyperf",
        text(about, "timer").partition(",")[0] or "perf_counter",
        "median of the worker processes' means",
        interpreter_name(text(about, "python_implementation"), text(about, "python_version")),
        " ".join(part for part in machine if part),
        (("pyperf", version),) if version else (),
    )
