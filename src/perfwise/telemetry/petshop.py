"""PetShop: the data set's folders as incidents."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from perfwise.kit.textfiles import Faults, json_document, text_of
from perfwise.telemetry.incidents import CallGraph, Cause, Column, Incident
from perfwise.telemetry.series import MetricTable

__all__ = ["petshop_incidents", "petshop_quiet"]

_HEADER = 3  # rows: microservice, metric, statistic


def petshop_incidents(folder: Path, parts: Sequence[str] = ("train", "test")) -> list[Incident]:
    """The issues of one traffic scenario, in the order of their names; ids are `SCENARIO/PART/ISSUE`.

    Normal time is the scenario's own `noissue`, or that of `low_traffic` beside it where it has none. Its columns and
    an issue's differ by a few; the table has all of them.

    Raises: InvalidInput for files that are not PetShop's.
    """
    faults = Faults()
    columns, times_s, values = _table(_normal(folder), faults)
    graph = _graph(folder / "graph.csv", faults)
    found = []
    for part in parts:
        for issue in sorted((folder / part).glob("issue_*"), key=lambda path: int(path.name.partition("_")[2])):
            own, own_times_s, own_values = _table(issue / "metrics.csv", faults)
            target = json_document(issue / "target.json", faults)
            faults.check()
            joined = list(dict.fromkeys([*columns, *own]))
            table = _stacked(joined, (columns, times_s, values), (own, own_times_s, own_values))
            noticed, cause = target["target"], target["root_cause"]
            found.append(
                Incident(
                    f"{folder.name}/{part}/{issue.name}",
                    table,
                    len(times_s),
                    tuple(joined),
                    graph,
                    Column(noticed["node"], noticed["metric"], noticed["agg"]),
                    Cause(cause["node"], cause["metric"]),
                )
            )
    faults.check()
    return found


def petshop_quiet(folder: Path, target: Column, *, pieces: int = 6, length: int = 5) -> list[Incident]:
    """Stretches of normal time, evenly spaced over its second half, for which nothing is to be blamed."""
    faults = Faults()
    columns, times_s, values = _table(_normal(folder), faults)
    graph = _graph(folder / "graph.csv", faults)
    faults.check()
    half = len(times_s) // 2
    starts = np.linspace(half, len(times_s) - length, pieces).astype(int)
    return [
        Incident(
            f"{folder.name}/quiet/{start}",
            MetricTable(
                times_s[: start + length], tuple(map(_named, columns)), np.ascontiguousarray(values[: start + length])
            ),
            int(start),
            tuple(columns),
            graph,
            target,
            Cause(""),
        )
        for start in starts
    ]


def _normal(folder: Path) -> Path:
    own = folder / "noissue" / "metrics.csv"
    return own if own.exists() else folder.parent / "low_traffic" / "noissue" / "metrics.csv"


def _table(path: Path, faults: Faults) -> tuple[list[Column], np.ndarray, np.ndarray]:
    rows = list(csv.reader(io.StringIO(text_of(path, faults))))
    if len(rows) <= _HEADER + 1 or len({len(row) for row in rows[:_HEADER]}) != 1:
        faults.add(
            path, "not-petshop", "three header rows (microservice, metric, statistic) and rows of numbers are wanted"
        )
        return [], np.zeros(0), np.zeros((0, 0))
    columns = [Column(*names) for names in zip(*(row[1:] for row in rows[:_HEADER]), strict=True)]
    data = [row for row in rows[_HEADER:] if row and row[0].replace(".", "").isdigit()]
    numbers = np.array([[float(cell) if cell else np.nan for cell in row] for row in data])
    return columns, numbers[:, 0], numbers[:, 1:]


def _stacked(joined: Sequence[Column], *parts: tuple[Sequence[Column], np.ndarray, np.ndarray]) -> MetricTable:
    places = {column: place for place, column in enumerate(joined)}
    blocks = []
    for columns, _, values in parts:
        block = np.full((len(values), len(joined)), np.nan)
        block[:, [places[column] for column in columns]] = values
        blocks.append(block)
    normal_s, issue_s = parts[0][1], parts[1][1]
    if normal_s[-1] >= issue_s[0]:  # the issues were made on other days; before or after does not matter
        normal_s = normal_s - (normal_s[-1] - issue_s[0]) - (issue_s[1] - issue_s[0])
    return MetricTable(np.concatenate([normal_s, issue_s]), tuple(map(_named, joined)), np.concatenate(blocks))


def _named(column: Column) -> str:
    return "|".join((column.component, column.metric, column.statistic))


def _graph(path: Path, faults: Faults) -> CallGraph:
    rows = list(csv.reader(io.StringIO(text_of(path, faults))))
    if not rows or any(len(row) != len(rows[0]) for row in rows) or len(rows) != len(rows[0]):
        faults.add(path, "not-a-graph", "a square of 0 and 1 under a row and beside a column of names is wanted")
        return CallGraph((), np.zeros((0, 0), bool))
    return CallGraph(
        tuple(rows[0][1:]), np.array([[float(cell) != 0 for cell in row[1:]] for row in rows[1:]], dtype=bool)
    )
