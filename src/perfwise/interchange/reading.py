"""A result file that a user names -> outcomes by set, by whichever importer knows the file."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import cast

from perfwise.core.family import Family
from perfwise.core.outcome import Outcome
from perfwise.core.task import REFERENCE
from perfwise.errors import InvalidInput, InvalidOption
from perfwise.interchange.contracts import Importer, ResultFile, Results
from perfwise.kit.textfiles import Faults

__all__ = ["Read", "as_one_task", "read_outcomes", "read_results"]

_IMPORTERS = Family("perfwise.interchange.importers")


def read_outcomes(path: Path, form: str | None = None, set_name: str | None = None) -> dict[str, list[Outcome]]:
    """The outcomes of a result file by set: our own documents, and the files of every tool that has an importer.

    Args:
        path: of the file, or of a folder where the tool writes one.
        form: name of the importer; None: the first that accepts the file.
        set_name: of the candidates; None: as the file has them, else the file's name.
    Raises: InvalidInput naming every fault; InvalidOption for an unknown form.
    """
    runs = read_results(path, form, set_name).runs
    groups: dict[str, list[Outcome]] = {}
    runs_of = Counter(name for run in runs for name in {one.candidate_set for one in run.outcomes})
    for number, run in enumerate(runs, 1):
        for outcome in run.outcomes:
            name = outcome.candidate_set
            if runs_of[name] > 1 and name != REFERENCE:  # sets of one name from several runs stay apart
                name = f"{name} ({run.name or number})"
            groups.setdefault(name, []).append(replace(outcome, candidate_set=name))
    return groups


@dataclass(frozen=True, slots=True)
class Read:
    """What was read.

    Args:
        importer: name of the one that knew the file.
        runs: as the file has them.
    """

    importer: str
    runs: tuple[Results, ...]


def read_results(path: Path, form: str | None = None, set_name: str | None = None) -> Read:
    """As `read_outcomes`, by run, with what else the file tells.

    Raises: also InvalidInput `no-results` for a file without any.
    """
    file = ResultFile(path, set_name)
    faults = Faults()
    if not path.exists():
        faults.add(path, "unreadable-file", "there is no such file")
    faults.check()
    importer = _importer(file, form)
    runs = tuple(importer.read(file))
    if not any(run.outcomes for run in runs):
        faults.add(path, "no-results", "the file holds no results")
    faults.check()
    return Read(type(importer).__module__.rpartition(".")[2], runs)


def as_one_task(outcomes: Sequence[Outcome], task: str) -> tuple[Outcome, ...]:
    """Alternatives of one task: what were tasks become sets, as commands that a file measures side by side.

    Raises: InvalidOption if there are several sets, whose tasks could not be told apart.
    """
    names = dict.fromkeys(one.candidate_set for one in outcomes)
    if len(names) > 1:
        raise InvalidOption(f"only results of one set can become one task; there are {', '.join(names)}")
    return tuple(replace(one, task=task, candidate_set=one.task) for one in outcomes)


@cache
def _importers() -> tuple[Importer, ...]:
    return tuple(method() for method in _IMPORTERS)


def _importer(file: ResultFile, form: str | None) -> Importer:
    if form is not None:
        return cast("Importer", _IMPORTERS.get(form)())
    found = next((importer for importer in _importers() if importer.accepts(file)), None)
    if found is not None:
        return found
    faults = Faults()
    if file.path.is_file() and file.path.suffix in (".json", ".gz"):
        file.root(faults)
    if not faults.found:  # a file that is no JSON at all has a fault of its own
        known = ", ".join(_IMPORTERS.names())
        faults.add(file.path, "unknown-format", f"no importer knows this file; there are {known}")
    raise InvalidInput(faults.found)
