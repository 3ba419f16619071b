"""EvalPlus' samples: one line a sample, or a folder a task."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from perfwise.kit.textfiles import Record, first_record, json_records, text_of
from perfwise.programs.contracts import ProgramCandidate, ProgramTask
from perfwise.programs.extract import continued, defines, from_chat, parsed
from perfwise.programs.samples._candidates import Candidates

__all__ = ["EvalPlusSamples"]


@dataclass(frozen=True)
class EvalPlusSamples:
    """EvalPlus' samples.jsonl, whose `solution` is a whole program and whose `completion` continues the prompt.

    A `solution` or `completion` that makes no program and holds a code fence is a chat answer; its program is taken.
    Also the folder layout `HumanEval_0/0.py` with whole programs. A task's samples are numbered in file order; those of
    a folder have their file's name.

    Source: evalplus/evalplus, README and docs/cli.md; `completion` is openai/human-eval's own samples format.
    """

    def accepts(self, path: Path) -> bool:
        """Whether the first record has a sample, or the folder has folders of numbered programs."""
        if path.is_dir():
            return any(re.fullmatch(r"\w+_\d+", file.parent.name) for file in path.glob("*/*.py"))
        fields = first_record(path).keys() if path.is_file() else set[str]()
        return "task_id" in fields and bool({"solution", "completion"} & fields)

    def read(self, path: Path, tasks: Mapping[str, ProgramTask], candidate_set: str) -> list[ProgramCandidate]:
        """All candidates, as whole programs. Raises: InvalidInput naming every fault with file and line."""
        candidates = Candidates(path, tasks, candidate_set)
        if path.is_dir():
            _read_folder(path, candidates)
        else:
            for record in json_records(path, candidates.faults):
                _read_record(record, candidates)
        return candidates.all()


def _read_record(record: Record, candidates: Candidates) -> None:
    task = candidates.task(record.where, record.text("task_id"))
    if "completion" not in record and "solution" not in record:
        record.add(
            "missing-field", "a sample needs `solution`, a whole program, or `completion`, which goes on a prompt"
        )
    elif "solution" in record:
        source = record.text("solution")
        if task is not None:
            candidates.add(record.where, task, _whole(source, task))
    else:
        completion = record.text("completion")
        if task is not None:
            candidates.add(record.where, task, _completed(completion, task))


def _whole(solution: str, task: ProgramTask) -> str:
    """The solution, or the program in it where it is a chat answer."""
    if task.reference_language != "python":
        fenced = re.search(r"```[^\n]*\n(.*?)```", solution, re.DOTALL)
        return fenced[1] if fenced else solution
    return from_chat(solution, task.entry_point) if _is_chat(solution, solution) else solution


def _completed(completion: str, task: ProgramTask) -> str:
    """The prompt with its completion, or the program in a chat answer that defines the function again."""
    program = continued(task.prompt, completion)
    if _is_chat(program, completion):
        answer = from_chat(completion, task.entry_point)
        if defines(answer, task.entry_point or "solution"):
            return answer
    return program


def _is_chat(program: str, text: str) -> bool:
    return ("```" in text or "~~~" in text) and parsed(program) is None


def _read_folder(path: Path, candidates: Candidates) -> None:
    for folder in sorted((each for each in path.iterdir() if each.is_dir()), key=_natural):
        files = sorted(folder.glob("*.py"), key=_natural)
        task = candidates.task(str(folder), folder.name) if files else None
        for file in files:
            source = text_of(file, candidates.faults)
            if task is not None:
                candidates.add(str(file), task, source, file.stem)


def _natural(path: Path) -> tuple[object, ...]:
    """Numbers in names count as numbers: 2.py before 10.py."""
    return tuple((not part.isdigit(), int(part) if part.isdigit() else part) for part in re.split(r"(\d+)", path.name))
