"""Explanations of small programs, and the texts of a run read again."""

import functools
from pathlib import Path

import pytest

from perfwise.core.task import REFERENCE
from perfwise.errors import InvalidInput, InvalidOption
from perfwise.programs.contracts import ProgramCandidate, ProgramTask
from perfwise.programs.engine import ProgramEngine
from perfwise.programs.explain import Explanation, changes, explain
from perfwise.programs.meters.wasm import WasmMeter
from perfwise.programs.recalled import recall

SCRIPT = """
def inputs():
    yield (7,)
def stress():
    yield (400,)
reference = program(REFERENCE, ENTRY_POINT)
"""
SUM = "def squares(n):\n    return sum([k * k for k in range(n)])\n"
TASK = ProgramTask("squares", SCRIPT, "squares", reference=SUM)
HELPED = "def square(k):\n    return k * k\n\ndef squares(n):\n    return sum([square(k) for k in range(n)])\n"
ENGINE = ProgramEngine(WasmMeter())


@functools.cache
def explained(source: str, task: ProgramTask = TASK, engine: ProgramEngine = ENGINE) -> Explanation:
    candidate = ProgramCandidate("0", "test", task.id, source)
    outcome = engine.run(task, candidate, 0)
    return explain(task, candidate, outcome, memory_bytes=512 << 20)


def test_parts_add_up_to_the_count_of_the_run_without_probes():
    outcome = ENGINE.run(TASK, ProgramCandidate("0", "test", "squares", HELPED), 0)
    found = explained(HELPED)
    assert found.cost == outcome.cost["wasm_instructions"]
    assert sum(row.own for row in found.functions) == pytest.approx(found.cost)
    assert found.stacks.total == pytest.approx(found.cost)
    assert sum(row.own for row in found.lines) == pytest.approx(found.cost)
    assert found.caveats == ()


def test_functions_are_those_of_the_counted_calls_with_their_places():
    rows = {row.name: row for row in explained(HELPED).functions}
    assert (rows["square"].place, rows["square"].calls) == ("program:1", 400)
    assert (rows["squares"].place, rows["squares"].calls) == ("program:4", 1)
    assert rows["squares"].total == pytest.approx(rows["squares"].own + rows["square"].own)


def test_lines_stand_beside_their_text_and_within_their_function():
    found = explained(HELPED)
    line = next(row for row in found.lines if row.line == 2)
    assert (line.text, line.function, line.visits) == ("    return k * k", "square", 400)
    own = next(row.own for row in found.functions if row.name == "square")
    assert sum(row.own for row in found.lines if row.function == "square") == pytest.approx(own)


def test_difference_is_taken_apart_without_rest():
    first, second = explained(SUM), explained(HELPED)
    rows = changes(first, second)
    assert sum(row.difference for row in rows) == pytest.approx(second.cost - first.cost)
    assert sum(row.share for row in rows) == pytest.approx(1)
    assert {row.name: row.first for row in rows}["square"] == 0


def test_two_tasks_have_no_difference():
    other = ProgramTask("other", SCRIPT, "squares", reference=SUM)
    with pytest.raises(InvalidOption, match="two tasks"):
        changes(explained(SUM), explained(SUM, other))


def test_endless_program_is_explained_as_far_as_it_came():
    source = "def squares(n):\n    k = 0\n    while k >= 0:\n        k += 1\n"
    found = explained(source, engine=ProgramEngine(WasmMeter(), budget=3e6))
    assert {row.line for row in found.lines if row.own > 0.2 * found.cost} == {3, 4}


def test_program_that_reads_standard_input_is_explained():
    task = ProgramTask("double", "def inputs():\n    yield ('21',)\n")
    rows = {
        row.name: row
        for row in explained("def double(n):\n    return 2 * n\nprint(double(int(input())))\n", task).functions
    }
    assert rows["double"].calls == 1
    assert rows["<module>"].place == "program:1"


def test_program_that_raises_is_explained_up_to_there():
    found = explained("def squares(n):\n    sum([k for k in range(n)])\n    raise ValueError(n)\n")
    assert found.functions[0].name == "squares"


def test_program_that_never_ran_has_nothing_to_explain():
    with pytest.raises(InvalidOption, match="no counted call: syntax"):
        explained("def squares(:\n")


def test_program_that_watches_itself_is_told_of():
    source = (
        "import sys\ndef squares(n):\n    sys.setprofile(lambda *_: None)\n    return sum([k * k for k in range(n)])\n"
    )
    assert any("trace or profile" in caveat for caveat in explained(source).caveats)


def test_program_that_answers_by_the_clock_is_told_of():
    source = (
        "import time\ndef tick(): pass\n"
        "def squares(n):\n    begun = time.monotonic_ns()\n    for k in range(n): tick()\n"
        "    return sum([k * k for k in range(n)]) if time.monotonic_ns() - begun < 2_000_000 else 0\n"
    )
    assert any("answered otherwise" in caveat for caveat in explained(source).caveats)


# The texts of a run


@pytest.fixture
def spec(tmp_path: Path) -> dict[str, object]:
    (tmp_path / "task.py").write_text(
        f"ENTRY_POINT = 'squares'\ndef inputs():\n    yield (7,)\n{SUM}reference = squares\n"
    )
    (tmp_path / "mine.py").write_text(HELPED)
    files = [str(tmp_path / "mine.py")]
    return {"tasks": None, "samples": [], "files": files, "meter": "wasm", "budget": None, "memory_bytes": 512 << 20}


def test_texts_are_those_that_were_measured(spec):
    recalled = recall(spec)
    candidate = next(one for one in recalled.candidates.values() if one.candidate_set == "mine")
    outcome = ENGINE.run(recalled.tasks[candidate.task], candidate, 0)
    assert recall(spec, [outcome.attempt]).texts(outcome)[1].source == HELPED


def test_changed_and_missing_texts_are_refused_by_code(spec, tmp_path):
    recalled = recall(spec)
    candidate = next(one for one in recalled.candidates.values() if one.candidate_set == "mine")
    outcome = ENGINE.run(recalled.tasks[candidate.task], candidate, 0)
    (tmp_path / "mine.py").write_text(HELPED + "# a comment changes nothing\n")
    recall(spec).texts(outcome)
    (tmp_path / "mine.py").write_text(HELPED.replace("k * k", "k ** 2"))
    assert code(lambda: recall(spec).texts(outcome)) == "changed"
    (tmp_path / "mine.py").write_text("")
    (tmp_path / "mine.py").unlink()
    assert code(lambda: recall(spec)) == "unreadable-file"
    spec["files"] = [str(tmp_path / "other.py")]
    (tmp_path / "other.py").write_text(HELPED)
    assert code(lambda: recall(spec).texts(outcome)) == "gone"


def code(action) -> str:
    with pytest.raises(InvalidInput) as raised:
        action()
    return raised.value.faults[0].code


def test_run_that_names_no_files_says_so():
    with pytest.raises(InvalidOption, match="does not say which files"):
        recall({"meter": "wasm"})


def test_the_demos_texts_are_known_with_its_references():
    recalled = recall({"tasks": "demo"})
    assert any(of_set == REFERENCE for _, of_set, _ in recalled.candidates)
