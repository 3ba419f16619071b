from perfwise.core.task import REFERENCE
from perfwise.programs.suites.humaneval import HumanEval
from tests.programs.probe import attempt
from tests.programs.written import faults_of, jsonl

INC = {
    "task_id": "HumanEval/999",
    "prompt": 'def one():\n    return 1\n\n\ndef inc(x):\n    """x + 1"""\n',
    "entry_point": "inc",
    "canonical_solution": "    return x + one()\n",
    "test": "def check(candidate):\n    assert candidate(1) == 2\n    assert candidate(one()) == inc(1)\n",
}


def test_task_is_judged_by_its_own_assertions(tmp_path):
    (task,) = HumanEval().read(jsonl(tmp_path / "p.jsonl", INC))
    assert (task.id, task.entry_point, task.prompt) == ("HumanEval/999", "inc", INC["prompt"])
    assert attempt("def inc(x):\n    return 1 + x\n", task).quality == 1.0
    wrong = attempt("def inc(x):\n    return 1\n", task)
    assert (wrong.quality, wrong.failure.kind) == (0.0, "wrong-answer")


def test_inputs_are_those_that_the_assertions_make(tmp_path):
    (task,) = HumanEval().read(jsonl(tmp_path / "p.jsonl", INC))
    assert attempt("def inc(x):\n    return x + 1\n", task).detail["case_verdict"] == ["ok", "ok"]


def test_canonical_solution_is_the_reference(tmp_path):
    (task,) = HumanEval().read(jsonl(tmp_path / "p.jsonl", INC))
    (canonical,) = task.references
    assert canonical.candidate_set == REFERENCE
    assert canonical.source == task.reference == INC["prompt"] + INC["canonical_solution"]
    assert attempt(canonical.source, task).quality == 1.0


def test_every_fault_is_reported_with_its_line(tmp_path):
    without_test = {name: value for name, value in INC.items() if name != "test"} | {"task_id": "HumanEval/1"}
    path = jsonl(tmp_path / "p.jsonl", INC, "{", without_test, INC, {**INC, "task_id": 3})
    assert faults_of(HumanEval().read, path) == [
        ("p.jsonl:2", "malformed-json"),
        ("p.jsonl:3", "missing-field"),
        ("p.jsonl:4", "duplicate-id"),
        ("p.jsonl:5", "wrong-type"),
    ]
