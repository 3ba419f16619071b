"""Tasks gathered from one input, each id once."""

from pathlib import Path

from perfwise.kit.textfiles import Faults
from perfwise.programs.contracts import ProgramTask

__all__ = ["QUIET", "Tasks"]

QUIET = "import io, sys; sys.stdout = sys.stderr = io.StringIO()\n"
"""First line of a suite's script: the judge's guest has no streams, and published programs print and warn."""


class Tasks:
    """Tasks in file order.

    Args:
        path: what is being read.
        faults: where to note what is wrong.
    """

    def __init__(self, path: Path, faults: Faults) -> None:
        self._path = path
        self._faults = faults
        self._tasks: dict[str, ProgramTask] = {}
        self._places: dict[str, str] = {}

    def add(self, where: str, task: ProgramTask) -> None:
        """Take one in; a second one of the same id is a fault. One without an id has its fault already."""
        if not task.id:
            return
        if task.id in self._tasks:
            self._faults.add(where, "duplicate-id", f"the task {task.id!r} is at {self._places[task.id]} already")
            return
        self._tasks[task.id] = task
        self._places[task.id] = where

    def all(self) -> list[ProgramTask]:
        """Every task. Raises: InvalidInput with all faults found so far, or if there is no task."""
        self._faults.check()
        if not self._tasks:
            self._faults.add(self._path, "no-tasks", "there is no task in it")
            self._faults.check()
        return list(self._tasks.values())
