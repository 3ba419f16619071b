"""The user's own tasks: one plain Python file each."""

import ast
from dataclasses import dataclass
from pathlib import Path

from perfwise.core.task import REFERENCE
from perfwise.kit.textfiles import Faults, beginning, text_of
from perfwise.programs.contracts import ProgramCandidate, ProgramTask
from perfwise.programs.suites._tasks import Tasks

__all__ = ["TaskFile"]

_INPUTS = frozenset({"cases", "inputs", "stress", "check_program"})
_JUDGES = frozenset({"check", "check_program", "reference"})


@dataclass(frozen=True)
class TaskFile:
    """A Python file that names an entry point, makes inputs and says what is right; or a folder of such files.

    docs/task-files.md describes it. The file is never run here: its texts are read from the syntax tree, and its
    functions run inside the judge's guest.

    Source: perfwise's own format, docs/task-files.md.
    """

    def accepts(self, path: Path) -> bool:
        """Whether the file, or a file of the folder, assigns ENTRY_POINT."""
        return any("\nENTRY_POINT" in "\n" + beginning(file) for file in _files(path))

    def read(self, path: Path) -> list[ProgramTask]:
        """All tasks, in the order of file names. Raises: InvalidInput naming every fault with file and line."""
        faults = Faults()
        tasks = Tasks(path, faults)
        for file in _files(path) or [path]:
            task = _task(file, faults)
            if task is not None:
                tasks.add(str(file), task)
        return tasks.all()


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(path.glob("*.py"))
    return [path] if path.suffix == ".py" and path.is_file() else []


def _task(file: Path, faults: Faults) -> ProgramTask | None:
    text = text_of(file, faults)
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = f":{error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        faults.add(f"{file}{line}", "syntax-error", f"not Python: {getattr(error, 'msg', error)}")
        return None
    defined = _defined(tree)
    texts = _texts(tree, file, faults)
    _complain(file, texts, defined, faults)
    task_id, entry_point = texts.get("TASK_ID", file.stem), texts.get("ENTRY_POINT", "")
    reference = _reference(text, texts, defined)
    return ProgramTask(
        id=task_id,
        script=text if "reference" in defined or not reference else text + _runs(entry_point),
        entry_point=entry_point,
        prompt=texts.get("PROMPT", ast.get_docstring(tree) or ""),
        reference=reference,
        references=(ProgramCandidate("reference", REFERENCE, task_id, reference),) if reference else (),
    )


def _defined(tree: ast.Module) -> set[str]:
    """Names of the file's functions, and of what it assigns."""
    names = {each.name for each in tree.body if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))}
    assigned = (target for each in tree.body if isinstance(each, ast.Assign) for target in each.targets)
    return names | {target.id for target in assigned if isinstance(target, ast.Name)}


def _texts(tree: ast.Module, file: Path, faults: Faults) -> dict[str, str]:
    """What the file says in capital letters."""
    texts = {}
    for statement in tree.body:
        if not (isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)):
            continue
        name = statement.targets[0].id
        if name not in ("ENTRY_POINT", "TASK_ID", "PROMPT", "REFERENCE"):
            continue
        if isinstance(statement.value, ast.Constant) and isinstance(statement.value.value, str):
            texts[name] = statement.value.value
        else:
            faults.add(f"{file}:{statement.lineno}", "wrong-type", f"{name} must be a plain text in quotes")
    return texts


def _complain(file: Path, texts: dict[str, str], defined: set[str], faults: Faults) -> None:
    if "ENTRY_POINT" not in defined:
        what = 'ENTRY_POINT = "name of the function", or "" for programs that read standard input, is missing'
        faults.add(file, "missing-field", what)
    if not defined & _INPUTS:
        faults.add(file, "no-inputs", "define inputs(), stress(), cases() or check_program(candidate)")
    if not defined & _JUDGES and "REFERENCE" not in texts:
        faults.add(file, "no-check", "define reference(...), check(args, answer) or REFERENCE to say what is right")
    if "check_program" in defined and "reference" not in defined and "REFERENCE" not in texts:
        faults.add(file, "no-reference", "check_program(candidate) needs a reference(...) to find its inputs")


def _reference(text: str, texts: dict[str, str], defined: set[str]) -> str:
    """A whole program that can be measured: the text given as one, else the file with its reference as entry point."""
    if "REFERENCE" in texts:
        return texts["REFERENCE"]
    entry_point = texts.get("ENTRY_POINT", "")
    if "reference" not in defined or not entry_point.isidentifier():
        return ""
    return f"{text.rstrip()}\n\n\n{entry_point} = reference\n"


def _runs(entry_point: str) -> str:
    """The judge's reference, where the file gives only the program's text."""
    made = "program(REFERENCE, ENTRY_POINT)" if entry_point else "stdin_program(REFERENCE)"
    return f"\n\nreference = {made}\n"
