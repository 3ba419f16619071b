"""What a user names on one side, tasks and candidates on the other: every reader is asked whether it knows the file."""

import difflib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfwise.core.family import Family
from perfwise.core.task import REFERENCE
from perfwise.errors import Fault, InvalidInput, InvalidOption
from perfwise.kit.textfiles import Faults, json_records, stem, text_of
from perfwise.programs.contracts import ProgramCandidate, ProgramTask

__all__ = [
    "Inputs",
    "Source",
    "named_source",
    "narrowed",
    "program_sources",
    "read_inputs",
    "read_samples",
    "read_tasks",
    "task_files_beside",
    "with_references",
]

_SUITES = Family("perfwise.programs.suites")
_SAMPLES = Family("perfwise.programs.samples")


@dataclass(frozen=True, slots=True)
class Source:
    """A named set of candidates and where it is.

    Args:
        name: of the set.
        path: file or folder.
        form: name of the reader; None: the first that accepts the path.
    """

    name: str
    path: Path
    form: str | None = None


@dataclass(frozen=True, slots=True)
class Inputs:
    """What is to be evaluated.

    Args:
        tasks: those that a candidate attempts.
        candidates: of all sets, without the suite's references.
        idle_tasks: ids of the tasks that no candidate attempts; they are not run.
    """

    tasks: tuple[ProgramTask, ...]
    candidates: tuple[ProgramCandidate, ...]
    idle_tasks: tuple[str, ...] = ()


def read_tasks(path: Path, suite: str | None = None) -> list[ProgramTask]:
    """The tasks of a file or folder. Raises: InvalidInput; InvalidOption for an unknown suite."""
    tasks: list[ProgramTask] = _reader(_SUITES, path, suite, "tasks").read(path)
    return tasks


def read_samples(source: Source, tasks: Iterable[ProgramTask]) -> list[ProgramCandidate]:
    """The candidates of one set. Raises: InvalidInput; InvalidOption for an unknown form."""
    reader = _reader(_SAMPLES, source.path, source.form, "candidates")
    candidates: list[ProgramCandidate] = reader.read(source.path, {task.id: task for task in tasks}, source.name)
    return candidates


def read_inputs(task_paths: Sequence[Path], sources: Sequence[Source], suite: str | None = None) -> Inputs:
    """Tasks and the candidates that attempt them.

    Args:
        task_paths: files or folders of tasks.
        sources: the named sets.
        suite: name of the tasks' reader; None: the first that accepts the path.
    Raises: InvalidInput with the faults of all files in one report; InvalidOption if a set is named twice.
    """
    names = Counter(source.name for source in sources)
    if twice := [name for name, times in names.items() if times > 1 or name == REFERENCE]:
        raise InvalidOption(f"name each set of candidates once, as NAME=PATH; not so {', '.join(map(repr, twice))}")
    faults: list[Fault] = []
    tasks = [task for path in task_paths for task in _collected(faults, read_tasks, path, suite)]
    faults += [_repeated(task) for task, times in Counter(task.id for task in tasks).items() if times > 1]
    if not tasks:
        raise InvalidInput(faults or [Fault("", "no-tasks", "no tasks are named")])
    candidates = [one for source in sources for one in _collected(faults, read_samples, source, tasks)]
    if faults:
        raise InvalidInput(faults)
    return _attempted(tasks, candidates)


def _collected(faults: list[Fault], read: Any, *arguments: Any) -> list[Any]:
    try:
        result: list[Any] = read(*arguments)
    except InvalidInput as error:
        faults += error.faults
        return []
    return result


def _repeated(task: str) -> Fault:
    return Fault("tasks", "duplicate-id", f"the task {task!r} is in two of the files")


def _attempted(tasks: Iterable[ProgramTask], candidates: Sequence[ProgramCandidate]) -> Inputs:
    wanted = {candidate.task for candidate in candidates}
    tasks = list(tasks)
    return Inputs(
        tuple(task for task in tasks if task.id in wanted),
        tuple(candidates),
        tuple(task.id for task in tasks if task.id not in wanted),
    )


