from perfwise.programs.samples.evalplus import EvalPlusSamples
from tests.programs.samples.tasks import INC, TASKS
from tests.programs.written import faults_of, jsonl

READER = EvalPlusSamples()


def test_solutions_are_whole_programs_and_completions_go_behind_the_prompt(tmp_path):
    path = jsonl(
        tmp_path / "samples.jsonl",
        {"task_id": "HumanEval/0", "solution": "def inc(x):\n    return x + 1\nprint(inc(1))\n"},
        {"task_id": "HumanEval/0", "completion": "    return 1 + x\nprint(inc(1))\n"},
    )
    whole, completed = READER.read(path, TASKS, "model")
    assert whole.source == "def inc(x):\n    return x + 1\nprint(inc(1))\n"
    assert completed.source == INC.prompt + "    return 1 + x"
    assert (whole.task, whole.candidate_set) == ("HumanEval/0", "model")


def test_chat_answers_in_either_field_are_unwrapped_and_fences_in_programs_left_alone(tmp_path):
    program = "def inc(x):\n    return x + 1\n"
    chat = f"Here it is:\n\n```python\n{program}```\n\nIt adds one."
    quoting = program + "NOTE = '```'\n"
    path = jsonl(
        tmp_path / "samples.jsonl",
        {"task_id": "HumanEval/0", "solution": chat},
        {"task_id": "HumanEval/0", "completion": chat},
        {"task_id": "HumanEval/0", "solution": quoting},
    )
    assert [each.source for each in READER.read(path, TASKS, "model")] == [program, program, quoting]


def test_a_completion_that_only_ends_in_a_fence_is_still_a_continuation(tmp_path):
    path = jsonl(tmp_path / "s.jsonl", {"task_id": "HumanEval/0", "completion": "    return x + 1\n```\n"})
    [candidate] = READER.read(path, TASKS, "model")
    assert candidate.source.startswith(INC.prompt + "    return x + 1")


def test_samples_are_numbered_within_their_task(tmp_path):
    rows = [{"task_id": f"HumanEval/{number}", "solution": "pass"} for number in (0, 1, 0, 0, 1)]
    found = READER.read(jsonl(tmp_path / "s.jsonl", *rows), TASKS, "model")
    assert [(each.task[-1], each.id) for each in found] == [("0", "0"), ("1", "0"), ("0", "1"), ("0", "2"), ("1", "1")]


def test_a_folder_has_a_folder_a_task_and_numbers_in_order(tmp_path):
    for name in ("HumanEval_1/0", "HumanEval_0/10", "HumanEval_0/2"):
        file = tmp_path / f"{name}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(name)
    found = READER.read(tmp_path, TASKS, "model")
    assert [(each.task, each.id, each.source) for each in found] == [
        ("HumanEval/0", "2", "HumanEval_0/2"),
        ("HumanEval/0", "10", "HumanEval_0/10"),
        ("HumanEval/1", "0", "HumanEval_1/0"),
    ]


def test_every_fault_is_reported_with_its_line(tmp_path):
    path = jsonl(
        tmp_path / "s.jsonl",
        {"task_id": "HumanEval/0"},
        {"task_id": "HumanEval/77", "solution": "pass"},
        {"solution": "pass"},
        {"task_id": "HumanEval/0", "solution": ["pass"]},
        "{",
    )
    assert faults_of(READER.read, path, TASKS, "model") == [
        ("s.jsonl:1", "missing-field"),
        ("s.jsonl:2", "unknown-task"),
        ("s.jsonl:3", "missing-field"),
        ("s.jsonl:4", "wrong-type"),
        ("s.jsonl:5", "malformed-json"),
    ]


def test_folders_without_a_task_or_with_another_encoding_are_faults(tmp_path):
    (tmp_path / "HumanEval_0").mkdir()
    (tmp_path / "HumanEval_0" / "0.py").write_bytes(b"x = 1\ny = '\xe9'\n")
    (tmp_path / "HumanEval_9").mkdir()
    (tmp_path / "HumanEval_9" / "0.py").write_text("pass")
    assert faults_of(READER.read, tmp_path, TASKS, "model") == [
        ("0.py:2", "wrong-encoding"),
        ("HumanEval_9", "unknown-task"),
    ]
