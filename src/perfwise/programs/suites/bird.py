"""Questions to databases, in BIRD's format."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfwise.core.task import REFERENCE
from perfwise.kit.textfiles import Faults, Record, beginning, json_document, json_records
from perfwise.programs.contracts import ProgramCandidate, ProgramTask
from perfwise.programs.suites._tasks import Tasks

__all__ = ["Bird"]

_FOLDERS = ("dev_databases", "databases", "database", "train_databases", ".")
_ENDINGS = (".sqlite", ".db", ".sqlite3")
_SCRIPT = '''
def inputs():
    yield (DATA["database"],)


def check(args, answer, expected):
    """Equal as sets of rows: order and repeats of rows say nothing."""
    return set(map(tuple, answer)) == set(map(tuple, expected))
'''


@dataclass(frozen=True)
class Bird:
    """A list of questions with the database that each asks and the query that answers it.

    A record has `db_id`, `question` and `SQL`, and may have `question_id`, `evidence`, `difficulty`. The database is
    the file `DB_ID/DB_ID.sqlite` or `DB_ID.sqlite` (also `.db`) in a folder `dev_databases`, `databases` or `database`
    beside the questions, or beside them itself. An answer is right if it has the same set of rows as the query's.

    Source: Li et al., Can LLM Already Serve as a Database Interface?, NeurIPS 2023, arXiv:2305.03111; bird-bench.
    """

    def accepts(self, path: Path) -> bool:
        """Whether its first record names a database and a query."""
        if not path.is_file() or not path.name.removesuffix(".gz").endswith((".json", ".jsonl")):
            return False
        start = beginning(path, 1 << 14)
        return '"db_id"' in start and '"SQL"' in start

    def read(self, path: Path) -> list[ProgramTask]:
        """All tasks, `BIRD/<question_id>`, or by position. Raises: InvalidInput naming every fault with its place."""
        faults = Faults()
        tasks = Tasks(path, faults)
        for position, record in enumerate(_records(path, faults)):
            task = _task(record, position, path.parent)
            if task is not None:
                tasks.add(record.where, task)
        return tasks.all()


def _records(path: Path, faults: Faults) -> Iterator[Record]:
    if path.name.removesuffix(".gz").endswith(".jsonl"):
        yield from json_records(path, faults)
        return
    document = json_document(path, faults)
    if document is not None and not isinstance(document, list):
        faults.add(path, "wrong-type", "the file must hold a list of questions")
    for position, fields in enumerate(document if isinstance(document, list) else ()):
        where = f"{path}:[{position}]"
        if isinstance(fields, dict):
            yield Record(where, fields, faults)
        else:
            faults.add(where, "wrong-type", "a question must be an object")


def _task(record: Record, position: int, folder: Path) -> ProgramTask | None:
    name, query = record.text("db_id"), record.text("SQL")
    asked: list[Any] = [record.text("question", ""), record.text("evidence", "")]
    number = record.number("question_id", position)
    if not name or not query:
        return None
    database = _database(folder, name)
    if database is None:
        looked = ", ".join(_FOLDERS)
        record.add("missing-database", f"there is no database {name}{_ENDINGS[0]} in {looked} beside the file")
        return None
    task_id = f"BIRD/{number:.0f}"
    return ProgramTask(
        id=task_id,
        script=_SCRIPT,
        prompt="\n".join(filter(None, asked)),
        reference=query,
        reference_language="sql",
        data={"database": str(database.resolve()), "content": _content(database)},
        references=(ProgramCandidate("gold", REFERENCE, task_id, query, language="sql"),),
    )


def _database(folder: Path, name: str) -> Path | None:
    if "/" in name or "\\" in name or name in {".", ".."}:
        return None
    folders = [folder / each / part for each in _FOLDERS for part in (name, ".")]
    places = [inside / f"{name}{ending}" for inside in folders for ending in _ENDINGS]
    return next((place for place in places if place.is_file()), None)


def _content(database: Path) -> str:
    """Changes with the data: a query's cost and answer are those on this very file."""
    with database.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:32]
