"""Bare program files."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from perfwise.kit.textfiles import text_of
from perfwise.programs.contracts import LANGUAGES, ProgramCandidate, ProgramTask
from perfwise.programs.samples._candidates import Candidates

__all__ = ["ProgramFiles"]


@dataclass(frozen=True)
class ProgramFiles:
    """A program file, or a folder of them, each a whole program as it stands.

    The ending says the language: `.py`, `.c`, `.cpp` (or `.cc`, `.cxx`), `.sql`.

    With one task, every file attempts it. With several, a file says which one by its name, or by the folder that it
    lies in: `HumanEval_3.py` or `sort_words/fast.py`, with `_` for the `/` of a task's id.

    Source: perfwise's own convention; the folders are EvalPlus'.
    """

    def accepts(self, path: Path) -> bool:
        """Whether it is a program file, or a folder with one in it that is not laid out as EvalPlus does."""
        if path.is_file():
            return path.suffix in LANGUAGES
        if _programs(path, "*"):
            return True
        below = _programs(path, "*/*")
        as_evalplus = any(file.suffix == ".py" and re.fullmatch(r"\w+_\d+", file.parent.name) for file in below)
        return bool(below) and not as_evalplus

    def read(self, path: Path, tasks: Mapping[str, ProgramTask], candidate_set: str) -> list[ProgramCandidate]:
        """All candidates, in the order of their paths. Raises: InvalidInput naming every fault with its file."""
        candidates = Candidates(path, tasks, candidate_set)
        files = sorted([*_programs(path, "*"), *_programs(path, "*/*")]) if path.is_dir() else [path]
        for file in files:
            source = text_of(file, candidates.faults)
            task = _task(file, tasks) or candidates.task(str(file), file.stem)
            if task is not None:
                name = file.relative_to(path).with_suffix("").as_posix() if path.is_dir() else file.stem
                candidates.add(str(file), task, source, name, LANGUAGES.get(file.suffix, "python"))
        return candidates.all()


def _programs(folder: Path, pattern: str) -> list[Path]:
    return [file for file in folder.glob(pattern) if file.suffix in LANGUAGES and file.is_file()]


def _task(file: Path, tasks: Mapping[str, ProgramTask]) -> ProgramTask | None:
    if len(tasks) == 1:
        return next(iter(tasks.values()))
    by_name = {task.id.replace("/", "_"): task for task in tasks.values()}
    return by_name.get(file.stem) or by_name.get(file.parent.name)
