"""Mooncake: one JSON object a line with timestamp, input_length, output_length, hash_ids."""

from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from perfwise.kit.textfiles import Faults, Record, first_record, json_records, stem
from perfwise.serving.trace import Lengths, Trace
from perfwise.serving.traces._columns import checked

__all__ = ["Mooncake"]

_FIELDS = ("timestamp", "input_length", "output_length")


@dataclass(frozen=True)
class Mooncake:
    """The jsonl of Mooncake's traces: times in milliseconds, one hash for each 512 prompt tokens.

    Equal hashes are equal parts of a prompt behind equal beginnings, so that their keys and values can be shared.

    Args:
        prefix_tokens: tokens behind one hash.

    Source: Qin et al., Mooncake, FAST 2025, arXiv:2407.00079; kvcache-ai/Mooncake 3b5a594.
    """

    prefix_tokens: int = 512

    def accepts(self, path: Path) -> bool:
        """Whether the first record has time and lengths."""
        return path.is_file() and set(_FIELDS) <= first_record(path).keys()

    def read(self, path: Path) -> Trace:
        """The trace. Raises: InvalidInput naming every fault with file and line."""
        faults = Faults()
        rows: list[tuple[float, float, float]] = []
        hashes: list[list[int]] = []
        places: list[str] = []
        for record in json_records(path, faults):
            before = len(faults.found)
            row, own = _numbers(record), _hashes(record)
            if len(faults.found) == before:
                rows.append(row)
                hashes.append(own)
                places.append(record.where)
        return checked(lambda: self._trace(path, rows, hashes, places), faults)

    def lengths(self, path: Path) -> Lengths:
        """The lengths alone. Raises: InvalidInput."""
        return self.read(path).lengths

    def _trace(
        self, path: Path, rows: list[tuple[float, float, float]], hashes: list[list[int]], places: list[str]
    ) -> Trace:
        times_ms, prompt, output = np.array(rows, np.float64).reshape(-1, 3).T
        counts = np.array([len(own) for own in hashes], np.int64)
        return Trace(
            stem(path),
            times_ms / 1e3,
            prompt.astype(np.int64),
            output.astype(np.int64),
            prefixes=np.fromiter(chain.from_iterable(hashes), np.int64, int(counts.sum())),
            prefix_start=np.cumsum(counts) - counts,
            prefix_count=counts,
            prefix_tokens=self.prefix_tokens,
            where=places.__getitem__,
        )


def _numbers(record: Record) -> tuple[float, float, float]:
    time_ms, prompt, output = (record.number(name) for name in _FIELDS)
    for name, tokens in zip(_FIELDS[1:], (prompt, output), strict=True):
        if not tokens.is_integer():
            record.add("not-whole", f"{name} must be a whole number, not {tokens}")
    return time_ms, prompt, output


def _hashes(record: Record) -> list[int]:
    values = record.items("hash_ids", ())
    for position, value in enumerate(values):
        if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 1 << 63:
            record.add("not-whole", f"hash_ids[{position}] must be a whole number of at most 63 bits, not {value!r}")
    return values
