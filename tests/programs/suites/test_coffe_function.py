import pytest

from perfwise.programs.suites.coffe_function import CoffeFunction
from tests.programs.probe import attempt
from tests.programs.suites.coffe_folder import INC, PAIR, functions
from tests.programs.written import faults_of

MODES = pytest.mark.parametrize("tests", ["testcases", "asserts"])


@MODES
def test_best_solutions_are_right_under_the_tasks_own_names(tmp_path, tests):
    inc, pair = CoffeFunction(tests).read(functions(tmp_path))
    assert [(task.id, task.entry_point, task.prompt) for task in (inc, pair)] == [
        ("HumanEval/9", "inc", INC),
        ("Mbpp/7", "pair", PAIR),
    ]
    assert [attempt(task.references[0].source, task).quality for task in (inc, pair)] == [1.0, 1.0]


@MODES
def test_wrong_answers_are_found(tmp_path, tests):
    inc, pair = CoffeFunction(tests).read(functions(tmp_path))
    assert attempt("def inc(x):\n    return x\n", inc).quality == 0.0
    assert attempt("def pair(a, b):\n    return (b, a)\n", pair).quality == 0.0


def test_testcases_went_through_json_so_a_tuple_is_a_list_and_asserts_are_not(tmp_path):
    program = "def pair(a, b):\n    return [a, b]\n"
    _, by_testcases = CoffeFunction().read(functions(tmp_path))
    _, by_asserts = CoffeFunction("asserts").read(functions(tmp_path))
    assert [attempt(program, task).quality for task in (by_testcases, by_asserts)] == [1.0, 0.0]


def test_only_stress_inputs_are_counted_and_their_answers_are_free(tmp_path):
    inc, _ = CoffeFunction().read(functions(tmp_path))
    outcome = attempt("def inc(x):\n    return x + 1 if x < 10 else sum(range(1000))\n", inc)
    assert outcome.quality == 1.0
    assert outcome.detail["case_stress"] == [False, False, True]
    assert outcome.cost["wasm_instructions"] == outcome.detail["case_cost"][2]


def test_floats_agree_within_a_millionth(tmp_path):
    inc, _ = CoffeFunction().read(functions(tmp_path))
    assert attempt("def inc(x):\n    return x + 1 + (x < 1) * 1e-7\n", inc).quality == 1.0
    assert attempt("def inc(x):\n    return x + 1 + (x < 1) * 1e-5\n", inc).quality == 0.0


def test_missing_files_and_rows_are_faults(tmp_path):
    folder = functions(tmp_path, testcases={INC: []}, best_solutions={})
    (folder / "stressful_testcases.json").unlink()
    assert faults_of(CoffeFunction().read, folder) == [
        (folder.name, "missing-file"),
        ("data.json:[0]", "missing-row"),
        ("data.json:[1]", "missing-row"),
        ("data.json:[1]", "missing-row"),
    ]


def test_tests_of_the_wrong_shape_are_faults(tmp_path):
    folder = functions(
        tmp_path,
        testcases={INC: [{"input": 4, "output": [5]}], PAIR: 3},
        stressful_testcases={INC: ["[1]"], PAIR: [{"input": "[1]"}]},
        best_solutions={INC: ["def solution(x): ..."], PAIR: None},
    )
    assert faults_of(CoffeFunction().read, folder) == [
        ("data.json:[0]", "wrong-type"),
        ("data.json:[0]", "wrong-type"),
        ("data.json:[1]", "wrong-type"),
        ("data.json:[1]", "wrong-type"),
    ]
