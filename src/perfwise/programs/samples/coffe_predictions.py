"""COFFE's predictions: what chat models answered to its prompts."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from perfwise.kit.textfiles import beginning, json_document
from perfwise.programs.contracts import ProgramCandidate, ProgramTask
from perfwise.programs.extract import from_chat, with_alias
from perfwise.programs.samples._candidates import Candidates

__all__ = ["CoffePredictions"]


@dataclass(frozen=True)
class CoffePredictions:
    """COFFE's json: {prompt: [[raw answer, ...], valid]}.

    The program is taken out of each answer. One that defines `solution`, COFFE's own name, gets the task's name too.
    The published files answer more prompts than there are tasks (421 for 398); those are left out.

    Source: Peng et al., "COFFE", arXiv:2502.02827; JohnnyPeng18/Coffe.
    """

    def accepts(self, path: Path) -> bool:
        """Whether the file starts with a prompt and a list in a list."""
        if not path.is_file() or not path.name.removesuffix(".gz").endswith(".json"):
            return False
        text = beginning(path)
        start = re.match(r"\s*\{\s*(?=\")", text)
        try:
            _, end = json.JSONDecoder().raw_decode(text, start.end()) if start else ("", 0)
        except ValueError:
            return False
        return bool(re.match(r"\s*:\s*\[\s*\[", text[end:]))

    def read(self, path: Path, tasks: Mapping[str, ProgramTask], candidate_set: str) -> list[ProgramCandidate]:
        """All candidates, as whole programs. Raises: InvalidInput naming every fault with its place."""
        candidates = Candidates(path, tasks, candidate_set)
        value = json_document(path, candidates.faults)
        if value is not None and not isinstance(value, dict):
            candidates.faults.add(path, "wrong-type", "the file must hold an object keyed by prompt")
        by_prompt = {task.prompt: task for task in tasks.values()}
        for position, (prompt, row) in enumerate(value.items() if isinstance(value, dict) else ()):
            where = f"{path}:[{position}]"
            if not _is_row(row):
                candidates.faults.add(where, "wrong-type", "a prompt must have [[answer, ...], valid]")
                continue
            task = by_prompt.get(prompt)
            for number, answer in enumerate(row[0] if task is not None else ()):
                assert task is not None
                candidates.add(f"{where}[{number}]", task, _program(answer, task.entry_point))
        return candidates.all()


def _is_row(row: object) -> bool:
    if not (isinstance(row, list) and row and isinstance(row[0], list)):
        return False
    return all(isinstance(answer, str) for answer in row[0])


def _program(answer: str, entry_point: str) -> str:
    source = from_chat(answer, entry_point)
    return with_alias(source, entry_point) if entry_point else source
