import pytest

from perfwise.programs.samples.enamel import EnamelSamples
from tests.programs.samples.tasks import DEC, INC, TASKS
from tests.programs.written import faults_of, json_file

READER = EnamelSamples()


@pytest.mark.parametrize("value", [{"0": ["    a", "b"], "1": ["c"]}, [["    a", "b"], ["c"]]])
def test_texts_go_behind_the_prompt_uncut(tmp_path, value):
    found = READER.read(json_file(tmp_path / "s.json", value), TASKS, "model")
    assert [(each.task, each.id, each.source) for each in found] == [
        ("HumanEval/0", "0", f"{INC.prompt}\n    a"),
        ("HumanEval/0", "1", f"{INC.prompt}\nb"),
        ("HumanEval/1", "0", f"{DEC.prompt}\nc"),
    ]


def test_problems_that_are_no_task_here_are_left_out(tmp_path):
    found = READER.read(json_file(tmp_path / "s.json", {"0": ["a"], "163": ["b"]}), TASKS, "model")
    assert [each.task for each in found] == ["HumanEval/0"]


def test_every_fault_is_reported_with_its_place(tmp_path):
    path = json_file(tmp_path / "s.json", {"0": "a", "1": ["a", 3], "164": ["a"], "one": ["a"]})
    assert faults_of(READER.read, path, TASKS, "model") == [
        ("s.json:[0]", "wrong-type"),
        ("s.json:[1][1]", "wrong-type"),
        ("s.json", "unknown-task"),
        ("s.json", "unknown-task"),
    ]


def test_a_file_without_programs_for_the_tasks_is_an_empty_set(tmp_path):
    assert faults_of(READER.read, json_file(tmp_path / "s.json", {"5": ["a"]}), TASKS, "m") == [("s.json", "empty-set")]
    assert faults_of(READER.read, json_file(tmp_path / "t.json", 3), TASKS, "m") == [("t.json", "wrong-type")]
