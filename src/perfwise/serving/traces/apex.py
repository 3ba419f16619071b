"""APEX's traces: StartTimeOffset_ns, ContextTokens, GeneratedTokens, and the requests of its logs."""

from dataclasses import dataclass
from pathlib import Path

from perfwise.kit.textfiles import stem
from perfwise.serving.trace import Lengths, Trace
from perfwise.serving.traces._columns import Columns, floats, header_of, read_csv_trace, wholes

__all__ = ["Apex"]

_OFFSETS = (wholes("StartTimeOffset_ns"), wholes("ContextTokens"), wholes("GeneratedTokens"))
_SERVED = (floats("arrival_s"), wholes("prompt_tokens"), wholes("output_tokens"))


@dataclass(frozen=True)
class Apex:
    """A CSV of arrival offsets in nanoseconds, or of requests as they were served: arrival_s and tokens.

    Source: Lin et al., APEX: An Extensible and Dynamism-Aware Simulator for Automated Parallel Execution in LLM
        Serving, 2024, arXiv:2411.17651; microsoft/apex_plus 8769096.
    """

    def accepts(self, path: Path) -> bool:
        """Whether the header has the columns of one of the two forms."""
        header = header_of(path)
        return any({column.name for column in form} <= header for form in (_OFFSETS, _SERVED))

    def read(self, path: Path) -> Trace:
        """The trace. Raises: InvalidInput naming every fault with file and line."""
        if "arrival_s" in header_of(path):
            return read_csv_trace(path, _SERVED, _served)
        return read_csv_trace(path, _OFFSETS, _recorded)

    def lengths(self, path: Path) -> Lengths:
        """The lengths alone. Raises: InvalidInput."""
        return self.read(path).lengths


def _recorded(columns: Columns) -> Trace:
    offsets_ns, prompt, output = (columns[column.name] for column in _OFFSETS)
    return Trace(stem(columns.path), offsets_ns / 1e9, prompt, output, where=columns.where)


def _served(columns: Columns) -> Trace:
    arrival_s, prompt, output = (columns[column.name] for column in _SERVED)
    return Trace(stem(columns.path), arrival_s, prompt, output, where=columns.where)
