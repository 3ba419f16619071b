"""Vidur's processed traces: arrived_at, num_prefill_tokens, num_decode_tokens."""

from dataclasses import dataclass
from pathlib import Path

from perfwise.kit.textfiles import stem
from perfwise.serving.trace import Lengths, Trace
from perfwise.serving.traces._columns import Columns, floats, header_of, read_csv_trace, wholes

__all__ = ["Vidur"]

_COLUMNS = (floats("arrived_at"), wholes("num_prefill_tokens"), wholes("num_decode_tokens"))


@dataclass(frozen=True)
class Vidur:
    """Vidur's CSV of replayed traces; times in seconds.

    Source: Agrawal et al., Vidur, MLSys 2024, arXiv:2405.05465; microsoft/vidur 7d47513, data/processed_traces.
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
    arrival_s, prompt, output = (columns[column.name] for column in _COLUMNS)
    return Trace(stem(columns.path), arrival_s, prompt, output, where=columns.where)
