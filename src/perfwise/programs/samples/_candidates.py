"""Candidates gathered from one input: each belongs to a task that is there, numbered within it in file order."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from perfwise.kit.textfiles import Faults
from perfwise.programs.contracts import Language, ProgramCandidate, ProgramTask

__all__ = ["Candidates"]


class Candidates:
    """Candidates in file order.

    Args:
        path: what is being read.
        tasks: the tasks they may attempt, by id.
        candidate_set: the set they belong to.
        faults: where to note what is wrong.
    """

    def __init__(
        self, path: Path, tasks: Mapping[str, ProgramTask], candidate_set: str, faults: Faults | None = None
    ) -> None:
        self.faults = faults or Faults()
        self._path = path
        self._tasks = tasks
        self._candidate_set = candidate_set
        self._found: list[ProgramCandidate] = []
        self._places: dict[tuple[str, str], str] = {}
        self._next: Counter[str] = Counter()

    def task(self, where: str, task_id: str) -> ProgramTask | None:
        """The task of that id, also where `_` stands for `/`; None, with a fault noted, if there is none."""
        task = self._tasks.get(task_id) or self._tasks.get(task_id.replace("_", "/"))
        if task is None and task_id:
            some = ", ".join(list(self._tasks)[:3]) or "none at all"
            self.faults.add(where, "unknown-task", f"there is no task {task_id!r}; there are {some}, ...")
        return task

    def add(
        self,
        where: str,
        task: ProgramTask,
        source: str,
        candidate_id: str | None = None,
        language: Language | None = None,
    ) -> None:
        """Take one in. Without an id it gets the next number of its task: 0, 1, 2, ...

        Without a language it is written in its task's reference's.
        """
        name = str(self._next[task.id]) if candidate_id is None else candidate_id
        self._next[task.id] += 1
        first = self._places.setdefault((task.id, name), where)
        if first != where:
            self.faults.add(where, "duplicate-id", f"the candidate {name!r} of {task.id} is at {first} already")
            return
        self._found.append(
            ProgramCandidate(name, self._candidate_set, task.id, source, language=language or task.reference_language)
        )

    def all(self) -> list[ProgramCandidate]:
        """Every candidate. Raises: InvalidInput with all faults found so far, or if there is no candidate."""
        self.faults.check()
        if not self._found:
            self.faults.add(self._path, "empty-set", "there is no candidate for any of the tasks in it")
            self.faults.check()
        return self._found
