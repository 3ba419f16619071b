"""HumanEval: complete a function, judged by assertions."""

from dataclasses import dataclass
from pathlib import Path

from perfwise.core.task import REFERENCE
from perfwise.kit.textfiles import Faults, Record, first_record, json_records
from perfwise.programs.contracts import ProgramCandidate, ProgramTask
from perfwise.programs.suites._tasks import QUIET, Tasks

__all__ = ["HumanEval"]

# The tests call helpers of the prompt and sometimes the asked function itself: both come from the reference.
_SCRIPT = (
    QUIET
    + """\
reference = program(REFERENCE, ENTRY_POINT)
check_program = namespace(REFERENCE + "\\n" + DATA["test"])["check"]
"""
)


@dataclass(frozen=True)
class HumanEval:
    """HumanEval's jsonl: a prompt, the body of a canonical solution, and a test that defines check(candidate).

    The inputs are those that the test makes when it runs on the canonical solution.

    Source: Chen et al., "Evaluating Large Language Models Trained on Code", arXiv:2107.03374; openai/human-eval.
    """

    def accepts(self, path: Path) -> bool:
        """Whether the first record has a test and no lists of inputs, which would make it EvalPlus'."""
        fields = first_record(path).keys() if path.is_file() else set[str]()
        return {"task_id", "prompt", "test", "entry_point"} <= fields and "base_input" not in fields

    def read(self, path: Path) -> list[ProgramTask]:
        """All tasks. Raises: InvalidInput naming every fault with file and line."""
        faults = Faults()
        tasks = Tasks(path, faults)
        for record in json_records(path, faults):
            tasks.add(record.where, _task(record))
        return tasks.all()


def _task(record: Record) -> ProgramTask:
    task_id, prompt = record.text("task_id"), record.text("prompt")
    reference = prompt + record.text("canonical_solution")
    return ProgramTask(
        id=task_id,
        script=_SCRIPT,
        entry_point=record.text("entry_point"),
        prompt=prompt,
        reference=reference,
        data={"test": record.text("test")},
        references=(ProgramCandidate("canonical", REFERENCE, task_id, reference),),
    )
