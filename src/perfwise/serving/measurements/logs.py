"""A CSV of whole logs, one a row: a trace of what was served, and its mean latencies."""

from dataclasses import dataclass
from pathlib import Path

from perfwise.errors import InvalidInput
from perfwise.kit.textfiles import Faults, stem
from perfwise.serving.measurements._csv import GROUP, LATENCIES, named, seconds, settings
from perfwise.serving.observation import SETTINGS, Measurements, Observation
from perfwise.serving.reading import read_trace
from perfwise.serving.traces._columns import Columns, header_of, read_columns, texts

__all__ = ["Logs"]

_OVER = ("requests", "tokens")
_MORE = (texts("tpot_over", optional=True), GROUP, *(texts(name, optional=True) for name in SETTINGS))


@dataclass(frozen=True)
class Logs:
    """Columns trace, ttft_ms, tpot_ms; also tpot_over, group, tensor, batching, blocks.

    `trace` is a file beside the CSV in any format of traces, with the lengths as they were served. `tpot_over` is
    `tokens` where the time per output token is all time after first tokens over all output tokens, as counters of a
    server give it, and `requests` (the default) for a mean over requests.

    Source: our own format; see docs/serving-calibration.md.
    """

    def accepts(self, path: Path) -> bool:
        """Whether the header has the columns."""
        header = header_of(path)
        return "trace" in header and bool({"ttft_ms", "tpot_ms"} & header)

    def read(self, path: Path) -> Measurements:
        """One load for each row. Raises: InvalidInput naming every fault with file and line."""
        faults = Faults()
        columns = read_columns(path, (texts("trace"), *LATENCIES, *_MORE), faults)
        found = [_log(columns, row, path, faults) for row in range(len(columns.lines))]
        faults.check()
        return Measurements(str(path), tuple(each for each in found if each is not None))


def _log(columns: Columns, row: int, path: Path, faults: Faults) -> Observation | None:
    count, file = len(columns.lines), path.parent / str(columns["trace"][row]).strip()
    over = named(columns, "tpot_over", count)[row]
    if over not in ("", *_OVER):
        faults.add(columns.where(row), "wrong-value", f"tpot_over is {' or '.join(_OVER)}, not {over!r}")
    try:
        trace = read_trace(file)
    except InvalidInput as error:
        faults.found += error.faults
        return None
    return Observation(
        stem(file),
        trace,
        float(seconds(columns, "ttft_ms", count)[row]),
        float(seconds(columns, "tpot_ms", count)[row]),
        over_tokens=over == "tokens",
        group=named(columns, "group", count)[row],
        settings=settings(columns, row),
    )
