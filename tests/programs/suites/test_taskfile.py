import re
from pathlib import Path

import pytest

from perfwise.programs.suites.taskfile import TaskFile
from tests.programs.probe import attempt
from tests.programs.written import faults_of

PAGE = Path(__file__).resolve().parents[3] / "docs" / "task-files.md"
COUNT, SUMS = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


def written(tmp_path, text, name="count.py"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def only(tmp_path, text):
    (task,) = TaskFile().read(written(tmp_path, text))
    return task


def test_the_pages_first_example_works_as_it_says(tmp_path):
    task = only(tmp_path, COUNT)
    assert (task.id, task.entry_point, task.prompt) == ("count", "count_words", "Count how often each word occurs.")
    right = "from collections import Counter\ndef count_words(words):\n    return dict(Counter(words))\n"
    outcome = attempt(right, task)
    assert (outcome.quality, outcome.detail["case_stress"]) == (1.0, [False, False, True])
    assert attempt("def count_words(words):\n    return {word: 1 for word in words}\n", task).quality == 0.0


def test_the_files_reference_is_measured_as_a_program(tmp_path):
    task = only(tmp_path, COUNT)
    assert attempt(task.references[0].source, task).quality == 1.0


def test_the_pages_second_example_reads_standard_input(tmp_path):
    task = only(tmp_path, SUMS)
    assert task.reads_stdin
    assert attempt(task.references[0].source, task).quality == 1.0
    lines = "while True:\n    try:\n        print(sum(map(int, input().split())))\n"
    assert attempt(lines + "    except EOFError:\n        break\n", task).quality == 1.0
    assert attempt("print(6)\n", task).quality == 0.0


def test_asserts_on_a_candidate_will_do(tmp_path):
    text = 'ENTRY_POINT = "inc"\nREFERENCE = "def inc(x): return x + 1"\n'
    text += "def check_program(candidate):\n    assert candidate(1) == 2\n"
    task = only(tmp_path, text)
    assert [attempt(f"def inc(x): return {answer}", task).quality for answer in ("2", "3")] == [1.0, 0.0]


def test_a_folder_is_a_task_a_file(tmp_path):
    written(tmp_path, COUNT, "b.py")
    written(tmp_path, 'TASK_ID = "sums"\n' + SUMS, "a.py")
    assert [task.id for task in TaskFile().read(tmp_path)] == ["sums", "b"]


def test_the_file_is_not_run_on_this_side(tmp_path):
    only(tmp_path, COUNT + "\nraise SystemExit('it ran')\n")


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("def f(:\n", [("count.py:1", "syntax-error")]),
        ("", [("count.py", "missing-field"), ("count.py", "no-inputs"), ("count.py", "no-check")]),
        ('ENTRY_POINT = "f"\ndef inputs(): ...\n', [("count.py", "no-check")]),
        ('ENTRY_POINT = "f"\ndef check_program(candidate): ...\n', [("count.py", "no-reference")]),
        ('\nENTRY_POINT = "f" + "g"\ninputs = [(1,)]\ndef reference(): ...\n', [("count.py:2", "wrong-type")]),
    ],
)
def test_faults_of_the_file_are_reported_together(tmp_path, text, faults):
    assert faults_of(TaskFile().read, written(tmp_path, text)) == faults


def test_a_second_task_of_the_same_name_is_a_fault(tmp_path):
    written(tmp_path, COUNT, "a.py")
    written(tmp_path, 'TASK_ID = "a"\n' + COUNT, "b.py")
    assert faults_of(TaskFile().read, tmp_path) == [("b.py", "duplicate-id")]
