"""airspeed velocity: a results file of one commit, or a folder of them."""

import itertools
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfwise.core.json import Json
from perfwise.core.outcome import Failure
from perfwise.interchange.contracts import ResultFile, Results
from perfwise.interchange.fields import nested, refuse_version, text
from perfwise.interchange.measured import Origin, Repeats, Shelf
from perfwise.kit.textfiles import Faults, Record

__all__ = ["Asv"]

_PREFIXES = {"time": "wall_s", "timeraw": "wall_s", "peakmem": "peak_bytes", "mem": "object_bytes"}
_TRACKED = {"seconds": "tracked_s", "s": "tracked_s", "bytes": "tracked_bytes"}
_NOT_RESULTS = {"machine.json", "benchmarks.json"}


@dataclass(frozen=True)
class Asv:
    """A task is a benchmark with its parameters; what is measured follows from the benchmark's name, as in asv.

    `time_` costs `wall_s`, `peakmem_` costs `peak_bytes`, `mem_` costs `object_bytes`; a `track_` number is a cost only
    where `benchmarks.json` gives its unit as seconds or bytes. The interval is asv's own 99 % one. A benchmark that
    failed has failed; one that was skipped is left out. In a folder every file is a set.

    Source: files written by asv 0.6.6, format 2; `asv/results.py`.
    """

    def accepts(self, file: ResultFile) -> bool:
        """Whether it has results of a commit, or is a folder of such files."""
        if file.path.is_dir():
            return any(_is_results(ResultFile(path).document) for path in _files(file.path))
        return _is_results(file.document)

    def read(self, file: ResultFile) -> list[Results]:
        """All benchmarks of all commits. Raises: InvalidInput naming every fault."""
        faults, shelf, dates = Faults(), Shelf(), []
        files = [ResultFile(path) for path in _files(file.path)] if file.path.is_dir() else [file]
        if not files:
            faults.add(file.path, "unreadable-file", "the folder holds no results")
        for each in files:
            dates.append(_read(each, file.set_name if file.named else each.set_name, shelf, faults))
        faults.check()
        return [Results(tuple(shelf.outcomes), min((date for date in dates if date), default=None))]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.json") if path.name not in _NOT_RESULTS)


def _is_results(document: Mapping[str, Any]) -> bool:
    return {"commit_hash", "results", "params"} <= document.keys()


def _read(file: ResultFile, candidate_set: str, shelf: Shelf, faults: Faults) -> str | None:
    root = file.root(faults)
    if root.fields and root.fields.get("version") != 2:
        refuse_version(root, "asv", root.fields.get("version"), "2; `asv update` makes it of 1")
        return None
    columns, results = root.texts("result_columns"), nested(root, "results")
    origin, units = _origin(root), _units(file.path)
    for name, row in results.fields.items():
        where = f"{file.path}: {name}"
        if not isinstance(row, list):
            faults.add(where, "wrong-type", "a benchmark must be a list of columns")
            continue
        one = Record(where, dict(zip(columns, row, strict=False)), faults)
        _add(one, name, candidate_set, (origin, text(root, "commit_hash"), units.get(name, "")), shelf)
    return _date(root)


