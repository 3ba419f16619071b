"""Tables of metrics out of files: CSV, wide or long, and Prometheus range JSON."""

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from perfwise.kit.textfiles import Faults, text_of
from perfwise.telemetry.incidents import CallGraph
from perfwise.telemetry.series import LARGEST, Floats, MetricTable

__all__ = ["read_graph", "read_table", "seconds_of"]

_TIMES = ("timestamp", "time", "ts", "date", "datetime", "unix_timestamp", "starttime", "t")
_LABELS = ("label", "labels", "is_anomaly", "anomaly", "isanomaly")
_LONG = ({"series", "value"}, {"metric", "value"}, {"name", "value"})
_MILLISECONDS = 1e11  # seconds beyond it are milliseconds: the year 5138


def read_table(path: Path) -> MetricTable:
    """The series of a file, joined on their times.

    CSV has a header. A column called timestamp, time, ts, date or datetime holds seconds, milliseconds or ISO 8601
    times (UTC where they name no zone); without one, rows are seconds apart. A column called label or is_anomaly holds
    0 and 1. Every other column is a series; or, where there are columns series (or metric) and value, a row is a value.
    JSON is what Prometheus answers to a range query. Both may be gzipped.

    What is no number (empty, NaN, infinite) is missing; rows out of order are sorted; of rows of one series and time
    the last counts. The notes say so.

    Raises: InvalidInput with every fault and its line.
    """
    faults = Faults()
    text = text_of(path, faults)
    faults.check()
    if not text.strip():
        faults.add(path, "empty-file", "the file is empty; a header and at least one row are wanted")
    elif text.lstrip()[0] == "{":
        table = _prometheus(text, path, faults)
    else:
        table = _csv(text, path, faults)
    faults.check()
    return table


def read_graph(path: Path) -> CallGraph:
    """A call graph: a square CSV of 0 and 1 whose rows call its columns, or lines `caller,callee`.

    Raises: InvalidInput.
    """
    faults = Faults()
    rows = [row for row in csv.reader(io.StringIO(text_of(path, faults))) if any(cell.strip() for cell in row)]
    faults.check()
    if not rows:
        faults.add(path, "empty-file", "the file is empty; a square of 0 and 1, or lines caller,callee are wanted")
    elif len(rows[0]) == 2 and not (len(rows) == 2 and not rows[0][0].strip()):
        return _edges(rows, path, faults)
    elif any(len(row) != len(rows[0]) for row in rows) or len(rows) != len(rows[0]):
        faults.add(path, "not-a-graph", f"{len(rows)} rows of {len(rows[0])} cells are no square with a row of names")
    faults.check()
    names = tuple(cell.strip() for cell in rows[0][1:])
    calls = np.zeros((len(names), len(names)), bool)
    for line, row in enumerate(rows[1:], 2):
        for place, cell in enumerate(row[1:]):
            if _number(cell) not in (0.0, 1.0):
                faults.add(f"{path}:{line}", "not-a-graph", f"{cell!r} is neither 0 nor 1")
            calls[line - 2, place] = _number(cell) == 1.0
    faults.check()
    return CallGraph(names, calls)


def seconds_of(text: str) -> float:
    """Seconds since 1970 of a number (milliseconds where too great for seconds) or an ISO 8601 time; else NaN."""
    number = _number(text)
    if math.isfinite(number):
        return number / 1e3 if abs(number) > _MILLISECONDS else number
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return math.nan
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _edges(rows: Sequence[Sequence[str]], path: Path, faults: Faults) -> CallGraph:
    pairs = [(row[0].strip(), row[1].strip()) for row in rows if len(row) == 2]
    if len(pairs) != len(rows) or not all(all(pair) for pair in pairs):
        faults.add(path, "not-a-graph", "every line is caller,callee")
        faults.check()
    if pairs[0][0].lower() in ("caller", "source", "from"):
        pairs = pairs[1:]
    names = tuple(dict.fromkeys(name for pair in pairs for name in pair))
    places = {name: place for place, name in enumerate(names)}
    calls = np.zeros((len(names), len(names)), bool)
    for caller, callee in pairs:
        calls[places[caller], places[callee]] = True
    return CallGraph(names, calls)


def _csv(text: str, path: Path, faults: Faults) -> MetricTable:
    rows = [row for row in csv.reader(io.StringIO(text)) if row]
    header = [cell.strip() for cell in rows[0]]
    if len(rows) < 2 or all(math.isfinite(_number(cell)) for cell in header):
        faults.add(path, "no-header", "a row of names and at least one row of numbers are wanted")
    for line, row in enumerate(rows[1:], 2):
        if len(row) != len(header):
            faults.add(f"{path}:{line}", "ragged-row", f"{len(row)} cells under {len(header)} names")
    faults.check()
    columns = dict(zip(header, zip(*rows[1:], strict=True), strict=True))
    if len(columns) != len(header):
        faults.add(path, "same-name", "two columns have the same name")
        faults.check()
    lower = {name.lower(): name for name in header}
    time_name = next((lower[name] for name in _TIMES if name in lower), None)
    label_name = next((lower[name] for name in _LABELS if name in lower), None)
    times_s = np.arange(float(len(rows) - 1)) if time_name is None else _times(columns[time_name], path, faults)
    labels = None if label_name is None else _labels(columns[label_name], path, faults)
    taken = {time_name, label_name}
    if any(pair <= lower.keys() for pair in _LONG):
        name = next(lower[name] for name in ("series", "metric", "name") if name in lower)
        values = _numbers(columns[lower["value"]], path, faults)
        faults.check()
        return _long(columns[name], times_s, values, labels)
    series = {name: _numbers(cells, path, faults) for name, cells in columns.items() if name not in taken}
    if not series:
        faults.add(path, "no-series", f"there is no column of numbers; there are {', '.join(header)}")
    faults.check()
    return _ordered(times_s, tuple(series), np.stack(list(series.values()), axis=1), labels)


