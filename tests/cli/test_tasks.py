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


def test_a_repository_gives_task_files_that_eval_reads(tmp_path: Path, perfwise: Perfwise, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("repo").mkdir()
    Path("repo/m.py").write_text("def double(x):\n    return 2 * x\n\n\ndef weak(x):\n    return x\n")
    tests = "from m import double, weak\n\n\ndef test_m():\n    assert double(3) == 6\n\n\ndef test_w():\n    weak(1)\n"
    Path("repo/test_m.py").write_text(tests)
    ended = perfwise("tasks", "from-repo", "repo", "--out", "made", "--json", "h.json")
    assert ended.code == 0, ended.err
    assert "2 test(s) looked at. 1 task(s) written to made." in words(ended.out)
    assert json.loads(Path("h.json").read_text())["left_out"][0]["what"] == "m:weak"
    Path("mine.py").write_text("def double(x):\n    return x + x\n")
    assert perfwise("eval", "--tasks", "made", "mine.py").code == 0
    again = perfwise("tasks", "from-repo", "repo", "--out", "made")
    assert again.code == 2
    assert "is there already" in again.err


def test_a_repository_without_tests_is_an_error_and_one_without_tasks_says_so(tmp_path: Path, perfwise: Perfwise):
    (tmp_path / "m.py").write_text("def f(x):\n    return x\n")
    ended = perfwise("tasks", "from-repo", str(tmp_path), "--out", str(tmp_path / "made"))
    assert ended.code == 2
    assert "no test was found" in words(ended.err)
    (tmp_path / "test_m.py").write_text("from m import f\n\n\ndef test_f():\n    f(1)\n")
    ended = perfwise("tasks", "from-repo", str(tmp_path), "--out", str(tmp_path / "made"))
    assert ended.code == 4
    assert "No function gives a task." in words(ended.out)
    assert not (tmp_path / "made").exists()