def _add(one: Record, name: str, candidate_set: str, shared: tuple[Origin, str, str], shelf: Shelf) -> None:
    """Note one benchmark, for each combination of its parameters."""
    origin, commit, unit = shared
    axes = one.items("params", ())
    if not all(isinstance(axis, list) for axis in axes):
        one.add("wrong-type", "params must be a list of lists")
        return
    combinations = list(itertools.product(*(map(str, axis) for axis in axes)))
    result = one.fields.get("result")
    values = [None] * len(combinations) if result is None else result
    if not isinstance(values, list) or len(values) != len(combinations):
        one.add("wrong-value", f"there must be {len(combinations)} results, one for each combination of parameters")
        return
    for place, (parameters, value) in enumerate(zip(combinations, values, strict=True)):
        if isinstance(value, float) and math.isnan(value):
            continue  # skipped
        task = f"{name}({', '.join(parameters)})" if parameters else name
        failure = Failure("failed", "asv recorded no result") if value is None else None
        cost = _cost(name, unit)
        number = _number(one, value)
        samples = _at(one, "samples", place)
        samples = samples if isinstance(samples, list) and all(_is_amount(each) for each in samples) else []
        detail: dict[str, Json] = {"commit": commit}
        caveats: tuple[str, ...] = ()
        if cost is None:
            detail |= {"tracked": number, "unit": unit}
            caveats = (f"asv tracked a number in units of {unit or 'nothing'}, which is no cost perfwise knows",)
        detail |= _spread(one, place, cost)
        repeats = Repeats(cost, samples) if cost and samples else None
        costs = {cost: number} if cost else {}
        quality = 0.0 if failure else 1.0
        shelf.add(
            task,
            candidate_set,
            origin,
            costs,
            repeats=repeats,
            quality=quality,
            failure=failure,
            caveats=caveats,
            detail=detail,
        )


def _cost(name: str, unit: str) -> str | None:
    prefix = name.rpartition(".")[2].partition("_")[0].lower()
    return _PREFIXES.get(prefix) or _TRACKED.get(unit)


def _number(one: Record, value: object) -> float | None:
    if value is None or _is_amount(value):
        return value  # type: ignore[return-value]
    one.add("wrong-value", f"a result must be finite and at least 0, not {str(value)[:40]}")
    return None


def _is_amount(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e300


def _at(one: Record, column: str, place: int) -> Any:
    values = one.fields.get(column)
    return values[place] if isinstance(values, list) and place < len(values) else None


def _spread(one: Record, place: int, cost: str | None) -> dict[str, Json]:
    low, high = (_at(one, f"stats_ci_99_{end}", place) for end in "ab")
    if cost is None or not (_is_amount(low) and _is_amount(high)):
        return {}
    repeats = _at(one, "stats_repeat", place)
    told: dict[str, Json] = {"sampled_cost": cost, "cost_interval": [low, high], "cost_interval_level": 0.99}
    return told | ({"repeats": repeats} if _is_amount(repeats) else {})


def _origin(root: Record) -> Origin:
    parameters, packages = nested(root, "params"), nested(root, "requirements")
    machine = [text(parameters, name) for name in ("arch", "cpu")]
    machine.insert(1, text(parameters, "os").partition(" ")[0])
    versions = tuple((name, str(version)) for name, version in packages.fields.items() if version)
    return Origin(
        "asv",
        "timeit",
        "asv's median of the repeats",
        _interpreter(text(root, "python")),
        " ".join(part for part in machine if part),
        versions,
    )


def _interpreter(python: str) -> str:
    """`Python 3.11` of `3.11` or of a path that ends so; otherwise as asv names it."""
    version = re.search(r"\d+(?:\.\d+)+$", python)
    return f"Python {version[0]}" if version else Path(python).name


def _date(root: Record) -> str | None:
    from datetime import UTC, datetime

    moment = root.fields.get("date")  # of the commit, milliseconds
    if not _is_amount(moment):
        return None
    try:
        return datetime.fromtimestamp(float(moment) / 1000, UTC).isoformat(timespec="seconds")  # type: ignore[arg-type]
    except (OverflowError, ValueError, OSError):
        return None


def _units(path: Path) -> dict[str, str]:
    """Units by benchmark, from the `benchmarks.json` that asv keeps in the folder above."""
    try:
        known = json.loads((path.parent.parent / "benchmarks.json").read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return dict(_unit_of(known)) if isinstance(known, dict) else {}


def _unit_of(known: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, benchmark in known.items():
        if isinstance(benchmark, dict) and isinstance(benchmark.get("unit"), str):
            yield name, benchmark["unit"]
