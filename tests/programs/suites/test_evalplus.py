import pytest

from perfwise.programs.suites.evalplus import EvalPlus
from tests.programs.probe import attempt
from tests.programs.written import faults_of, jsonl

INC = {
    "task_id": "Mbpp/9999",
    "prompt": '"""\nAdd one.\n"""\n',
    "entry_point": "inc",
    "canonical_solution": "def inc(x):\n    return x + 1\n",
    "base_input": [[1]],
    "plus_input": [[-1], [0]],
    "atol": 0,
}


def task(tmp_path, **changes):
    (read,) = EvalPlus().read(jsonl(tmp_path / "p.jsonl", INC | changes))
    return read


def quality(read, source):
    return attempt(source, read).quality


def test_base_and_plus_inputs_are_judged_against_the_canonical_solution(tmp_path):
    inc = task(tmp_path)
    assert attempt("def inc(x):\n    return x + 1\n", inc).detail["case_verdict"] == ["ok"] * 3
    assert quality(inc, "def inc(x):\n    return abs(x) + 1\n") == 0.0


def test_equality_is_pythons_own(tmp_path):
    inc = task(tmp_path)
    assert quality(inc, "def inc(x):\n    return float(x + 1)\n") == 1.0
    assert quality(inc, "def inc(x):\n    return [x + 1]\n") == 0.0


def test_floats_agree_within_a_millionth_without_a_tolerance_and_within_it_with_one(tmp_path):
    half = task(tmp_path, canonical_solution="def inc(x):\n    return [x / 2]\n")
    assert quality(half, "def inc(x):\n    return [x / 2 + 5e-7]\n") == 1.0
    assert quality(half, "def inc(x):\n    return [x / 2 + 5e-6]\n") == 0.0
    assert quality(half, "def inc(x):\n    return (x / 2,)\n") == 0.0
    loose = task(tmp_path, canonical_solution="def inc(x):\n    return x / 2\n", atol=0.1)
    assert quality(loose, "def inc(x):\n    return x / 2 + 0.05\n") == 1.0


def test_a_canonical_solution_may_print_and_hold_odd_escapes(tmp_path):
    noisy = 'print("\\d")\ndef inc(x):\n    print(x)\n    return x + 1\n'
    assert quality(task(tmp_path, canonical_solution=noisy), "def inc(x):\n    return x + 1\n") == 1.0


def test_infinite_inputs_survive(tmp_path):
    assert quality(task(tmp_path, plus_input=[[float("inf")]]), "def inc(x):\n    return x + 1\n") == 1.0


def test_an_empty_object_stands_for_no_plus_inputs(tmp_path):
    assert len(attempt("def inc(x):\n    return x + 1\n", task(tmp_path, plus_input={})).detail["case_verdict"]) == 1


@pytest.mark.parametrize(
    ("number", "given", "expected"),
    [
        (2, [[1, 2], [3]], ((1, 2), (3,))),
        (63, [[[1, 2], [3, 4]]], ([(1, 2), (3, 4)],)),
        (75, [[[1, 2]], 5], ([(1, 2)], 5)),
        (106, [[1], [2]], ([1], (2,))),
        (115, [[[1, 1], [], {}]], ([{1}, {}, {}],)),
        (124, ["1", "2j"], (1.0, 2j)),
        (250, [[1], [2]], ((1,), [2])),
        (252, [3], (3 + 0j,)),
        (259, [[[1], [2]], [[3]]], (((1,), (2,)), ((3,),))),
        (278, [[1, [2], 3]], ((1, (2,), 3),)),
        (307, [[1], 2, 3], ((1,), 2, 3)),
        (580, [[1, [2, [3]]]], ((1, (2, (3,))),)),
        (722, [{"a": [1, 2]}, 3, 4], ({"a": (1, 2)}, 3, 4)),
        (3, [[1, [2]]], ([1, [2]],)),
    ],
)
def test_types_that_json_lost_come_back_by_task_number(tmp_path, number, given, expected):
    show = "def inc(*args):\n    return repr(args)\n"
    read = task(tmp_path, task_id=f"Mbpp/{number}", base_input=[given], plus_input=[], canonical_solution=show)
    assert quality(read, f"def inc(*args):\n    return {expected!r:}.__repr__()\n") == 1.0


@pytest.mark.parametrize(
    ("entry_point", "right", "also", "wrong"),
    [
        ("similar_elements", "(1, 2)", "[2, 1, 2]", "[1, 3]"),
        ("check_str", "None", "False", "'x'"),
        ("check_str", "'x'", "True", "None"),
        ("sum_div", "7", "0", "6"),
        ("are_equivalent", "True", "False", "1 / 0"),
    ],
)
def test_tasks_whose_text_leaves_several_answers_right(tmp_path, entry_point, right, also, wrong):
    def program(answer):
        return f"def {entry_point}(x):\n    return {answer}\n"

    read = task(tmp_path, entry_point=entry_point, canonical_solution=program(right))
    assert [quality(read, program(answer)) for answer in (right, also, wrong)] == [1.0, 1.0, 0.0]


def test_evalperf_rows_bring_scored_references_and_one_stress_input(tmp_path):
    row = {
        "task_id": "HumanEval/999",
        "entry_point": "inc",
        "reference": ["def inc(x):\n    return sum([1] * x, 1)\n", "def inc(x):\n    return x + 1\n"],
        "scores": [60.0, 100.0],
        "pe_input": "[[1000]]",
    }
    (read,) = EvalPlus().read(jsonl(tmp_path / "p.jsonl", row))
    assert [(each.id, each.detail["score"]) for each in read.references] == [("0", 60.0), ("1", 100.0)]
    assert read.reference == row["reference"][1]
    slow, fast = (attempt(each.source, read) for each in read.references)
    assert (slow.quality, fast.quality, fast.detail["case_stress"]) == (1.0, 1.0, [True])
    assert slow.cost["wasm_instructions"] > fast.cost["wasm_instructions"]


def test_every_fault_is_reported_with_its_line(tmp_path):
    rows = [
        INC | {"base_input": [], "plus_input": []},
        INC | {"task_id": "Mbpp/1", "base_input": [1]},
        INC | {"task_id": "Mbpp/2", "atol": "0"},
        INC | {"task_id": "Mbpp/3", "pe_input": "[["},
        INC | {"task_id": "Mbpp/4", "reference": ["a", "b"], "scores": [1]},
        INC | {"task_id": "Mbpp/5", "entry_point": None},
    ]
    assert faults_of(EvalPlus().read, jsonl(tmp_path / "p.jsonl", *rows)) == [
        ("p.jsonl:1", "missing-field"),
        ("p.jsonl:2", "wrong-type"),
        ("p.jsonl:3", "wrong-type"),
        ("p.jsonl:4", "malformed-json"),
        ("p.jsonl:5", "wrong-type"),
        ("p.jsonl:6", "missing-field"),
    ]
