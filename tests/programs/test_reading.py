from pathlib import Path

import pytest

from perfwise.core.task import REFERENCE
from perfwise.errors import InvalidInput, InvalidOption
from perfwise.programs import demo
from perfwise.programs.contracts import ProgramTask
from perfwise.programs.reading import (
    Inputs,
    Source,
    named_source,
    narrowed,
    program_sources,
    read_inputs,
    task_files_beside,
    with_references,
)

SETS = [Source(name, folder) for name, folder in demo.SETS.items()]


def test_demo_is_six_tasks_by_three_sets():
    inputs = read_inputs([demo.TASKS], SETS)
    assert (len(inputs.tasks), len(inputs.candidates), inputs.idle_tasks) == (6, 18, ())


def test_tasks_that_nobody_attempts_are_told_and_not_run():
    inputs = narrowed(read_inputs([demo.TASKS], SETS), candidate_ids=())
    one = [candidate for candidate in inputs.candidates if candidate.task == "climbs"]
    left = narrowed(Inputs(inputs.tasks, tuple(one)), task_ids=["climbs"])
    assert [task.id for task in left.tasks] == ["climbs"]


def test_an_unknown_task_is_refused_naming_the_closest():
    with pytest.raises(InvalidOption, match="such as climbs"):
        narrowed(read_inputs([demo.TASKS], SETS), task_ids=["climb"])


def test_a_task_with_a_bare_reference_gets_it_as_a_candidate_of_the_reference_set():
    task = ProgramTask("t", "", "f", reference="def f(): pass\n")
    [reference] = with_references(Inputs((task,), ()))
    assert (reference.candidate_set, reference.id, reference.source) == (REFERENCE, "reference", task.reference)


def test_faults_of_all_files_come_in_one_report(tmp_path: Path):
    missing = [Source("a", tmp_path / "a.jsonl"), Source("b", tmp_path / "b.jsonl")]
    with pytest.raises(InvalidInput) as error:
        read_inputs([demo.TASKS], missing)
    assert [fault.where for fault in error.value.faults] == [str(source.path) for source in missing]


@pytest.mark.parametrize(
    ("name", "data", "where", "code"),
    [
        ("a.jsonl", b"", "a.jsonl", "empty-file"),
        ("a.json", b" \n", "a.json", "empty-file"),
        ("a.jsonl", b"not json\n", "a.jsonl:1", "malformed-json"),
        ("a.jsonl", b'{"task_id": "climbs", "solution": "x"}\n{oops\n', "a.jsonl:2", "malformed-json"),
        ("a.jsonl", b'{oops\n{"task_id": "climbs", "solution": "x"}\n', "a.jsonl:1", "malformed-json"),
        ("a.jsonl", b'{"strange": 1}\n', "a.jsonl", "unknown-format"),
    ],
)
def test_a_file_that_nobody_can_read_says_what_is_wrong_with_it(tmp_path: Path, name, data, where, code):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InvalidInput) as error:
        read_inputs([demo.TASKS], [Source("a", tmp_path / name)])
    assert [(Path(fault.where).name, fault.code) for fault in error.value.faults] == [(where, code)]


def test_one_name_for_two_sets_is_refused():
    with pytest.raises(InvalidOption, match="'careful'"):
        read_inputs([demo.TASKS], [SETS[0], SETS[0]])


@pytest.mark.parametrize(
    ("text", "name", "path"),
    [("gpt=a/b.jsonl", "gpt", "a/b.jsonl"), ("a/b.jsonl.gz", "b", "a/b.jsonl.gz"), ("a=b/c=d.py", "a", "b/c=d.py")],
)
def test_a_set_is_named_before_the_equals_sign_or_after_its_file(text: str, name: str, path: str):
    assert named_source(text) == Source(name, Path(path))


def test_two_files_of_one_name_are_told_apart_by_their_paths():
    sources = program_sources([Path("a/x.py"), Path("b/x.py"), Path("y.py")])
    assert [source.name for source in sources] == ["a/x.py", "b/x.py", "y"]


def test_a_task_file_beside_the_programs_is_found_and_is_no_program(tmp_path: Path):
    task, program = tmp_path / "task.py", tmp_path / "program.py"
    task.write_text('ENTRY_POINT = "f"\n')
    program.write_text("def f(): pass\n")
    assert task_files_beside([program]) == ([task], [program])
    assert task_files_beside([program, task]) == ([task], [program])
    task.unlink()
    with pytest.raises(InvalidOption, match="--tasks"):
        task_files_beside([program])
