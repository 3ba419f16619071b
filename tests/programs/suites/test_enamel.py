import csv

import pytest

from perfwise.errors import InvalidOption
from perfwise.programs.suites.enamel import Enamel
from tests.programs.probe import attempt
from tests.programs.written import faults_of

COUNT = {
    "task_id": "HumanEval/0",
    "prompt": 'def double(n):\n    return 2 * n\n\n\ndef count(items):\n    """How many items, doubled."""',
    "input_generator": "def generate_input(size, lid, cid):\n    return [random.random()] * double(size),\n",
    "input_levels": "1 10 100 1000",
    "reference_solution": "    return double(len(items))\n",
    "checker": "def __check(input, answer, output):\n    return output == answer == double(len(input[0]))\n",
    "entry_point": "count",
}
SLOW = {**COUNT, "reference_solution": "    return sum(2 for _ in range(10**5))\n"}  # a limit that looks can afford
FIELDS = list(COUNT)


def written(tmp_path, *rows):
    path = tmp_path / "enamel.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS)
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_inputs_grow_by_level_eight_four_four_four(tmp_path):
    (task,) = Enamel().read(written(tmp_path, COUNT))
    outcome = attempt(task.reference, task)
    assert outcome.quality == 1.0
    assert outcome.detail["case_level"] == [0] * 8 + [1] * 4 + [2] * 4 + [3] * 4
    assert task.case_limit_ratio == 2.0


def test_checker_sees_the_input_the_answer_and_the_output(tmp_path):
    (task,) = Enamel().read(written(tmp_path, COUNT))
    assert attempt("def count(items):\n    return sum(2 for _ in [0])\n", task).quality == 0.0
    assert attempt(task.prompt + "\n    return 2 * len(items)\n", task).quality == 1.0


def test_seed_of_an_input_is_the_seed_xor_the_problem_xor_the_running_number(tmp_path):
    show = {
        **COUNT,
        "task_id": "HumanEval/5",
        "input_generator": "def generate_input(size, lid, cid):\n    return ([random.random()],)",
    }
    (task,) = Enamel(tests_per_level=(1, 1, 1, 2)).read(written(tmp_path, show))
    draws = "import random\nexpected = []\nfor running in range(5):\n    random.seed(998244353 ^ 5 ^ running)\n"
    draws += "    expected.append(random.random())\n"
    assert attempt(draws + "def count(items):\n    return 2 if items[0] in expected else 0\n", task).quality == 1.0


READY = """
def generate_input(size, lid, cid):
    groups = rand_parens(size, sep=None)
    bad = rand_parens(9, valid=False, par="<>")
    prime, between = rand_probably_prime(size + 3), rand_probably_prime(50, 200)
    return [groups, bad, prime, between, rand_primality(size, lid, cid)],
"""
LOOK = """
def count(items):
    groups, bad, prime, between, hard = items
    for group in groups:
        depths = [group[: i + 1].count("(") - group[: i + 1].count(")") for i in range(len(group))]
        assert depths[-1] == 0 and min(depths[:-1]) > 0
    assert sum(map(len, groups)) % 2 == 0
    assert bad.count("<") == bad.count(">") and any(bad[:i].count(">") > bad[:i].count("<") for i in range(len(bad)))
    for number in (prime, between):
        assert number > 1 and all(number % d for d in range(2, int(number ** 0.5) + 1))
    assert 50 <= between <= 200
    return 10
"""


def test_ready_functions_make_balanced_and_unbalanced_brackets_and_primes(tmp_path):
    row = {
        **SLOW,
        "input_generator": READY,
        "checker": "def __check(input, answer, output):\n    return output == 10\n",
    }
    (task,) = Enamel(limit_ratio=1000).read(written(tmp_path, row))
    outcome = attempt(LOOK, task)
    assert outcome.failure is None, outcome.detail


def test_numbers_hard_to_tell_from_primes_begin_with_four_special_ones(tmp_path):
    row = {
        **SLOW,
        "input_generator": "def generate_input(size, lid, cid): return [rand_primality(size, lid, cid), lid, cid],\n",
    }
    row["checker"] = "def __check(input, answer, output):\n    return output is True\n"
    (task,) = Enamel(limit_ratio=1000).read(written(tmp_path, row))
    look = (
        "def prime(n):\n    return n > 1 and all(n % d for d in range(2, int(n ** 0.5) + 1))\n\n"
        "def count(items):\n    n, level, case = items\n"
        "    if level == 0 and case < 4:\n        return n == [30031, 561, 2, 125][case]\n"
        "    divisors = [d for d in range(2, n) if n % d == 0]\n"
        "    return prime(n) if case % 3 == 0 else bool(divisors) and all(map(prime, divisors))\n"
    )
    outcome = attempt(look, task)
    assert outcome.failure is None, outcome.detail


def test_subset_leaves_out_the_problems_that_the_paper_leaves_out(tmp_path):
    rows = [{**COUNT, "task_id": f"HumanEval/{number}"} for number in range(164)]
    path = written(tmp_path, *rows)
    assert len(Enamel().read(path)) == 142
    assert len(Enamel(subset=False).read(path)) == 164


def test_every_fault_is_reported_with_its_line(tmp_path):
    rows = [
        {**COUNT, "input_levels": "1 2 3"},
        {**COUNT, "task_id": "HumanEval/1", "input_levels": "1 2 x 4"},
        {**COUNT, "task_id": "count"},
        COUNT,
    ]
    path = written(tmp_path, *rows)
    codes = [code for _, code in faults_of(Enamel().read, path)]
    assert codes == ["wrong-type", "wrong-type", "wrong-type", "duplicate-id"]


def test_a_level_without_tests_is_refused():
    with pytest.raises(InvalidOption):
        Enamel(tests_per_level=(8, 0, 4, 4))
