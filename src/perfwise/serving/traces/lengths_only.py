"""Lengths without times: num_prefill_tokens, num_decode_tokens, but no arrived_at."""

from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np

from perfwise.kit.textfiles import Faults, stem
from perfwise.serving.trace import Lengths, Trace
from perfwise.serving.traces._columns import Columns, header_of, read_csv_trace, wholes

__all__ = ["LengthsOnly"]

_COLUMNS = (wholes("num_prefill_tokens"), wholes("num_decode_tokens"))


@dataclass(frozen=True)
class LengthsOnly:
    """Vidur's files of lengths, e.g. of the arXiv summarization set; they need an arrival process to be a trace.

    Source: Agrawal et al., Vidur, MLSys 2024, arXiv:2405.05465; microsoft/vidur 7d47513, data/processed_traces.
    """

    def accepts(self, path: Path) -> bool:
        """Whether the header has the two columns and no times."""
        header = header_of(path)
        return {column.name for column in _COLUMNS} <= header and "arrived_at" not in header

    def read(self, path: Path) -> NoReturn:
        """Raises: InvalidInput with the file's faults, or with `no-arrival-times`."""
        self.lengths(path)
        faults = Faults()
        text = (
            "the file has lengths only; generate the arrivals, e.g. poisson at some rate, with lengths from this file"
        )
        faults.add(path, "no-arrival-times", text)
        faults.check()
        raise AssertionError

    def lengths(self, path: Path) -> Lengths:
        """The lengths. Raises: InvalidInput naming every fault with file and line."""
        return read_csv_trace(path, _COLUMNS, _all_at_once).lengths


def _all_at_once(columns: Columns) -> Trace:
    """A trace for its checks; nobody sees its times."""
    prompt, output = (columns[column.name] for column in _COLUMNS)
    return Trace(stem(columns.path), np.zeros(len(prompt)), prompt, output, where=columns.where)
