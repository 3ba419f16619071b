"""BIRD's file of predicted queries."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from perfwise.kit.textfiles import beginning, json_document
from perfwise.programs.contracts import ProgramCandidate, ProgramTask
from perfwise.programs.samples._candidates import Candidates

__all__ = ["BirdPredictions"]

_MARK = "----- bird -----"


@dataclass(frozen=True)
class BirdPredictions:
    """One JSON object: number of the question -> query, with a tab, `----- bird -----` and the database behind it.

    Source: AlibabaResearch/DAMO-ConvAI, bird/llm, predict_dev.json.
    """

    def accepts(self, path: Path) -> bool:
        """Whether it is a JSON object with BIRD's mark in its first values."""
        return path.is_file() and bool(re.match(r'\s*\{\s*"\d+"\s*:', start := beginning(path))) and _MARK in start

    def read(self, path: Path, tasks: Mapping[str, ProgramTask], candidate_set: str) -> list[ProgramCandidate]:
        """All candidates. Raises: InvalidInput naming every fault with its place."""
        candidates = Candidates(path, tasks, candidate_set)
        document = json_document(path, candidates.faults)
        for number, value in document.items() if isinstance(document, dict) else ():
            where = f"{path}:{number}"
            task = candidates.task(where, f"BIRD/{number}")
            if not isinstance(value, str):
                candidates.faults.add(where, "wrong-type", "a prediction must be a text")
            elif task is not None:
                query = value.partition(f"\t{_MARK}")[0]
                candidates.add(where, task, query, language="sql")
        return candidates.all()
