"""Result files that a user names -> whole runs for a store."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from perfwise.core.merging import WholeRun
from perfwise.errors import Fault, InvalidInput
from perfwise.interchange.reading import Read, as_one_task, read_results

__all__ = ["Wanted", "whole_runs", "whole_runs_of"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """How files are to be read.

    Args:
        form: name of the importer; None: whichever accepts the file.
        set_name: of the candidates; None: as the file has them.
        task: make the results of a file alternatives of this one task, each a set of its own.
    """

    form: str | None = None
    set_name: str | None = None
    task: str | None = None


def whole_runs_of(paths: Iterable[Path], wanted: Wanted, now: str) -> list[tuple[Path, WholeRun]]:
    """The runs of several files, each with its file. Raises: InvalidInput with the faults of all files together."""
    faults: list[Fault] = []
    runs: list[tuple[Path, WholeRun]] = []
    for path in paths:
        try:
            runs += [(path, run) for run in whole_runs(path, wanted, now)]
        except InvalidInput as error:
            faults += error.faults
    if faults:
        raise InvalidInput(faults)
    return runs


def whole_runs(path: Path, wanted: Wanted, now: str) -> list[WholeRun]:
    """The runs of one file. The same file, read in the same way, is the same run; our own keep what was asked of them.

    Args:
        path: of the file or folder.
        wanted: how to read it.
        now: ISO 8601, for files that do not say when.
    Raises: InvalidInput naming every fault; InvalidOption for an unknown form.
    """
    try:
        read = read_results(path, wanted.form, wanted.set_name)
    except (OverflowError, RecursionError) as cause:  # numbers or nests that no tool writes
        raise InvalidInput([Fault(str(path), "wrong-value", f"cannot be read: {cause}")]) from cause
    return [_run(path, wanted, place, read, now) for place, run in enumerate(read.runs) if run.outcomes]


def _run(path: Path, wanted: Wanted, place: int, read: Read, now: str) -> WholeRun:
    result = read.runs[place]
    outcomes = result.outcomes if wanted.task is None else as_one_task(result.outcomes, wanted.task)
    spec, name = result.spec, result.name
    if spec is None or wanted.set_name is not None or wanted.task is not None:
        name = None
        spec = {"imported": read.importer, "file": path.name, "sha256": _digest(path)}
        chosen = {"set": wanted.set_name, "task": wanted.task, "run": place if len(read.runs) > 1 else None}
        spec |= {key: value for key, value in chosen.items() if value is not None}
    if name is not None and (name.isdecimal() or name in ("", "latest")):
        name = None
    engine = outcomes[0].provenance.engine
    return WholeRun(engine, spec, result.created_at or now, outcomes, name)


def _digest(path: Path) -> str:
    """Of the file, or of the names and contents of a folder's files."""
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    parts = (f"{file.name} {_digest(file)}" for file in sorted(path.glob("*.json")))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
