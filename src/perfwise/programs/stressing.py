"""A search for each of many tasks: what is asked, where it runs, what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfwise.core.study import Progress
from perfwise.errors import InvalidOption, InvalidTask
from perfwise.programs.contracts import ProgramCandidate, ProgramTask
from perfwise.programs.engine import ProgramEngine
from perfwise.programs.reading import Source, read_samples, read_tasks
from perfwise.programs.stress import Search, Stressed, stress
from perfwise.programs.workers import Workers

__all__ = ["Attempt", "read_for_stress", "stress_all"]


@dataclass(frozen=True)
class Attempt:
    """One task and what its search came to.

    Args:
        task: with the inputs that were found, or as it was.
        stressed: what was found; None where there could be no search.
        problem: why there could be none, else empty.
    """

    task: ProgramTask
    stressed: Stressed | None = None
    problem: str = ""


def read_for_stress(
    tasks: Path, sources: Sequence[Source], suite: str | None = None, only: Sequence[str] = ()
) -> tuple[list[ProgramTask], list[ProgramCandidate]]:
    """The tasks, also those that nobody attempts, and the candidates of all sets.

    Raises: InvalidInput; InvalidOption for a task that is not there.
    """
    read = read_tasks(tasks, suite)
    if unknown := [name for name in only if name not in {task.id for task in read}]:
        raise InvalidOption(f"there is no task {unknown[0]!r}; there are {len(read)}, such as {read[0].id}")
    candidates = [one for source in sources for one in read_samples(source, read)]
    return [task for task in read if not only or task.id in only], candidates


def stress_all(
    tasks: Sequence[ProgramTask],
    candidates: Sequence[ProgramCandidate],
    engine: ProgramEngine,
    search: Search,
    *,
    workers: Workers | None = None,
    progress: Progress | None = None,
) -> list[Attempt]:
    """Search for each task, in their order. A task that cannot be searched is an attempt with its problem.

    Args:
        tasks: to find inputs for.
        candidates: of any of them.
        engine: runs programs.
        search: how to look.
        workers: where to; None: in this process.
        progress: called with the tasks that are done and all of them.
    """
    mine = {task.id: tuple(one for one in candidates if one.task == task.id) for task in tasks}
    questions = [(task, mine[task.id], engine, search) for task in tasks]
    found = map(_attempted, questions) if workers is None else workers.executor.map(_attempted, questions)
    attempts: list[Attempt] = []
    for attempt in found:
        attempts.append(attempt)
        if progress is not None:
            progress(len(attempts), len(tasks))
    return attempts


def _attempted(question: tuple[ProgramTask, tuple[ProgramCandidate, ...], ProgramEngine, Search]) -> Attempt:
    task = question[0]
    try:
        stressed = stress(*question)
    except InvalidTask as fault:
        return Attempt(task, None, str(fault))
    return Attempt(stressed.task, stressed)
