import pytest

from perfwise.programs.extract import defines, parsed
from perfwise.programs.samples.coffe_predictions import CoffePredictions
from tests.data_folder import shared
from tests.programs.samples.tasks import ADD, STDIN, TASKS
from tests.programs.written import faults_of, json_file

READER = CoffePredictions()


def test_programs_are_taken_out_of_the_answers(tmp_path):
    answers = ["Sure:\n```python\ndef add(a, b):\n    return a + b\n```\nDone.", "def add(a, b):\n    return b + a"]
    value = {ADD.prompt: [answers, True], STDIN.prompt: [["```\nprint(3)\n```"], True]}
    found = READER.read(json_file(tmp_path / "p.json", value), TASKS, "gpt")
    assert [(each.task, each.id, each.source) for each in found] == [
        ("Mbpp/7", "0", "def add(a, b):\n    return a + b\n"),
        ("Mbpp/7", "1", "def add(a, b):\n    return b + a"),
        ("COFFE/0", "0", "print(3)\n"),
    ]


def test_solution_gets_the_name_that_the_task_asks_for(tmp_path):
    value = {ADD.prompt: [["```python\ndef solution(a, b):\n    return a + b\n```"], True]}
    (found,) = READER.read(json_file(tmp_path / "p.json", value), TASKS, "gpt")
    assert defines(found.source, "add")


def test_answers_to_other_prompts_are_left_out_but_not_all(tmp_path):
    other, ours = {"Other.": [["x = 1"], True]}, {STDIN.prompt: [["print(3)"], True]}
    assert len(READER.read(json_file(tmp_path / "p.json", other | ours), TASKS, "gpt")) == 1
    assert faults_of(READER.read, json_file(tmp_path / "q.json", other), TASKS, "gpt") == [("q.json", "empty-set")]


def test_every_fault_is_reported_with_its_place(tmp_path):
    path = json_file(tmp_path / "p.json", {"a": ["x", True], "b": [[1], True], "c": [["x"], True], "d": None})
    assert faults_of(READER.read, path, TASKS, "gpt") == [
        ("p.json:[0]", "wrong-type"),
        ("p.json:[1]", "wrong-type"),
        ("p.json:[3]", "wrong-type"),
    ]


@pytest.mark.paper
def test_every_answer_of_gpt_4o_holds_a_program_and_394_of_398_name_their_function():
    """The four others misspell the name that the prompt asks for, or follow its sentence rather than its signature."""
    from perfwise.programs.suites.coffe_file import CoffeFile
    from perfwise.programs.suites.coffe_function import CoffeFunction

    functions, files = (shared(f"programs/coffe/{level}") for level in ("function", "file"))
    tasks = {task.id: task for task in CoffeFunction().read(functions)}
    found = READER.read(functions / "predictions_gpt4o.json.gz", tasks, "gpt4o")
    assert len(found) == sum(parsed(each.source) is not None for each in found) == 398
    assert sum(defines(each.source, tasks[each.task].entry_point) for each in found) == 394
    tasks = {task.id: task for task in CoffeFile().read(files)}
    found = READER.read(files / "predictions_gpt4o.json.gz", tasks, "gpt4o")
    assert len(found) == sum(parsed(each.source) is not None for each in found) == 358
