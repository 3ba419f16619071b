"""A trace file that a user names -> `Trace` or `Lengths`, by whichever reader knows the file."""

from pathlib import Path
from typing import Protocol, cast

from perfwise.core.family import Family
from perfwise.kit.textfiles import Faults, beginning
from perfwise.serving.trace import Lengths, Trace

__all__ = ["TraceReader", "read_lengths", "read_trace"]

_TRACES = Family("perfwise.serving.traces")


class TraceReader(Protocol):
    """Knows one format."""

    def accepts(self, path: Path) -> bool:
        """Whether a file looks like this format; never raises."""

    def read(self, path: Path) -> Trace:
        """The trace. Raises: InvalidInput naming every fault with file and line."""

    def lengths(self, path: Path) -> Lengths:
        """The lengths alone. Raises: InvalidInput likewise."""


def read_trace(path: Path, form: str | None = None) -> Trace:
    """The trace of a file, gzipped or not.

    Args:
        path: of the file.
        form: name of the reader; None: the first that accepts the file.
    Raises: InvalidInput, with `no-arrival-times` for a file of lengths alone; InvalidOption for an unknown form.
    """
    return _reader(path, form).read(path)


def read_lengths(path: Path, form: str | None = None) -> Lengths:
    """Prompt and output lengths of a file, whether it has times or not. Arguments and errors as in `read_trace`."""
    return _reader(path, form).lengths(path)


def _reader(path: Path, form: str | None) -> TraceReader:
    if form is not None:
        return cast("TraceReader", _TRACES.get(form)())
    faults = Faults()
    if path.is_dir():
        faults.add(path, "unreadable-file", "it is a folder; a trace is one file")
    elif not path.is_file():
        faults.add(path, "unreadable-file", "there is no such file")
    elif not beginning(path, 64):
        faults.add(path, "empty-file", "there is nothing in it that can be read; a trace has at least one request")
    faults.check()
    for method in _TRACES:
        reader: TraceReader = method()
        if reader.accepts(path):
            return reader
    known = ", ".join(_TRACES.names())
    faults.add(path, "unknown-format", f"no reader of traces knows the columns of this file; there are {known}")
    faults.check()
    raise AssertionError
