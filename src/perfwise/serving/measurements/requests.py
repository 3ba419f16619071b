"""A CSV of requests as they were sent, with the latency of each."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from perfwise.kit.textfiles import Faults, stem
from perfwise.serving.measurements._csv import named, seconds
from perfwise.serving.measurements._loads import Answers, recorded
from perfwise.serving.observation import Measurements, Observation
from perfwise.serving.traces._columns import Columns, floats, header_of, read_columns, texts, wholes

__all__ = ["Requests"]

_NEEDED = (floats("arrival_s"), wholes("prompt_tokens"), wholes("output_tokens"), floats("ttft_ms", empty=np.nan))
_MORE = (
    floats("tpot_ms", optional=True, empty=np.nan),
    floats("e2e_ms", optional=True, empty=np.nan),
    texts("log", optional=True),
)


@dataclass(frozen=True)
class Requests:
    """Columns arrival_s, prompt_tokens, output_tokens, ttft_ms, and tpot_ms or e2e_ms; `log` where there are several.

    Each log is replayed as a whole and compared by its means.

    Source: our own format; see docs/serving-calibration.md.
    """

    def accepts(self, path: Path) -> bool:
        """Whether the header has the columns."""
        return {column.name for column in _NEEDED} <= header_of(path)

    def read(self, path: Path) -> Measurements:
        """One load for each log. Raises: InvalidInput naming every fault with file and line."""
        faults = Faults()
        columns = read_columns(path, (*_NEEDED, *_MORE), faults)
        faults.check()
        logs = named(columns, "log", len(columns.lines))
        parts = [columns.only(np.array([each == log for each in logs])) for log in dict.fromkeys(logs)]
        found = [_log(part, name or stem(path), faults) for part, name in zip(parts, dict.fromkeys(logs), strict=True)]
        return Measurements(str(path), tuple(found))


def _log(columns: Columns, name: str, faults: Faults) -> Observation:
    count, output = len(columns.lines), columns["output_tokens"]
    ttft_s, tpot_s = (seconds(columns, each, count) for each in ("ttft_ms", "tpot_ms"))
    whole_s = seconds(columns, "e2e_ms", count)
    tpot_s = np.where(np.isnan(tpot_s), (whole_s - ttft_s) / np.maximum(output - 1, 1), tpot_s)
    return recorded(name, Answers(columns["arrival_s"], columns["prompt_tokens"], output, ttft_s, tpot_s), faults)
