"""Tasks written down: as a benchmark file that `eval` reads, or into the user's own task files."""

import gzip
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from perfwise.core.json import Json
from perfwise.errors import InvalidInput, InvalidOption
from perfwise.kit.textfiles import Faults, text_of
from perfwise.kit.wholefiles import replacing
from perfwise.programs.contracts import FoundInput, ProgramTask
from perfwise.programs.suites.taskfile import TaskFile
from perfwise.programs.writing import found_block, without_block

__all__ = ["own_files", "put_into_file", "write_folder", "write_tasks", "write_whole"]


def write_tasks(path: Path, tasks: Iterable[ProgramTask]) -> None:
    """Write a benchmark file, one task a line, gzipped where it is named `.gz`; the same tasks give the same bytes.

    Raises: InvalidOption if it cannot be written.
    """
    text = "".join(json.dumps(_row(task), ensure_ascii=True, allow_nan=False) + "\n" for task in tasks)
    data = gzip.compress(text.encode(), mtime=0) if path.suffix == ".gz" else text.encode()
    write_whole(path, data)


def _row(task: ProgramTask) -> dict[str, Json]:
    references: list[Json] = [
        {"id": one.id, "source": one.source}
        | ({"detail": dict(one.detail)} if one.detail else {})
        | ({"language": one.language} if one.language != "python" else {})
        for one in task.references
    ]
    row: dict[str, Json] = {
        "perfwise_task": 1,
        "id": task.id,
        "entry_point": task.entry_point,
        "prompt": task.prompt,
        "script": task.script,
        "reference": task.reference,
        "references": references,
    }
    if task.data is not None:
        row["data"] = task.data
    if task.reference_language != "python":
        row["reference_language"] = task.reference_language
    if task.case_limit_ratio is not None:
        row["case_limit_ratio"] = task.case_limit_ratio
    return row


def own_files(path: Path) -> dict[str, Path]:
    """The plain task files of a file or folder, by the id of their task; empty where it is a suite of another form."""
    reader = TaskFile()
    if not reader.accepts(path):
        return {}
    files = sorted(path.glob("*.py")) if path.is_dir() else [path]
    found = {}
    for file in files:
        try:
            found[reader.read(file)[0].id] = file
        except InvalidInput:
            continue  # told by whoever reads the tasks
    return found


def put_into_file(file: Path, task: ProgramTask, found: tuple[FoundInput, ...]) -> None:
    """Put found inputs at the end of a plain task file, in the place of those that an earlier search put there.

    Raises: InvalidInput if it cannot be read; InvalidOption if it cannot be written.
    """
    faults = Faults()
    text = without_block(text_of(file, faults))
    faults.check()
    added = found_block(task, found) if found else ""
    write_whole(file, (text.rstrip("\n") + "\n" + added).encode("utf-8", "surrogatepass"))


def write_folder(folder: Path, texts: Mapping[str, str]) -> None:
    """Write a folder of files. Raises: InvalidOption if it holds something already, or cannot be written."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidOption(f"{folder} is there already; name a new folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidOption(f"cannot make {folder}: {error.strerror or error}") from error
    for name, text in texts.items():
        write_whole(folder / name, text.encode("utf-8", "surrogatepass"))


def write_whole(path: Path, data: bytes) -> None:
    """All of a file or nothing of it. Raises: InvalidOption."""
    with replacing(path) as file:
        file.write(data)
