"""What an importer and an exporter promise, and the file and the results that pass between them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from perfwise.core.json import Json
from perfwise.core.outcome import Outcome
from perfwise.kit.textfiles import Faults, Record, first_record, json_document, stem

__all__ = ["Exporter", "Importer", "ResultFile", "Results"]


class ResultFile:
    """A file or folder that a user names, parsed once for all importers that look at it.

    Args:
        path: of the file or folder.
        set_name: of the candidates in it; None: the file's name without its endings.
    """

    def __init__(self, path: Path, set_name: str | None = None) -> None:
        self.path = path
        self.named = set_name is not None
        self.set_name = stem(path) if set_name is None else set_name

    @cached_property
    def document(self) -> Mapping[str, Any]:
        """The object that the file holds as JSON; empty if it holds anything else."""
        value, _ = self._parsed
        return value if isinstance(value, dict) else {}

    @cached_property
    def first_line(self) -> Mapping[str, Any]:
        """The first record of JSON Lines; empty if there is none."""
        return first_record(self.path) if self.path.is_file() else {}

    def root(self, faults: Faults) -> Record:
        """The document as a record. What kept it from being read is noted in `faults`."""
        value, found = self._parsed
        faults.found.extend(found.found)
        if not isinstance(value, dict) and not found.found:
            faults.add(self.path, "wrong-type", "the file must hold a JSON object")
        return Record(str(self.path), self.document, faults)

    @cached_property
    def _parsed(self) -> tuple[Any, Faults]:
        faults = Faults()
        return (json_document(self.path, faults), faults)


@dataclass(frozen=True, slots=True)
class Results:
    """One run that a file holds.

    Args:
        outcomes: of one or several sets, in the order of the file.
        created_at: when they were measured, ISO 8601, where the file says so.
        name: of the run, where the file is our own.
        spec: what was asked, where the file is our own.
    """

    outcomes: tuple[Outcome, ...]
    created_at: str | None = None
    name: str | None = None
    spec: Mapping[str, Json] | None = None


class Importer(Protocol):
    """Reads results of one format."""

    def accepts(self, file: ResultFile) -> bool:
        """Whether it looks like this format, of whatever version; never raises."""

    def read(self, file: ResultFile) -> list[Results]:
        """All results by run; only our own reports hold several.

        Raises: InvalidInput naming every fault; `unknown-version` for a version that nobody looked at.
        """


class Exporter(Protocol):
    """Writes outcomes in one format."""

    @property
    def suffix(self) -> str:
        """The ending of such a file's name, e.g. `.csv`."""

    def write(self, rows: Iterable[Mapping[str, Json]], file: BinaryIO) -> None:
        """Write rows of `Outcome.row`, which can be walked several times, without holding all of them.

        Raises: MissingExtra naming the extra where a package is missing; OSError if the file cannot be written.
        """
