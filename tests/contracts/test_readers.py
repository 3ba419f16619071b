"""What every reader of tasks and of samples promises."""

import csv
import re
import sqlite3

import pytest

from perfwise.core.family import Family
from perfwise.errors import InvalidInput
from perfwise.programs.benchmark_files import write_tasks
from perfwise.programs.contracts import ProgramTask
from tests.programs.samples.tasks import ADD, TASKS
from tests.programs.suites import coffe_folder
from tests.programs.suites.test_enamel import COUNT
from tests.programs.suites.test_evalplus import INC as EVALPLUS
from tests.programs.suites.test_humaneval import INC as HUMANEVAL
from tests.programs.suites.test_taskfile import COUNT as TASKFILE
from tests.programs.written import json_file, jsonl

SUITES = Family("perfwise.programs.suites")
SAMPLES = Family("perfwise.programs.samples")
KNOWN = {**TASKS, "BIRD/0": ProgramTask("BIRD/0", "", reference="select 1", reference_language="sql")}


def enamel_file(folder):
    path = folder / "enamel.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(COUNT))
        writer.writeheader()
        writer.writerow(COUNT)
    return path


def text_file(path, text="def inc(x):\n    return x + 1\n"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def evalplus_folder(folder):
    return text_file(folder / "HumanEval_0" / "0.py").parent.parent


def benchmark_file(folder):
    write_tasks(folder / "b.jsonl", SUITES.get("humaneval")().read(jsonl(folder / "p.jsonl", HUMANEVAL)))
    return folder / "b.jsonl"


def bird_file(folder):
    sqlite3.connect(folder / "town.sqlite").close()
    (folder / "town.sqlite").write_bytes(b"")
    return json_file(folder / "dev.json", [{"question_id": 0, "db_id": "town", "question": "?", "SQL": "select 1"}])


TASK_EXAMPLES = {
    "benchmark": benchmark_file,
    "bird": bird_file,
    "coffe_file": coffe_folder.files,
    "coffe_function": coffe_folder.functions,
    "enamel": enamel_file,
    "evalplus": lambda folder: jsonl(folder / "p.jsonl", EVALPLUS),
    "humaneval": lambda folder: jsonl(folder / "p.jsonl", HUMANEVAL),
    "taskfile": lambda folder: text_file(folder / "count.py", TASKFILE),
}
SAMPLE_EXAMPLES = {
    "bird_predictions": lambda folder: json_file(folder / "s.json", {"0": "select 1\t----- bird -----\ttown"}),
    "codegen": lambda folder: jsonl(folder / "s.jsonl", {"task_id": "HumanEval/0", "samples": ["    return x"]}),
    "coffe_predictions": lambda folder: json_file(folder / "s.json", {ADD.prompt: [["def add(): pass"], True]}),
    "enamel": lambda folder: json_file(folder / "s.json", {"0": ["    return x"]}),
    "evalplus": lambda folder: jsonl(folder / "s.jsonl", {"task_id": "HumanEval/0", "solution": "pass"}),
    "program_files": lambda folder: text_file(folder / "HumanEval_0.py"),
}


def readers(family):
    return {name: family.get(name)() for name in family.names()}


def read(reader, path):
    """Whatever the reader reads: tasks, or candidates for the tasks at hand."""
    return reader.read(path) if is_suite(reader) else reader.read(path, KNOWN, "m")


def is_suite(reader):
    return type(reader).__module__.startswith("perfwise.programs.suites")


EXAMPLES = [(SUITES, name, make) for name, make in TASK_EXAMPLES.items()]
EXAMPLES += [(SAMPLES, name, make) for name, make in SAMPLE_EXAMPLES.items()]
EXAMPLES += [
    (SAMPLES, "evalplus", evalplus_folder),
    (SAMPLES, "program_files", lambda folder: text_file(folder / "HumanEval_0.py").parent),
]
example = pytest.mark.parametrize(
    ("family", "name", "make"), EXAMPLES, ids=lambda value: value if isinstance(value, str) else ""
)
each = pytest.mark.parametrize(
    "reader", [*readers(SUITES).values(), *readers(SAMPLES).values()], ids=lambda reader: type(reader).__name__
)


def test_every_reader_has_an_example_here():
    assert SUITES.names() == sorted(TASK_EXAMPLES)
    assert SAMPLES.names() == sorted(SAMPLE_EXAMPLES)


@pytest.mark.parametrize("family", [SUITES, SAMPLES], ids=["suites", "samples"])
def test_every_reader_says_where_its_format_comes_from(family):
    assert all(info.summary and info.source for info in family.describe())


@example
def test_exactly_one_reader_of_the_family_accepts_an_example(tmp_path, family, name, make):
    path = make(tmp_path)
    assert [other for other, reader in readers(family).items() if reader.accepts(path)] == [name]


@example
def test_reading_twice_gives_the_same(tmp_path, family, name, make):
    path = make(tmp_path)
    first, second = (read(family.get(name)(), path) for _ in range(2))
    assert first
    assert [(found.id, found.digest) for found in first] == [(found.id, found.digest) for found in second]


@pytest.mark.parametrize("name", sorted(TASK_EXAMPLES))
def test_ids_are_unique_and_references_belong_to_their_task(tmp_path, name):
    tasks = SUITES.get(name)().read(TASK_EXAMPLES[name](tmp_path))
    assert len({task.id for task in tasks}) == len(tasks)
    for task in tasks:
        assert task.script
        assert task.reference in {reference.source for reference in task.references}
        assert all((found.task, found.candidate_set) == (task.id, "@reference") for found in task.references)


@each
def test_nothing_strange_is_accepted_or_breaks_the_look(tmp_path, reader):
    text_file(tmp_path / "empty", "")
    text_file(tmp_path / "x.json", "{")
    (tmp_path / "x.jsonl.gz").write_bytes(b"\x1f\x8b")
    (tmp_path / "x.csv").write_bytes(bytes(range(256)))
    paths = [tmp_path / name for name in ("absent", "empty", "x.json", "x.jsonl.gz", "x.csv")]
    assert not any(reader.accepts(path) for path in [*paths, tmp_path])


@each
@pytest.mark.parametrize("name", ["absent.jsonl", "empty.json", "broken.json", "binary.csv", "folder"])
def test_what_cannot_be_read_is_one_report_with_places_and_codes(tmp_path, reader, name):
    text_file(tmp_path / "empty.json", "")
    text_file(tmp_path / "broken.json", '{"task_id": ')
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "folder").mkdir()
    if name in ("broken.json", "empty.json") and type(reader).__name__ == "ProgramFiles":
        pytest.skip("any text is a program, though not a good one")
    with pytest.raises(InvalidInput) as raised:
        read(reader, tmp_path / name)
    for fault in raised.value.faults:
        assert str(tmp_path) in fault.where
        assert re.fullmatch(r"[a-z]+(-[a-z]+)+", fault.code)
        assert fault.message
