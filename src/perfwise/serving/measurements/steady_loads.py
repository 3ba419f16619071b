"""A CSV of steady loads, one configuration a row, with its mean latencies."""

from dataclasses import dataclass, replace
from pathlib import Path

from perfwise.kit.textfiles import Faults
from perfwise.serving.measurements._csv import GROUP, LATENCIES, named, seconds, settings
from perfwise.serving.measurements._loads import Lengths, Means, steady
from perfwise.serving.observation import SETTINGS, Measurements, Observation
from perfwise.serving.traces._columns import Columns, header_of, read_columns, texts, wholes

__all__ = ["SteadyLoads"]

_NEEDED = (wholes("prompt_tokens"), wholes("output_tokens"), wholes("concurrency"))
_MORE = (wholes("requests", optional=True, empty=0), GROUP, *(texts(name, optional=True) for name in SETTINGS))


@dataclass(frozen=True)
class SteadyLoads:
    """Columns prompt_tokens, output_tokens, concurrency, ttft_ms, tpot_ms; more may follow.

    These are requests, group, tensor, batching, blocks. So many clients each send the next request when their answer
    ends. With `requests` the means are over all of them; without it they are of the steady state. Rows of one group
    are left out together; by default those of equal lengths and concurrency.

    Source: our own format; see docs/serving-calibration.md.
    """

    def accepts(self, path: Path) -> bool:
        """Whether the header has the columns."""
        header = header_of(path)
        return {column.name for column in _NEEDED} <= header and bool({"ttft_ms", "tpot_ms"} & header)

    def read(self, path: Path) -> Measurements:
        """One load for each row. Raises: InvalidInput naming every fault with file and line."""
        faults = Faults()
        columns = read_columns(path, (*_NEEDED, *LATENCIES, *_MORE), faults)
        for row in range(len(columns.lines)):
            for name in ("prompt_tokens", "output_tokens", "concurrency"):
                if columns[name][row] < 1:
                    faults.add(
                        columns.where(row), "zero-tokens", f"{name} must be at least 1, not {columns[name][row]}"
                    )
        faults.check()
        return Measurements(str(path), tuple(_load(columns, row, faults) for row in range(len(columns.lines))))


def _load(columns: Columns, row: int, faults: Faults) -> Observation:
    count = len(columns.lines)
    means = Means(*(float(seconds(columns, name, count)[row]) for name in ("ttft_ms", "tpot_ms")))
    requests = columns.get("requests")
    found = steady(
        columns.where(row),
        Lengths(int(columns["prompt_tokens"][row]), int(columns["output_tokens"][row])),
        int(columns["concurrency"][row]),
        means,
        faults,
        int(requests[row]) or None if len(requests) else None,
    )
    group = named(columns, "group", count)[row] or found.group
    return replace(found, group=group, settings=settings(columns, row))
