"""A file of measurements that a user names -> `Measurements`, by whichever reader knows the file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, cast

from perfwise.core.family import Family
from perfwise.kit.textfiles import Faults
from perfwise.serving.observation import Measurements

__all__ = ["MeasurementReader", "read_measurements"]

_READERS = Family("perfwise.serving.measurements")


class MeasurementReader(Protocol):
    """Knows one format."""

    def accepts(self, path: Path) -> bool:
        """Whether a file looks like this format; never raises."""

    def read(self, path: Path) -> Measurements:
        """What was measured. Raises: InvalidInput naming every fault with file and line."""


def read_measurements(paths: Sequence[Path], form: str | None = None) -> Measurements:
    """The measurements of some files, gzipped or not.

    Args:
        paths: of the files.
        form: name of the reader; None: for each file the first that accepts it.
    Raises: InvalidInput, InvalidOption for an unknown form.
    """
    return Measurements.joined([_reader(path, form).read(path) for path in paths])


def _reader(path: Path, form: str | None) -> MeasurementReader:
    if form is not None:
        return cast("MeasurementReader", _READERS.get(form)())
    faults = Faults()
    if path.is_dir():
        faults.add(path, "unreadable-file", "it is a folder; name a file in it")
    elif not path.is_file():
        faults.add(path, "unreadable-file", "there is no such file")
    faults.check()
    for method in _READERS:
        reader: MeasurementReader = method()
        if reader.accepts(path):
            return reader
    known = ", ".join(_READERS.names())
    faults.add(path, "unknown-format", f"no reader of measurements knows this file; there are {known}")
    faults.check()
    raise AssertionError
