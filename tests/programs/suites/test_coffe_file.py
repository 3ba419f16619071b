from perfwise.programs.suites.coffe_file import CoffeFile
from tests.programs.probe import attempt
from tests.programs.suites.coffe_folder import SUM, files
from tests.programs.written import faults_of


def test_programs_are_judged_by_what_the_best_solution_prints(tmp_path):
    (task,) = CoffeFile().read(files(tmp_path))
    assert (task.id, task.reads_stdin, task.prompt) == ("COFFE/0", True, SUM)
    assert attempt(task.references[0].source, task).quality == 1.0
    assert attempt("print(2.5)\n", task).quality == 0.0


def test_all_inputs_are_stress_inputs(tmp_path):
    (task,) = CoffeFile().read(files(tmp_path))
    assert attempt(task.reference, task).detail["case_stress"] == [True, True]


def test_generators_that_raise_are_left_out_and_may_print(tmp_path):
    broken, talking = "def generate_input():\n    return 1 / 0", "print(1)\ndef generate_input():\n    return '1 2'"
    (task,) = CoffeFile().read(files(tmp_path, stressful_testcases={SUM: [broken, talking]}))
    assert attempt(task.reference, task).detail["case_verdict"] == ["ok"]


def test_blanks_at_ends_of_lines_and_empty_last_lines_say_nothing(tmp_path):
    (task,) = CoffeFile().read(files(tmp_path))
    assert attempt("print(sum(map(float, input().split())), ' ')\nprint()\n", task).quality == 1.0
    assert attempt("print('', sum(map(float, input().split())))\n", task).quality == 0.0


def test_rows_of_the_wrong_shape_are_faults(tmp_path):
    folder = files(tmp_path, best_solutions={SUM: "print()"}, stressful_testcases={SUM: [1]})
    assert faults_of(CoffeFile().read, folder) == [("data.json:[0]", "wrong-type")] * 2


def test_files_of_the_wrong_shape_are_faults(tmp_path):
    folder = files(tmp_path, data={"final_prompt": SUM}, best_solutions=[1])
    assert faults_of(CoffeFile().read, folder) == [("best_solutions.json", "wrong-type"), ("data.json", "wrong-type")]
