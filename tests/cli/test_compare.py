import json
from pathlib import Path

from tests.cli.conftest import Perfwise


def test_runs_sets_and_documents_are_compared_alike(folder: Path, perfwise: Perfwise):
    perfwise("eval", "loop.py", "--json", "loop.json")
    perfwise("eval", "slow.py", "loop.py", "--json", "both.json")
    ratios = set()
    for first, second in (
        ("1", "2:slow"),
        ("loop.json", "both.json:slow"),
        ("programs-1:loop", "latest:slow"),
    ):
        comparison = json.loads(perfwise("compare", first, second, "--json", "-").out)
        ratios.add(comparison["cost_ratio"]["value"])
    assert len(ratios) == 1
    assert ratios.pop() > 2


def test_table_and_verdict_say_which_is_cheaper(folder: Path, perfwise: Perfwise):
    perfwise("eval", "slow.py", "loop.py")
    out = " ".join(perfwise("compare", "latest:loop", "latest:slow").out.split())
    assert "slow is cheaper on 0, dearer on 1, tied on 0 of 1 common tasks" in out


def test_a_run_of_several_sets_must_say_which(folder: Path, perfwise: Perfwise):
    perfwise("eval", "slow.py", "loop.py")
    ended = perfwise("compare", "latest", "latest:loop")
    assert ended.code == 2
    assert "latest:loop, latest:slow" in ended.err


def test_other_guests_are_refused_with_3_unless_allowed(folder: Path, perfwise: Perfwise):
    perfwise("eval", "loop.py", "--json", "here.json")
    text = (folder / "here.json").read_text()
    (folder / "there.json").write_text(text.replace('"meter_identity": "guest ', '"meter_identity": "guest of '))
    refused = perfwise("compare", "here.json", "there.json")
    assert refused.code == 3
    assert "meter identity" in refused.err
    allowed = perfwise("compare", "here.json", "there.json", "--allow-mismatch", "meter identity")
    assert allowed.code == 0
    assert "although they differ in meter identity" in " ".join(allowed.out.split())


def test_document_that_is_none_is_refused_with_its_place(folder: Path, perfwise: Perfwise):
    (folder / "bad.json").write_text('{"run": 1}')
    ended = perfwise("compare", "bad.json", "bad.json")
    assert ended.code == 2
    assert "bad.json: no importer knows this file" in ended.err


def test_run_that_is_not_there_is_named(folder: Path, perfwise: Perfwise):
    perfwise("eval", "loop.py")
    ended = perfwise("compare", "99", "latest")
    assert ended.code == 2
    assert "'99'" in ended.err


def test_document_that_is_not_there_is_a_missing_file_and_not_a_run(folder: Path, perfwise: Perfwise):
    for text in ("nofile.json", "nofile.json:loop"):
        ended = perfwise("compare", text, "latest")
        assert (ended.code, "there is no file nofile.json" in ended.err) == (2, True)
