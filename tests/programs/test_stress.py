"""A search for inputs that separate right programs, and the task that comes of it."""

import pytest

from perfwise.errors import InvalidTask
from perfwise.programs.benchmark_files import write_tasks
from perfwise.programs.contracts import FoundInput, ProgramCandidate, ProgramTask
from perfwise.programs.engine import ProgramEngine
from perfwise.programs.meters.wasm import WasmMeter
from perfwise.programs.separation import Separation, chosen
from perfwise.programs.stress import Search, stress
from perfwise.programs.suites.benchmark import Benchmark
from perfwise.programs.trying import Bounds
from perfwise.programs.writing import with_found, without_block

ENGINE = ProgramEngine(WasmMeter())
SEARCH = Search(count=2, bounds=Bounds(5e7, 2e9))
QUADRATIC = "def twice(numbers):\n    return [n for i, n in enumerate(numbers) if n in numbers[:i]]\n"
LINEAR = """
def twice(numbers):
    seen, found = set(), []
    for n in numbers:
        found += [n] if n in seen else []
        seen.add(n)
    return found
"""
WRONG = "def twice(numbers):\n    return []\n"
SCRIPT = "reference = program(REFERENCE, ENTRY_POINT)\n\ndef inputs():\n    yield [3, 1, 3],\n    yield [2, 5, 9, 7],\n"
TASK = ProgramTask("twice", SCRIPT, "twice", reference=QUADRATIC)


def candidate(name, source):
    return ProgramCandidate(name, name, "twice", source)


CANDIDATES = [candidate("linear", LINEAR), candidate("again", LINEAR + "# again\n"), candidate("wrong", WRONG)]


@pytest.fixture(scope="module")
def stressed():
    return stress(TASK, CANDIDATES, ENGINE, SEARCH)


def test_what_is_found_separates_the_right_programs_better_and_is_counted_alone(stressed):
    assert stressed.before.spread < 3
    assert stressed.after.spread > 20
    assert (stressed.before.clusters, stressed.after.clusters) == (1, 2)
    assert list(stressed.after.costs) == ["@reference:reference", "linear:linear"]
    assert [name for name, _ in stressed.left_out] == ["wrong:wrong"]
    assert 1 <= len(stressed.found) <= 2


def test_the_same_seed_finds_the_same(stressed):
    assert stress(TASK, CANDIDATES, ENGINE, SEARCH).found == stressed.found


def test_a_replay_from_the_written_file_yields_the_same_counts(stressed, tmp_path):
    write_tasks(tmp_path / "t.jsonl.gz", [stressed.task])
    (task,) = Benchmark().read(tmp_path / "t.jsonl.gz")
    assert task.digest == stressed.task.digest
    replayed = ENGINE.run(task, CANDIDATES[0], 0)
    assert replayed.cost["wasm_instructions"] == stressed.after.costs["linear:linear"]
    assert ENGINE.run(task, CANDIDATES[2], 0).quality == 0


def test_searching_again_replaces_what_was_found(stressed):
    assert without_block(stressed.task.script).strip() == SCRIPT.strip()
    again = stress(stressed.task, CANDIDATES, ENGINE, SEARCH)
    assert again.task.script == stressed.task.script


def test_own_stress_inputs_stay_and_the_found_ones_come_behind():
    task = ProgramTask("t", SCRIPT + "\ndef stress():\n    yield [1] * 9,\n", "twice", reference=LINEAR)
    cases = ENGINE.opened(with_found(task, [FoundInput("([random.randint(1, 9)] * 4,)", 3)])).cases
    assert [case.stress for case in cases] == [False, False, True, True]


def test_levels_that_a_suite_cuts_at_a_ratio_give_way_to_the_found_inputs():
    script = "reference = program(REFERENCE, ENTRY_POINT)\n\ndef cases():\n    yield Case(([1],))\n"
    script += "    yield Case(([1] * 9,), level=1)\n"
    task = ProgramTask("t", script, "twice", reference=LINEAR, case_limit_ratio=2.0)
    made = with_found(task, [FoundInput("([1],)", 0)])
    assert [(case.level, case.stress) for case in ENGINE.opened(made).cases] == [(0, False), (0, True)]
    assert made.case_limit_ratio is None


def test_the_tasks_own_generator_and_contract_are_used():
    script = SCRIPT + "\ndef generate(size, seed):\n    return list(range(5001, 5001 + size)),\n"
    script += "\ndef contract(numbers):\n    assert len(numbers) < 5 or numbers[-1] == 5000 + len(numbers)\n"
    search = Search(("scale_and_search",), 2, 0, Bounds(5e7, 2e9))
    found = stress(ProgramTask("t", script, "twice", reference=QUADRATIC), CANDIDATES[:1], ENGINE, search)
    assert found.found[0].expression.startswith("generate(")
    assert found.after.spread > 20


def test_a_contract_in_the_file_that_contradicts_its_own_inputs_is_an_error():
    script = SCRIPT + "\ndef contract(numbers):\n    assert len(numbers) > 3\n"
    with pytest.raises(InvalidTask, match=r"does not hold for \(\[3, 1, 3\],\)"):
        stress(ProgramTask("t", script, "twice", reference=LINEAR), CANDIDATES[:1], ENGINE, SEARCH)


def test_assertions_of_a_search_bind_every_input():
    search = Search(("scale_and_search",), 2, 0, Bounds(5e7, 1e9), ("assert len(numbers) < 50",))
    found = stress(TASK, CANDIDATES, ENGINE, search).found
    assert all(max(one.costs) < 1e6 for one in found)


def test_a_contract_against_the_tasks_own_inputs_is_an_error():
    with pytest.raises(InvalidTask, match="contradicts the task's own inputs"):
        stress(TASK, CANDIDATES, ENGINE, Search(contract=("assert len(numbers) > 3",)))


@pytest.mark.parametrize(
    ("task", "candidates", "told"),
    [
        (
            ProgramTask("t", "def inputs():\n    yield [],\n\ndef check(a, b):\n    return True\n", "twice"),
            [],
            "no reference",
        ),
        (TASK, [], None),
        (ProgramTask("t", SCRIPT, "twice", reference=WRONG + "raise KeyError"), [], "failed"),
        (ProgramTask("t", "x = 1 / 0", "twice"), CANDIDATES, "ZeroDivisionError"),
    ],
)
def test_a_task_without_a_right_program_says_so(task, candidates, told):
    if told is None:
        only = stress(task, candidates, ENGINE, SEARCH)
        assert only.after.spread is None
        assert max(only.after.costs.values()) > max(only.before.costs.values())
        return
    with pytest.raises(InvalidTask, match=told):
        stress(task, candidates, ENGINE, SEARCH)


def test_chosen_inputs_keep_the_clusters_apart():
    apart, alike = FoundInput("apart", 0, (1e8, 1e6)), FoundInput("alike", 0, (9e8, 9e8))
    assert chosen([alike, apart], [0, 0], 3) == (apart,)
    assert chosen([alike, apart], [0, 0], 1) == (apart,)
    assert chosen([], [0, 0], 2) == ()


def test_costs_that_are_not_known_separate_nothing():
    unknown = Separation({"a": 5e6, "b": None}, None, 1)
    assert Separation({"a": 1e6, "b": 1e6}, 1.0, 1).tells_more_than(unknown)
