import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.cli.conftest import Perfwise

SLOW = "def square(i):\n    return i**2\n\ndef squares(n):\n    return sum([square(i) for i in range(n)])\n"


@pytest.fixture
def run(folder: Path, perfwise: Perfwise) -> Perfwise:
    """The command, after a run of two programs."""
    Path("slow.py").write_text(SLOW)
    perfwise("eval", "slow.py", "loop.py")
    return perfwise


def words(text: str) -> str:
    return " ".join(text.split())


def test_one_candidate_is_shown_by_function_and_line(run: Perfwise):
    out = run("explain", "latest", "slow").out
    assert "task, slow: " in out
    assert "program:1" in out
    assert "return sum([square(i) for i" in out


def test_every_line_is_shown_on_request(run: Perfwise):
    out = run("explain", "latest", "loop", "--line").out
    assert all(line in out for line in ("def squares(n):", "total = 0", "total += i * i", "return total"))


def test_two_candidates_are_told_apart_and_every_file_is_written(run: Perfwise):
    files = (
        "--svg",
        "f.svg",
        "--speedscope",
        "s.json",
        "--chrome",
        "c.json",
        "--collapsed",
        "c.txt",
        "--json",
        "e.json",
    )
    ended = run("explain", "1", "loop", "slow", *files)
    assert ended.code == 0, ended.err
    assert "task: slow against loop" in ended.out
    assert ET.parse("f.svg").getroot().get("role") == "img"
    assert [each["name"] for each in json.loads(Path("s.json").read_text())["profiles"]] == ["loop", "slow"]
    assert json.loads(Path("c.json").read_text())["traceEvents"]
    assert Path("c.txt").read_text().startswith("loop;squares ")
    document = json.loads(Path("e.json").read_text())
    first, second = document["explanations"]
    parts = sum(one["second"] - one["first"] for one in document["changes"])
    assert parts == pytest.approx(second["cost"] - first["cost"])


def test_json_alone_goes_to_standard_output(folder: Path, perfwise: Perfwise):
    perfwise("eval", "loop.py")
    document = json.loads(perfwise("explain", "latest", "loop", "--json", "-").out)
    assert document["explanations"][0]["candidate_set"] == "loop"


def test_what_is_not_there_is_named(folder: Path, perfwise: Perfwise):
    perfwise("eval", "loop.py")
    for arguments, told in (
        (("latest", "slow"), "has no set 'slow'; there are @reference, loop"),
        (("latest", "loop", "--task", "other"), "have no attempt of the task 'other'"),
        (("latest", "loop", "loop"), "does not differ from itself"),
        (("7", "loop"), "no run '7'"),
        (("latest", "loop", "--svg", "no/f.svg"), "there is no such folder"),
    ):
        ended = perfwise("explain", *arguments)
        assert ended.code == 2
        assert told in words(ended.err), arguments


def test_several_tasks_ask_for_one(folder: Path, perfwise: Perfwise):
    perfwise("demo")
    ended = perfwise("explain", "latest", "plain")
    assert ended.code == 2
    assert "6 tasks were attempted; name one, such as the dearest: --task climbs" in words(ended.err)


def test_changed_programs_are_refused(folder: Path, perfwise: Perfwise):
    perfwise("eval", "loop.py")
    Path("loop.py").write_text("def squares(n):\n    return 0\n")
    ended = perfwise("explain", "latest", "loop")
    assert ended.code == 2
    assert "[changed]" in ended.err


def test_control_characters_of_a_program_do_not_reach_the_terminal(folder: Path, perfwise: Perfwise):
    Path("loop.py").write_text("def squares(n):\n    return sum([i * i for i in range(n)])  # \x1b[2J\n")
    perfwise("eval", "loop.py")
    assert "\x1b" not in perfwise("explain", "latest", "loop", "--line").out


def test_a_document_is_explained_like_the_run_that_it_is_of(run: Perfwise):
    run("eval", "slow.py", "loop.py", "--json", "kept.json")
    stored = run("explain", "latest", "loop", "slow")
    Path("store.db").unlink()  # a document needs none
    ended = run("explain", "kept.json", "loop", "slow")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == stored.out
    assert not Path("store.db").exists()


def test_documents_that_cannot_be_explained_say_why(run: Perfwise):
    run("eval", "slow.py", "loop.py", "--json", "kept.json")
    assert "kept.json has no set 'fast'; there are @reference, loop, slow" in words(
        run("explain", "kept.json", "fast").err
    )
    assert "there is no file gone.json" in run("explain", "gone.json", "slow").err
    rows = json.loads(Path("kept.json").read_text())["outcomes"]
    Path("rows.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    ended = run("explain", "rows.jsonl", "slow")
    assert ended.code == 2
    assert "does not say which files it read" in words(ended.err)
    Path("wild.json").write_text('{"benchmarks": 3}')
    assert "[unknown-format]" in run("explain", "wild.json", "slow").err
