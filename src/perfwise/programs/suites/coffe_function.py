"""COFFE, function level: correctness tests, and stress inputs that are counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from perfwise.core.json import Json
from perfwise.core.task import REFERENCE
from perfwise.kit.textfiles import Record
from perfwise.programs.contracts import ProgramCandidate, ProgramTask
from perfwise.programs.extract import with_alias
from perfwise.programs.suites._coffe import looks_like, read_folder
from perfwise.programs.suites._tasks import QUIET

__all__ = ["CoffeFunction"]

_STRESS = (
    QUIET
    + """\
import random

reference = program(REFERENCE, ENTRY_POINT)


def stress():
    for expression in DATA["stress"]:
        random.seed(1024)
        yield tuple(eval(expression, {"random": random}))

"""
)

_TESTCASES = (
    _STRESS
    + '''\
import json
import math

TESTS = [(tuple(args), expected) for args, expected in DATA["tests"]]


def inputs():
    return [args for args, _ in TESTS]


def as_json(value):
    """What is left of a value that went through JSON, as the tests did."""
    return json.loads(json.dumps(value, default=lambda other: sorted(other, key=repr)))


def agrees(expected, answer):
    if isinstance(expected, list):
        return isinstance(answer, list) and len(answer) == len(expected) and all(map(agrees, expected, answer))
    if isinstance(expected, dict):
        return isinstance(answer, dict) and answer.keys() == expected.keys() and all(
            agrees(expected[key], answer[key]) for key in expected
        )
    if isinstance(expected, float) and isinstance(answer, (int, float)):
        return math.isclose(expected, answer, rel_tol=1e-6, abs_tol=1e-6)
    return expected == answer


def check(args, answer):
    """Nobody knows what is right on a stress input; to finish is all that is asked there."""
    for given, expected in TESTS:
        if same(given, args):
            return agrees(expected, as_json(answer))
    return True
'''
)

_ASSERTS = (
    _STRESS
    + '''\
def check(args, answer):
    """Of stress inputs only: to finish is all that is asked."""
    return True


if "test" in DATA:
    check_program = namespace(REFERENCE + "\\n" + DATA["test"])["check"]
else:
    def check_program(candidate):
        names = {ENTRY_POINT: candidate}
        for statement in DATA["asserts"]:
            exec(statement, names)
'''
)


@dataclass(frozen=True)
class CoffeFunction:
    """COFFE's folder of function tasks: data, best_solutions, testcases, stressful_testcases, keyed by prompt.

    Args:
        tests: what decides correctness: `testcases`, COFFE's own input and output pairs, which went through JSON, so
            that a tuple and a list are the same; or `asserts`, HumanEval's and MBPP's, which the pairs were made from.

    Source: Peng et al., "COFFE: A Code Efficiency Benchmark for Code Generation", arXiv:2502.02827; JohnnyPeng18/Coffe.
    Differs: floats agree within 1e-6 where the repository's own comparison is not known to us.
    """

    tests: Literal["testcases", "asserts"] = "testcases"

    def accepts(self, path: Path) -> bool:
        """Whether it is a folder with COFFE's files and tasks that name an entry point."""
        return looks_like(path, functions=True)

    def read(self, path: Path) -> list[ProgramTask]:
        """All tasks. Raises: InvalidInput naming every fault with its place."""
        tables = ("best_solutions", "stressful_testcases", *(["testcases"] if self.tests == "testcases" else []))
        return read_folder(path, tables, self._task)

    def _task(self, record: Record, _position: int, rows: Mapping[str, Any]) -> ProgramTask:
        entry_point = record.text("entry_point")
        task_id = _task_id(record)
        best = with_alias(_program(record, rows["best_solutions"]), entry_point)
        stress = [_field(record, "stressful_testcases", row, "input", str) for row in _rows(record, rows)]
        return ProgramTask(
            id=task_id,
            script=_TESTCASES if self.tests == "testcases" else _ASSERTS,
            entry_point=entry_point,
            prompt=record.text("final_prompt"),
            reference=best,
            data={"stress": stress, **(_pairs(record, rows) if self.tests == "testcases" else _asserts(record))},
            references=(ProgramCandidate("best", REFERENCE, task_id, best),),
        )


def _task_id(record: Record) -> str:
    """HumanEval's ids are unique in themselves, MBPP's are bare numbers."""
    number = record.fields.get("task_id")
    if isinstance(number, int) and not isinstance(number, bool):
        return f"Mbpp/{number}"
    return record.text("task_id")


def _program(record: Record, row: object) -> str:
    if isinstance(row, list) and row and isinstance(row[0], str):
        return row[0]
    record.add("wrong-type", "best_solutions.json must hold [program, reads stdin] for each prompt")
    return ""


def _rows(record: Record, rows: Mapping[str, Any], name: str = "stressful_testcases") -> list[object]:
    if not isinstance(rows[name], list):
        record.add("wrong-type", f"{name}.json must hold a list of tests for each prompt")
        return []
    return list(rows[name])


def _field(record: Record, table: str, row: object, name: str, kind: type) -> Any:
    value = row.get(name) if isinstance(row, dict) else None
    if not isinstance(value, kind):
        record.add("wrong-type", f"a test in {table}.json must be an object whose {name} is a {kind.__name__}")
        return kind()
    return value


def _pairs(record: Record, rows: Mapping[str, Any]) -> dict[str, Json]:
    tests: list[Json] = []
    for row in _rows(record, rows, "testcases"):
        outputs = _field(record, "testcases", row, "output", list)
        tests.append([_field(record, "testcases", row, "input", list), outputs[0] if outputs else None])
    return {"tests": tests}


def _asserts(record: Record) -> dict[str, Json]:
    if "test" in record:
        return {"test": record.text("test")}
    return {"asserts": [*record.texts("test_imports", []), *record.texts("test_list")]}
