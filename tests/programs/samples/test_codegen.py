import pytest

from perfwise.programs.samples.codegen import CodegenSamples
from tests.data_folder import shared
from tests.programs.samples.tasks import DEC, INC, TASKS
from tests.programs.written import faults_of, jsonl

READER = CodegenSamples()


def test_samples_continue_the_prompt_and_are_cut(tmp_path):
    row = {"task_id": "HumanEval/0", "samples": ["    return x + 1\n", "    return 1 + x\ndef f():\n    pass\n"]}
    found = READER.read(jsonl(tmp_path / "s.jsonl", row), TASKS, "model")
    assert [(each.id, each.source) for each in found] == [
        ("0", INC.prompt + "    return x + 1\n"),
        ("1", INC.prompt + "    return 1 + x"),
    ]


def test_a_line_may_name_its_task_by_the_prompt(tmp_path):
    (found,) = READER.read(jsonl(tmp_path / "s.jsonl", {"prompt": DEC.prompt, "samples": ["    pass"]}), TASKS, "model")
    assert found.task == "HumanEval/1"


def test_every_fault_is_reported_with_its_line(tmp_path):
    path = jsonl(
        tmp_path / "s.jsonl",
        {"task_id": "HumanEval/0", "samples": "    pass"},
        {"task_id": "HumanEval/0", "samples": ["    pass", None, 3]},
        {"task_id": "HumanEval/9", "samples": ["    pass"]},
        {"prompt": "def other():", "samples": []},
        {"samples": []},
    )
    assert faults_of(READER.read, path, TASKS, "model") == [
        ("s.jsonl:1", "wrong-type"),
        ("s.jsonl:2", "wrong-type"),
        ("s.jsonl:2", "wrong-type"),
        ("s.jsonl:3", "unknown-task"),
        ("s.jsonl:4", "unknown-task"),
        ("s.jsonl:5", "missing-field"),
    ]


def test_a_file_whose_lists_are_empty_is_an_empty_set(tmp_path):
    path = jsonl(tmp_path / "s.jsonl", {"task_id": "HumanEval/0", "samples": []})
    assert faults_of(READER.read, path, TASKS, "model") == [("s.jsonl", "empty-set")]


@pytest.mark.paper
def test_codegen_16b_has_12349_distinct_texts_after_the_cut():
    """The table's `unique` column, 12,349 in all, counts texts cut at the first stop word.

    One sample differs: it gets back an `import math` that its function uses, and stays distinct either way.
    """
    from perfwise.programs.suites.humaneval import HumanEval

    folder = shared("programs/humaneval")
    tasks = {task.id: task for task in HumanEval().read(folder / "problems.jsonl.gz")}
    found = READER.read(folder / "codegen16b_samples.jsonl.gz", tasks, "codegen16b")
    assert len(found) == 16_400
    assert len({(each.task, each.source) for each in found}) == 12_349
