"""COFFE, file level: whole programs from standard input to standard output."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfwise.core.task import REFERENCE
from perfwise.kit.textfiles import Record
from perfwise.programs.contracts import ProgramCandidate, ProgramTask
from perfwise.programs.suites._coffe import looks_like, read_folder
from perfwise.programs.suites._tasks import QUIET

__all__ = ["CoffeFile"]

_SCRIPT = (
    QUIET
    + '''\
import contextlib

reference = stdin_program(REFERENCE)


def stress():
    for source in DATA["stress"]:
        text = None
        with contextlib.suppress(Exception):
            text = namespace("import random\\nrandom.seed(1024)\\n" + source)["generate_input"]()
        if isinstance(text, str):
            yield (text,)


def lines(text):
    """Blanks at the ends of lines and empty lines at the end say nothing."""
    return [line.rstrip() for line in text.rstrip().splitlines()]


def check(args, answer, expected):
    return lines(answer) == lines(expected)
'''
)


@dataclass(frozen=True)
class CoffeFile:
    """COFFE's folder of file tasks: data, best_solutions, stressful_testcases, keyed by prompt.

    A stress test is the source of a generate_input() that returns a text for standard input. One that raises on today's
    Python (a few do) is left out.

    Source: Peng et al., "COFFE: A Code Efficiency Benchmark for Code Generation", arXiv:2502.02827; JohnnyPeng18/Coffe.
    Differs: right is what the best solution prints on the stress inputs; COFFE judges on further tests of 100 MB.
    """

    def accepts(self, path: Path) -> bool:
        """Whether it is a folder with COFFE's files and tasks without an entry point."""
        return looks_like(path, functions=False)

    def read(self, path: Path) -> list[ProgramTask]:
        """All tasks, named `COFFE/<position in data.json>`. Raises: InvalidInput naming every fault with its place."""
        return read_folder(path, ("best_solutions", "stressful_testcases"), _task)


def _task(record: Record, position: int, rows: Mapping[str, Any]) -> ProgramTask:
    best, stress = rows["best_solutions"], rows["stressful_testcases"]
    if not (isinstance(best, list) and best and isinstance(best[0], str)):
        record.add("wrong-type", "best_solutions.json must hold [program, reads stdin] for each prompt")
        best = [""]
    if not (isinstance(stress, list) and stress and all(isinstance(each, str) for each in stress)):
        record.add("wrong-type", "stressful_testcases.json must hold a list of program texts for each prompt")
        stress = []
    task_id = f"COFFE/{position}"
    return ProgramTask(
        id=task_id,
        script=_SCRIPT,
        prompt=record.text("final_prompt"),
        reference=best[0],
        data={"stress": stress},
        references=(ProgramCandidate("best", REFERENCE, task_id, best[0]),),
    )
