"""Function tasks out of a repository: cut out, tried in the sandbox, left out with a reason."""

from pathlib import Path

import pytest

from perfwise.errors import InvalidInput
from perfwise.programs.contracts import ProgramCandidate
from perfwise.programs.engine import ProgramEngine
from perfwise.programs.harvesting import harvest
from perfwise.programs.meters.wasm import WasmMeter
from perfwise.programs.repository import read_repository
from perfwise.programs.suites.taskfile import TaskFile

ENGINE = ProgramEngine(WasmMeter())
FILES = {
    "src/shop/__init__.py": "from .prices import total\n",
    "src/shop/rates.py": "VAT = 0.2\nEXTRA = 0.0\n\n\ndef tax():\n    return VAT\n",
    "src/shop/prices.py": '''
from __future__ import annotations

import math
from collections import Counter as Count

import numpy as np

from . import rates
from .rates import VAT as RATE, tax

LIMIT = 10


class Negative(Exception):
    pass


def rounded(x: float) -> float:
    return math.floor(x * 100 + 0.5) / 100


def total(prices: list[float], *, quick: bool = False) -> float:
    """The sum with tax."""
    return rounded(sum(prices) * (1 + tax() + rates.EXTRA))


def commonest(words, n=1):
    return [word for word, _ in Count(words).most_common(n)][:LIMIT]


def taxed(x):
    if x < 0:
        raise Negative("negative value")
    return x * RATE


def filled(numbers):
    numbers.append(1)


def lines(path):
    return open(path).read()


def matrix(n):
    return np.eye(n)


def same(x):
    return x
''',
    "tests/test_prices.py": """
import unittest

import pytest
from pytest import approx

import shop.prices as sp
from shop import total
from shop.prices import Negative, commonest, filled, lines, matrix, same, taxed

WORDS = ["a", "b", "a"]


def test_total():
    assert total([1.0, 2.0]) == approx(3.6)


@pytest.mark.parametrize(("words", "n", "expected"), [(WORDS, 1, ["a"]), (["x", "x", "y"], 2, ["x", "y"])])
def test_commonest(words, n, expected):
    assert commonest(words, n=n) == expected


def test_through_the_module():
    assert sp.commonest(["q"]) == ["q"]


def test_taxed():
    with pytest.raises(Negative, match="negative"):
        taxed(-1)
    assert taxed(5) == 1.0


def test_filled():
    numbers = []
    filled(numbers)
    assert numbers == [1]


def test_lines():
    assert lines("no such file") == ""


def test_matrix():
    assert matrix(2) is not None


def test_same():
    same(1)


def test_with_a_folder(tmp_path):
    assert taxed(1)


@pytest.mark.skip
def test_skipped():
    assert taxed(1)


class TestMore(unittest.TestCase):
    def setUp(self):
        self.words = ["z"] * 3

    def test_again(self):
        self.assertEqual(commonest(self.words), ["z"])
""",
    "broken.py": "def (:\n",
}


def written(folder: Path, files=FILES) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return harvest(written(tmp_path_factory.mktemp("repo")), ENGINE)


def reasons(found):
    return {one.what.rpartition("/")[2]: one.why for one in found.left_out}


def test_tested_functions_become_tasks_with_their_tests(found):
    made = {one.function: one.tests for one in found.made}
    assert made == {"shop.prices:commonest": 3, "shop.prices:taxed": 1, "shop.prices:total": 1}
    assert found.tests == 11


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("shop.prices:matrix", "needs the package numpy"),
        ("shop.prices:same", "a stub that returns None"),
        ("shop.prices:filled", "does not pass its own tests"),
        ("shop.prices:lines", "does not pass its own tests"),
        ("test_prices.py:test_with_a_folder", "needs the fixture tmp_path"),
        ("test_prices.py:test_skipped", "is marked pytest.mark.skip"),
        ("broken.py", "passed over: invalid syntax"),
    ],
)
def test_what_gives_no_task_is_named_with_its_reason(found, what, why):
    assert why in reasons(found)[what]


def test_the_task_judges_a_new_program_by_the_repositorys_tests(found, tmp_path):
    (text,) = (one.text for one in found.made if one.function.endswith("commonest"))
    (tmp_path / "t.py").write_text(text)
    (task,) = TaskFile().read(tmp_path / "t.py")
    assert task.prompt.startswith("def commonest(words, n=1):")
    key = "lambda w: (-words.count(w), words.index(w))"
    right = f"def commonest(words, n=1):\n    return sorted(set(words), key={key})[:n]\n"
    for source, quality in ((task.reference, 1), (right, 1), (right.replace("-words", "words"), 0)):
        assert ENGINE.run(task, ProgramCandidate("c", "m", task.id, source), 0).quality == quality


def test_exceptions_are_part_of_what_is_right(found, tmp_path):
    (text,) = (one.text for one in found.made if one.function.endswith("taxed"))
    (tmp_path / "t.py").write_text(text)
    (task,) = TaskFile().read(tmp_path / "t.py")
    careless = "def taxed(x):\n    return x * 0.2\n"
    careful = (
        "class Negative(Exception): pass\n\ndef taxed(x):\n    if x < 0:\n        raise Negative('negative value')\n"
    )
    assert ENGINE.run(task, ProgramCandidate("c", "m", task.id, careless), 0).quality == 0
    assert ENGINE.run(task, ProgramCandidate("c", "m", task.id, careful + "    return x * 0.2\n"), 0).quality == 1


def test_a_function_comes_with_what_it_needs_and_nothing_else(found):
    (text,) = (one.text for one in found.made if one.function.endswith("commonest"))
    (task_reference,) = (line for line in text.splitlines() if line.startswith("REFERENCE"))
    assert "Counter as Count" in task_reference
    assert "LIMIT = 10" in task_reference
    assert "math" not in task_reference


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"a.py": "def f():\n    return 1\n"}, "no-tests"),
        ({"a.txt": ""}, "no-python"),
        ({"a.py": "def ("}, "unreadable-file"),
    ],
)
def test_a_folder_without_tests_or_python_is_one_clear_error(tmp_path, files, code):
    with pytest.raises(InvalidInput) as raised:
        harvest(written(tmp_path, files), ENGINE)
    assert raised.value.faults[0].code == code
    with pytest.raises(InvalidInput, match="no such folder"):
        harvest(tmp_path / "nowhere", ENGINE)


def test_nothing_of_the_repository_runs_outside_of_the_sandbox(tmp_path):
    evil = f"open({str(tmp_path / 'ran')!r}, 'w').write('x')\n"
    files = {
        "m.py": f"{evil}\n\ndef f(x):\n    {evil}    return x\n",
        "test_m.py": f"from m import f\n{evil}\n\ndef test_f():\n    assert f(2) == 2\n",
    }
    found = harvest(written(tmp_path / "repo", files), ENGINE)
    assert not found.made
    assert not (tmp_path / "ran").exists()


def test_names_are_followed_through_the_repositorys_imports(tmp_path):
    repository = read_repository(written(tmp_path))
    module = repository.modules["tests.test_prices"]
    meaning = repository.meaning(module, "total")
    assert (meaning.kind, meaning.module.name, meaning.name) == ("here", "shop.prices", "total")
    assert repository.meaning(module, "sp").kind == "module"
    assert repository.meaning(module, "pytest").kind == "foreign"
    assert repository.meaning(module, "unittest").kind == "library"
