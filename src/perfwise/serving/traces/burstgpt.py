"""BurstGPT: Timestamp, Model, Request tokens, Response tokens, Total tokens, Log Type."""

from dataclasses import dataclass
from pathlib import Path

from perfwise.kit.textfiles import stem
from perfwise.serving.trace import Lengths, Trace
from perfwise.serving.traces._columns import Columns, floats, header_of, read_csv_trace, texts, wholes
from perfwise.serving.traces._conversations import numbered

__all__ = ["BurstGpt"]

_COLUMNS = (
    floats("Timestamp"),
    wholes("Request tokens"),
    wholes("Response tokens"),
    texts("Session ID", optional=True),  # since release 2.0, for conversations only
)


@dataclass(frozen=True)
class BurstGpt:
    """The CSV of the BurstGPT releases; times in seconds from the first midnight, as they are.

    Requests without a response token failed on the recorded system. They are left out, as in the releases' own files
    `BurstGPT_without_fails`, and counted in the trace's notes. Sessions become conversations; their turns keep their
    recorded times.

    Source: Wang et al., BurstGPT, KDD 2025, arXiv:2401.17644; HPMLL/BurstGPT, releases 1.1 and 2.0.
    """

    def accepts(self, path: Path) -> bool:
        """Whether the header has time and lengths."""
        return {column.name for column in _COLUMNS if not column.optional} <= header_of(path)

    def read(self, path: Path) -> Trace:
        """The trace. Raises: InvalidInput naming every fault with file and line."""
        return read_csv_trace(path, _COLUMNS, _trace)

    def lengths(self, path: Path) -> Lengths:
        """The lengths alone, of the requests that did not fail. Raises: InvalidInput."""
        return self.read(path).lengths


def _trace(columns: Columns) -> Trace:
    failed = columns["Response tokens"] == 0
    served = columns.only(~failed)
    notes = (f"{failed.sum()} failed request(s) without a response token left out",) if failed.any() else ()
    return Trace(
        stem(columns.path),
        served["Timestamp"],
        served["Request tokens"],
        served["Response tokens"],
        conversation=numbered(served.get("Session ID")),
        notes=notes,
        where=served.where,
    )
