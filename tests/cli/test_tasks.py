import json
from pathlib import Path

import pytest

from tests.cli.conftest import Perfwise

LOOP = (
    "def squares(n):\n    s = 0\n    for _ in range({times}):\n        s = sum(i * i for i in range(n))\n    return s\n"
)


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
def solutions(folder: Path) -> Path:
    made = folder / "many"
    made.mkdir()
    for times in (2, 5, 12):
        (made / f"x{times}.py").write_text(LOOP.format(times=times))
    return made


def test_a_benchmark_is_made_and_eval_scores_it_by_its_references(solutions: Path, perfwise: Perfwise):
    rules = ("--min-solutions", "4", "--min-clusters", "4")
    ended = perfwise(
        "tasks", "make", "task.py", "--samples", "many=many", "--out", "b.jsonl", *rules, "--json", "m.json"
    )
    assert ended.code == 0, ended.err
    assert "1 tell enough clusters apart 1 task(s) written to b.jsonl." in words(ended.out)
    assert json.loads(Path("m.json").read_text())["tasks"][0]["scores"] == [25, 50, 75, 100]
    scored = perfwise("eval", "--tasks", "b.jsonl", "loop.py", "--metric", "dps", "--json", "e.json")
    assert scored.code == 0, scored.err
    references = [one for one in json.loads(Path("e.json").read_text())["outcomes"] if one["set"] == "@reference"]
    assert [one["detail"]["score"] for one in references] == [25, 50, 75, 100]


def test_tasks_that_do_not_survive_are_told_with_the_reason_and_nothing_is_written(solutions: Path, perfwise: Perfwise):
    ended = perfwise("tasks", "make", "task.py", "--samples", "many=many", "--out", "b.jsonl")
    assert ended.code == 4
    assert "task left out: 4 right solutions" in words(ended.out)
    assert "No task survives; nothing was written." in words(ended.out)
    assert not Path("b.jsonl").exists()


def test_bad_options_are_named(solutions: Path, perfwise: Perfwise):
    for arguments, told in (
        (("task.py", "--samples", "many=many", "--out", "no/b.jsonl"), "there is no such folder"),
        (("task.py", "--samples", "many=many", "--out", "b.jsonl", "--rounds", "0"), "at least 1"),
        (("task.py", "--samples", "nowhere", "--out", "b.jsonl"), "no such file"),
    ):
        ended = perfwise("tasks", "make", *arguments)
        assert ended.code == 2
        assert told in words(ended.err), arguments
