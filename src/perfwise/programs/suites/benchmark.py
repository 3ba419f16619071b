"""perfwise's own benchmark files: whole tasks, one a line."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from perfwise.core.task import REFERENCE
from perfwise.kit.textfiles import Faults, Record, first_record, json_records
from perfwise.programs.contracts import Language, ProgramCandidate, ProgramTask
from perfwise.programs.suites._tasks import Tasks

__all__ = ["Benchmark"]

_FORMAT = 1


@dataclass(frozen=True)
class Benchmark:
    """The jsonl that `perfwise stress` and `perfwise tasks make` write: a task's script, data and references.

    Source: perfwise's own format, docs/make-benchmarks.md.
    """

    def accepts(self, path: Path) -> bool:
        """Whether the first record says that it is a task of perfwise."""
        return path.is_file() and "perfwise_task" in first_record(path)

    def read(self, path: Path) -> list[ProgramTask]:
        """All tasks. Raises: InvalidInput naming every fault with file and line."""
        faults = Faults()
        tasks = Tasks(path, faults)
        for record in json_records(path, faults):
            tasks.add(record.where, _task(record))
        return tasks.all()


def _task(record: Record) -> ProgramTask:
    if record.number("perfwise_task") != _FORMAT:
        record.add("unknown-version", f"perfwise_task must be {_FORMAT}; a newer perfwise may know this one")
    task_id, ratio = record.text("id"), record.fields.get("case_limit_ratio")
    listed = record.items("references", [])
    references = [_reference(record, position, each, task_id) for position, each in enumerate(listed)]
    return ProgramTask(
        id=task_id,
        script=record.text("script"),
        entry_point=record.text("entry_point"),
        prompt=record.text("prompt", ""),
        reference=record.text("reference", ""),
        data=record.fields.get("data"),
        references=tuple(each for each in references if each is not None),
        reference_language=_language(record),
        case_limit_ratio=None if ratio is None else record.number("case_limit_ratio"),
    )


def _reference(record: Record, position: int, fields: Any, task_id: str) -> ProgramCandidate | None:
    if not isinstance(fields, dict):
        record.add("wrong-type", f"references[{position}] must be an object with id and source")
        return None
    part = Record(f"{record.where} references[{position}]", fields, record.faults)
    detail = fields.get("detail") or {}
    if not isinstance(detail, dict):
        part.add("wrong-type", "detail must be an object")
        detail = {}
    return ProgramCandidate(
        part.text("id"), REFERENCE, task_id, part.text("source"), detail, _language(part, "language")
    )


def _language(record: Record, name: str = "reference_language") -> Language:
    text = record.text(name, "python")
    for language in get_args(Language):
        if language == text:
            known: Language = language
            return known
    record.add("unknown-language", f"{name} must be one of {', '.join(get_args(Language))}, not {text!r}")
    return "python"
