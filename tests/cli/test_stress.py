import json
from pathlib import Path

from tests.cli.conftest import Perfwise

QUICK = ("--budget", "2e7", "--total", "1e9")


def words(text: str) -> str:
    return " ".join(text.split())


def test_a_task_file_gets_the_inputs_and_eval_counts_what_was_reported(folder: Path, perfwise: Perfwise):
    ended = perfwise("stress", "task.py", "slow.py", "loop.py", "wrong.py", *QUICK, "--json", "found.json")
    assert ended.code == 0, ended.err
    assert "1 of 1 task(s) separate better than before; put into their task files." in words(ended.out)
    assert "wrong:wrong is left out: wrong-answer" in words(ended.out)
    (found,) = json.loads(Path("found.json").read_text())["tasks"]
    assert max(len(one["expression"]) for one in found["found"]) < 400
    perfwise("eval", "--tasks", "task.py", "slow.py", "--json", "e.json")
    counted = {one["set"]: one["cost"] for one in json.loads(Path("e.json").read_text())["outcomes"]}
    assert counted["slow"]["wasm_instructions"] == found["after"]["costs"]["slow:slow"]
    before = Path("task.py").read_bytes()
    perfwise("stress", "task.py", "slow.py", "loop.py", *QUICK)
    assert Path("task.py").read_bytes() == before


def test_a_suite_is_not_changed_and_its_new_file_is_read_by_eval(folder: Path, perfwise: Perfwise):
    asked = perfwise("stress", "task.py", "loop.py", *QUICK, "--out", "new.jsonl", "--json", "-")
    assert json.loads(asked.out)["tasks"][0]["found"]
    assert "perfwise stress" not in Path("task.py").read_text()
    told = perfwise("stress", "new.jsonl", "loop.py", *QUICK)
    assert told.code == 2
    assert "--out FILE.jsonl" in words(told.err)
    assert perfwise("eval", "--tasks", "new.jsonl", "loop.py").code == 0


def test_what_cannot_be_searched_is_said_and_nothing_is_written(folder: Path, perfwise: Perfwise):
    Path("broken.py").write_text('ENTRY_POINT = "f"\ndef inputs():\n    yield 1 / 0\ndef reference(x):\n    return x\n')
    before = Path("broken.py").read_bytes()
    ended = perfwise("stress", "broken.py", *QUICK)
    assert ended.code == 4
    assert "ZeroDivisionError" in ended.out
    assert Path("broken.py").read_bytes() == before
    for arguments, told in (
        (("nowhere.py",), "no such file"),
        (("task.py", "--task", "other"), "there is no task 'other'"),
        (("task.py", "--method", "magic"), "has no method 'magic'"),
        (("task.py", "--contract", "assert n >"), "is not Python"),
        (("task.py", "--count", "0"), "at least 1 input"),
    ):
        ended = perfwise("stress", *arguments, *QUICK)
        assert ended.code in (2, 4), arguments
        assert told in words(ended.err + ended.out), arguments


def test_a_budget_that_no_input_fits_in_is_refused(folder: Path, perfwise: Perfwise):
    for option in ("--budget", "--total"):
        ended = perfwise("stress", "task.py", "loop.py", option, "-1")
        assert ended.code == 2
        assert option in ended.err


def test_one_right_program_alone_is_not_said_to_be_told_apart(folder: Path, perfwise: Perfwise):
    told = words(perfwise("stress", "task.py", *QUICK).out)
    assert "0 of 1 task(s) separate better than before; put into their task files." in told
    assert "1 task(s) have one right program alone: its dearest inputs were kept, which tell nothing apart" in told