def _numbers(cells: Sequence[str], path: Path, faults: Faults) -> Floats:
    try:
        found = np.array(cells).astype(np.float64)
    except ValueError:
        found = np.array([_number(cell) for cell in cells])
        for line, cell in enumerate(cells, 2):
            if math.isnan(found[line - 2]) and cell.strip().lower() not in _MISSING:
                faults.add(f"{path}:{line}", "not-a-number", f"{cell!r} is no number")
    return np.asarray(found)


_MISSING = ("", "nan", "na", "n/a", "null", "none", "-")


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return math.nan


def _times(cells: Sequence[str], path: Path, faults: Faults) -> Floats:
    try:
        found = np.array(cells).astype(np.float64)
        found = np.where(np.abs(found) > _MILLISECONDS, found / 1e3, found)
    except ValueError:
        found = np.array([seconds_of(cell) for cell in cells])
    for place in np.flatnonzero(~np.isfinite(found)).tolist():
        faults.add(f"{path}:{place + 2}", "not-a-time", f"{cells[place]!r} is neither seconds nor an ISO 8601 time")
    return np.asarray(found)


def _labels(cells: Sequence[str], path: Path, faults: Faults) -> NDArray[np.bool_]:
    known = {"": 0.0, "true": 1.0, "false": 0.0}
    found = np.array([known.get(cell.strip().lower(), _number(cell)) for cell in cells])
    for place in np.flatnonzero(~np.isin(found, (0.0, 1.0))).tolist():
        faults.add(f"{path}:{place + 2}", "not-a-label", f"{cells[place]!r} is neither 0 nor 1")
    return np.asarray(found == 1.0)


def _long(names: Iterable[str], times_s: Floats, values: Floats, labels: NDArray[np.bool_] | None) -> MetricTable:
    """One value a row -> one series a column."""
    known, place = np.unique(np.array(list(names)), return_inverse=True)
    moments, row = np.unique(times_s, return_inverse=True)
    wide = np.full((len(moments), len(known)), np.nan)
    wide[row, place] = values
    marked = None
    if labels is not None:
        marked = np.zeros(len(moments), bool)
        np.logical_or.at(marked, row, labels)
    again = len(values) - len(np.unique(row * len(known) + place))
    notes = [f"{again} row(s) give a series another value at the same time; the last counts"] if again else []
    return _ordered(moments, tuple(str(name) for name in known), wide, marked, notes)


def _ordered(
    times_s: Floats,
    names: tuple[str, ...],
    values: Floats,
    labels: NDArray[np.bool_] | None,
    notes: Sequence[str] = (),
) -> MetricTable:
    """Sorted, one row a time, infinite values missing; the notes say what was done."""
    told = list(notes)
    if back := int((np.diff(times_s) < 0).sum()):
        told.append(f"the clock goes back {back} time(s); rows are sorted by time")
    order = np.argsort(times_s, kind="stable")
    kept = order[np.append(np.diff(times_s[order]) > 0, True)]
    if len(kept) < len(order):
        told.append(f"{len(order) - len(kept)} row(s) have the time of another one; the last of them counts")
    values = np.ascontiguousarray(values[kept])
    beyond = np.abs(values) > LARGEST
    if infinite := int(beyond.sum()):
        values[beyond] = np.nan
        told.append(f"{infinite} value(s) that are infinite or beyond {LARGEST:g} count as missing")
    if missing := int(np.isnan(values).sum()) - infinite:
        told.append(f"{missing} value(s) are missing ({missing / values.size:.1%})")
    steps = np.diff(times_s[kept])
    if steps.size and (gaps := int((steps > 1.5 * np.median(steps)).sum())):
        told.append(f"{gaps} gap(s): steps longer than 1.5 times the usual {np.median(steps):g} s")
    return MetricTable(times_s[kept], names, values, None if labels is None else labels[kept], tuple(told))


def _prometheus(text: str, path: Path, faults: Faults) -> MetricTable:
    try:
        found = json.loads(text)
        results = found["data"]["result"] if "data" in found else found["result"]
        rows = [
            (_prometheus_name(one["metric"]), float(at), _number(value))
            for one in results
            for at, value in one["values"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as cause:
        faults.add(path, "not-prometheus", f"no answer to a Prometheus range query (data.result, values): {cause!r}")
        faults.check()
        raise AssertionError("unreachable") from cause
    if not rows:
        faults.add(path, "no-series", "the answer has no values")
        faults.check()
    names, times, values = zip(*rows, strict=True)
    return _long(names, np.array(times, dtype=np.float64), np.array(values, dtype=np.float64), None)


def _prometheus_name(labels: Mapping[str, str]) -> str:
    """`component.metric`, the component being the service, job or instance that the labels name."""
    metric = labels.get("__name__", "value")
    component = next((labels[key] for key in ("service", "app", "job", "pod", "instance") if key in labels), "")
    return f"{component}.{metric}" if component else metric