def narrowed(inputs: Inputs, task_ids: Sequence[str] = (), candidate_ids: Sequence[str] = ()) -> Inputs:
    """Only these tasks and candidates; an empty selection keeps all.

    Raises: InvalidOption for an id that is not there, naming the closest, or if nothing is left.
    """
    tasks, candidates = inputs.tasks, inputs.candidates
    if task_ids:
        _known("task", task_ids, [*(task.id for task in tasks), *inputs.idle_tasks])
        candidates = tuple(one for one in candidates if one.task in task_ids)
        tasks = tuple(task for task in tasks if task.id in task_ids)
    if candidate_ids:
        _known("candidate", candidate_ids, list(dict.fromkeys(one.id for one in candidates)))
        candidates = tuple(one for one in candidates if one.id in candidate_ids)
    if not candidates:
        raise InvalidOption("no candidate attempts what is chosen")
    return _attempted(tasks, candidates) if task_ids or candidate_ids else inputs


def _known(what: str, wanted: Sequence[str], there: Sequence[str]) -> None:
    for name in wanted:
        if name not in there:
            near = difflib.get_close_matches(name, there, n=3, cutoff=0.4) or list(there[:3])
            raise InvalidOption(f"there is no {what} {name!r}; there are {len(there)}, such as {', '.join(near)}")


def with_references(inputs: Inputs) -> list[ProgramCandidate]:
    """The suite's own solutions of the tasks, in the set `@reference`, and then all candidates."""
    shipped = [reference for task in inputs.tasks for reference in _references(task)]
    return [*shipped, *inputs.candidates]


def _references(task: ProgramTask) -> Sequence[ProgramCandidate]:
    if task.references or not task.reference:
        return task.references
    return (ProgramCandidate("reference", REFERENCE, task.id, task.reference),)


def _reader(family: Family, path: Path, name: str | None, what: str) -> Any:
    if name is not None:
        return family.get(name)()
    if not path.exists():
        raise InvalidInput([Fault(str(path), "unreadable-file", "there is no such file or folder")])
    for method in family:
        reader = method()
        if reader.accepts(path):
            return reader
    faults = _unreadable(path)
    faults.check()
    told = f"no reader of {what} knows this format; there are {', '.join(family.names())}"
    if what == "tasks" and path.suffix == ".py":
        told = 'a task file assigns ENTRY_POINT, "" for a program that reads standard input; see docs/task-files.md'
    faults.add(path, "unknown-format", told)
    raise InvalidInput(faults.found)


def _unreadable(path: Path) -> Faults:
    """Why nobody can read a file whatever its format: empty, not text, or a .jsonl whose lines are not JSON."""
    faults = Faults()
    if path.is_dir():
        return faults
    if path.name.removesuffix(".gz").endswith(".jsonl"):
        for _ in json_records(path, faults):
            pass
    elif not text_of(path, faults).strip() and not faults.found:
        faults.add(path, "empty-file", "the file is empty")
    return faults


def named_source(text: str, form: str | None = None) -> Source:
    """`NAME=PATH`, or a path that names its set itself: `runs/gpt.jsonl.gz` is the set `gpt`."""
    name, separator, path = text.partition("=")
    if separator and "/" not in name and not Path(text).exists():
        return Source(name, Path(path), form)
    return Source(stem(Path(text)) or text, Path(text), form)


def program_sources(files: Sequence[Path], form: str | None = None) -> list[Source]:
    """One set for each program file or folder, named after it; by its path where two have the same name."""
    names = Counter(stem(file) for file in files)
    return [Source(stem(file) if names[stem(file)] == 1 else str(file), file, form) for file in files]


def task_files_beside(programs: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Task files and programs apart, where a user names program files only.

    What looks like a task file among them is one; else those that lie in the same folder are taken.

    Returns: (task files, programs).
    Raises: InvalidOption if there is no task file.
    """
    is_task = _SUITES.get("taskfile")().accepts
    given = [path for path in programs if is_task(path)]
    rest = [path for path in programs if path not in given]
    folders = dict.fromkeys(path if path.is_dir() else path.parent for path in rest)
    tasks = given or [file for folder in folders for file in sorted(folder.glob("*.py")) if is_task(file)]
    if not tasks:
        looked = ", ".join(map(str, folders)) or "."
        raise InvalidOption(f"what shall the programs do? Name the tasks with --tasks; no task file lies in {looked}")
    return tasks, [path for path in rest if path not in tasks]
