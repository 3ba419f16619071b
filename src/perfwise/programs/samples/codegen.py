"""CodeT's files of CodeGen and Codex samples: one line a task."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from perfwise.kit.textfiles import first_record, json_records
from perfwise.programs.contracts import ProgramCandidate, ProgramTask
from perfwise.programs.extract import continued
from perfwise.programs.samples._candidates import Candidates

__all__ = ["CodegenSamples"]


@dataclass(frozen=True)
class CodegenSamples:
    """Lines of a task and the list of its samples, which are continuations of the prompt.

    A line names its task by `task_id`, or by the `prompt` itself, as the original files do.

    Source: Chen et al., "CodeT", ICLR 2023, arXiv:2207.10397; generated data of microsoft/CodeT.
    """

    def accepts(self, path: Path) -> bool:
        """Whether the first record has a list of samples."""
        fields = first_record(path) if path.is_file() else {}
        return isinstance(fields.get("samples"), list) and ("task_id" in fields or "prompt" in fields)

    def read(self, path: Path, tasks: Mapping[str, ProgramTask], candidate_set: str) -> list[ProgramCandidate]:
        """All candidates, as whole programs. Raises: InvalidInput naming every fault with file and line."""
        candidates = Candidates(path, tasks, candidate_set)
        by_prompt = {task.prompt: task.id for task in tasks.values()}
        for record in json_records(path, candidates.faults):
            samples = record.texts("samples")
            named = "task_id" in record or "prompt" not in record
            task_id = record.text("task_id") if named else by_prompt.get(record.text("prompt"), "")
            if not named and not task_id:
                record.add("unknown-task", "no task has this prompt")
            task = candidates.task(record.where, task_id)
            for position, sample in enumerate(samples if task is not None else []):
                assert task is not None
                candidates.add(f"{record.where}[{position}]", task, continued(task.prompt, sample))
        return candidates.all()
