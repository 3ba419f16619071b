"""ENAMEL's samples: programs by problem number."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfwise.kit.textfiles import Faults, beginning, json_document
from perfwise.programs.contracts import ProgramCandidate, ProgramTask
from perfwise.programs.samples._candidates import Candidates

__all__ = ["EnamelSamples"]

_PROBLEMS = 164  # of HumanEval


@dataclass(frozen=True)
class EnamelSamples:
    """ENAMEL's json: {"problem number": [program, ...]}, or a list of such lists.

    A text is put behind the prompt, as ENAMEL does: it may be the body or a whole program, whose definition then
    replaces the prompt's. Problems of HumanEval that are no task here are left out: ENAMEL evaluates 142 of 164.

    Source: Qiu et al., ICLR 2025, arXiv:2406.06647; q-rz/enamel, samples/.
    """

    def accepts(self, path: Path) -> bool:
        """Whether the file starts like a list of lists of texts, or an object of them keyed by numbers."""
        if not path.is_file() or not path.name.removesuffix(".gz").endswith(".json"):
            return False
        return bool(re.match(r'\s*(?:\{\s*"\d+"\s*:|\[)\s*\[\s*["\]]', beginning(path, 1000)))

    def read(self, path: Path, tasks: Mapping[str, ProgramTask], candidate_set: str) -> list[ProgramCandidate]:
        """All candidates, as whole programs. Raises: InvalidInput naming every fault with its place."""
        candidates = Candidates(path, tasks, candidate_set)
        for problem, programs in _problems(path, candidates.faults):
            where = f"{path}:[{problem}]"
            if not isinstance(programs, list):
                candidates.faults.add(where, "wrong-type", "a problem must have a list of program texts")
                continue
            task = tasks.get(f"HumanEval/{problem}")
            for position, text in enumerate(programs):
                place = f"{where}[{position}]"
                if not isinstance(text, str):
                    candidates.faults.add(place, "wrong-type", "a program must be a text")
                elif task is not None:
                    candidates.add(place, task, f"{task.prompt}\n{text}")
        return candidates.all()


def _problems(path: Path, faults: Faults) -> Iterator[tuple[int, Any]]:
    value = json_document(path, faults)
    if isinstance(value, list):
        value = {str(number): programs for number, programs in enumerate(value)}
    if value is not None and not isinstance(value, dict):
        faults.add(path, "wrong-type", "the file must hold lists of programs by problem number")
        return
    for number, programs in (value or {}).items():
        if number.isdigit() and int(number) < _PROBLEMS:
            yield int(number), programs
        else:
            faults.add(path, "unknown-task", f"{number!r} is no problem number; HumanEval has 0 to {_PROBLEMS - 1}")
