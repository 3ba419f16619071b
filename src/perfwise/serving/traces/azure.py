"""Azure's LLM inference traces: TIMESTAMP, ContextTokens, GeneratedTokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from perfwise.kit.textfiles import stem
from perfwise.serving.trace import Lengths, Trace, Wholes
from perfwise.serving.traces._columns import Column, Columns, header_of, read_csv_trace, wholes

__all__ = ["Azure"]


def _nanoseconds(cells: Sequence[str]) -> Wholes:
    """Times of day and date in UTC as whole nanoseconds, so that their differences are exact."""
    times = np.array([cell.strip().removesuffix("+00:00") for cell in cells], "datetime64[ns]")
    if np.isnat(times).any():
        raise ValueError
    return times.astype(np.int64)


_COLUMNS = (
    Column("TIMESTAMP", _nanoseconds, "not-a-number", "a time such as 2023-11-16 18:15:46.6805900"),
    wholes("ContextTokens"),
    wholes("GeneratedTokens"),
)


@dataclass(frozen=True)
class Azure:
    """The CSV of Azure's public dataset; the first request arrives at 0.

    Source: Patel et al., Splitwise, ISCA 2024, arXiv:2311.18677; Azure/AzurePublicDataset b469a11.
    """

    def accepts(self, path: Path) -> bool:
        """Whether the header has the three columns."""
        return {column.name for column in _COLUMNS} <= header_of(path)

    def read(self, path: Path) -> Trace:
        """The trace. Raises: InvalidInput naming every fault with file and line."""
        return read_csv_trace(path, _COLUMNS, _trace)

    def lengths(self, path: Path) -> Lengths:
        """The lengths alone. Raises: InvalidInput."""
        return self.read(path).lengths


def _trace(columns: Columns) -> Trace:
    moments_ns, prompt, output = (columns[column.name] for column in _COLUMNS)
    return Trace(stem(columns.path), (moments_ns - moments_ns[:1]) / 1e9, prompt, output, where=columns.where)
