"""COFFE's folders: a list of tasks and tables keyed by the prompt's text."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from perfwise.kit.textfiles import Faults, Record, beginning, find, json_document
from perfwise.programs.contracts import ProgramTask
from perfwise.programs.suites._tasks import Tasks

__all__ = ["looks_like", "read_folder"]


def looks_like(path: Path, functions: bool) -> bool:
    """Whether a folder is COFFE's, and of functions rather than of whole programs."""
    data = find(path, "data.json") if path.is_dir() else None
    if data is None or find(path, "stressful_testcases.json") is None:
        return False
    return bool(re.search(r'(?<!\\)"entry_point":', beginning(data))) == functions


def read_folder(
    path: Path, names: tuple[str, ...], task: Callable[[Record, int, Mapping[str, Any]], ProgramTask]
) -> list[ProgramTask]:
    """Tasks of a folder.

    Args:
        path: the folder.
        names: tables that the tasks need, e.g. `best_solutions`.
        task: makes one from its record in data.json, its position, and its row in each table.
    Raises: InvalidInput naming every fault.
    """
    faults = Faults()
    tasks = Tasks(path, faults)
    read = {name: _table(path, name, faults) for name in names}
    tables = {name: table for name, table in read.items() if table is not None}
    file = _file(path, "data", faults)
    for position, fields in enumerate(_list(file, faults)):
        where = f"{file}:[{position}]"
        record = Record(where, fields if isinstance(fields, dict) else {}, faults)
        key = record.text("final_prompt")
        missing = [name for name, table in tables.items() if key and key not in table]
        for name in missing:
            record.add("missing-row", f"the prompt of this task is no key of {name}.json")
        if key and not missing and len(tables) == len(names):
            tasks.add(where, task(record, position, {name: table[key] for name, table in tables.items()}))
    return tasks.all()


def _file(path: Path, name: str, faults: Faults) -> Path | None:
    file = find(path, f"{name}.json")
    if file is None:
        faults.add(path, "missing-file", f"there is neither {name}.json nor {name}.json.gz in the folder")
    return file


def _table(path: Path, name: str, faults: Faults) -> dict[str, Any] | None:
    """The rows by prompt; None, with a fault noted, if they cannot be read."""
    file = _file(path, name, faults)
    value = None if file is None else json_document(file, faults)
    if value is not None and not isinstance(value, dict):
        faults.add(str(file), "wrong-type", "the file must hold an object keyed by prompt")
    return value if isinstance(value, dict) else None


def _list(file: Path | None, faults: Faults) -> list[Any]:
    value = None if file is None else json_document(file, faults)
    if value is not None and not isinstance(value, list):
        faults.add(str(file), "wrong-type", "the file must hold a list of tasks")
    return value if isinstance(value, list) else []
