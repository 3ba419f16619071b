"""`perfwise store import`, `export` and `merge`, as a user types them."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Perfwise
from tests.interchange.written import HYPERFINE, PYPERF, PYTEST_BENCHMARK, json_file


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_imported_files_are_runs_that_compare(here: Path, perfwise: Perfwise):
    json_file(here, PYPERF, "before.json")
    json_file(here, PYPERF, "after.json")
    ended = perfwise("store", "import", "before.json", "after.json")
    assert ended.code == 0, ended.err
    assert ended.out.splitlines() == [
        "before.json: 1 outcome(s) by pyperf; before",
        "  kept as run 1 (pyperf-1), 1 outcome(s)",
        "after.json: 1 outcome(s) by pyperf; after",
        "  kept as run 2 (pyperf-2), 1 outcome(s)",
    ]
    compared = perfwise("compare", "1", "2", "--cost", "wall_s")
    assert compared.code == 0, compared.err
    assert "tied" in compared.out
    assert "before" in perfwise("store", "list").out


def test_importing_again_keeps_nothing_twice(here: Path, perfwise: Perfwise):
    json_file(here, PYPERF, "b.json")
    perfwise("store", "import", "b.json")
    assert "run 1 (pyperf-1) has all of it already" in perfwise("store", "import", "b.json").out
    assert "kept as run 2" in perfwise("store", "import", "b.json", "--set", "mine").out


def test_one_bad_file_keeps_all_of_them_out(here: Path, perfwise: Perfwise):
    json_file(here, PYPERF, "good.json")
    json_file(here, {**PYTEST_BENCHMARK, "version": "9"}, "new.json")
    json_file(here, {"schema_version": 2, **HYPERFINE}, "newer.json")
    ended = perfwise("store", "import", "good.json", "new.json", "newer.json", "absent.json")
    assert ended.code == 2
    assert ended.err.count("[unknown-version]") == 2
    assert "[unreadable-file]" in ended.err
    assert not (here / "store.db").exists()


def test_commands_of_one_file_compare_as_alternatives_of_a_task(here: Path, perfwise: Perfwise):
    json_file(here, HYPERFINE, "h.json")
    assert "sleep 0.1, exit 3" in perfwise("store", "import", "h.json", "--task", "wait").out
    assert "exit 3" in perfwise("compare", "1:sleep 0.1", "1:exit 3", "--cost", "wall_s").out


def test_exported_rows_come_back_as_they_were(here: Path, perfwise: Perfwise):
    json_file(here, HYPERFINE, "h.json")
    perfwise("store", "import", "h.json")
    for name in ("x.jsonl", "x.csv", "x.md"):
        assert perfwise("store", "export", "1", "-o", name).code == 0
    perfwise("store", "import", "x.jsonl", "--store", "other.db")
    again = perfwise("store", "export", "1", "--store", "other.db").out
    assert again == (here / "x.jsonl").read_text()
    assert "| exit 3 |" in (here / "x.md").read_text()
    assert perfwise("store", "export", "1", "--format", "markdown").out == (here / "x.md").read_text()


def test_parquet_is_not_for_a_terminal(here: Path, perfwise: Perfwise):
    json_file(here, PYPERF, "b.json")
    perfwise("store", "import", "b.json")
    ended = perfwise("store", "export", "--format", "parquet")
    assert (ended.code, ended.out) == (2, "")
    assert "-o FILE" in ended.err
    assert perfwise("store", "export", "-o", "x.xls").code == 2


def test_an_evaluation_comes_back_from_its_document(folder: Path, perfwise: Perfwise):
    assert perfwise("eval", "loop.py", "wrong.py", "--json", "r.json").code == 0
    assert "run 1 (programs-1) has all of it already" in perfwise("store", "import", "r.json").out
    assert "kept as run 1 (programs-1), 3 outcome(s)" in perfwise("store", "import", "r.json", "--store", "o.db").out
    assert perfwise("store", "export", "1").out == perfwise("store", "export", "1", "--store", "o.db").out
    assert perfwise("compare", "1:loop", "r.json:loop").code == 0


def test_stores_of_two_shards_merge(here: Path, perfwise: Perfwise):
    json_file(here, PYPERF, "a.json")
    json_file(here, HYPERFINE, "b.json")
    for name in ("a", "b"):
        perfwise("store", "import", f"{name}.json", "--store", f"{name}.db")
    ended = perfwise("store", "merge", "a.db", "b.db")
    assert ended.code == 0, ended.err
    assert ended.out.splitlines() == [
        "pyperf-1: kept as run 1 (pyperf-1), 1 outcome(s)",
        "hyperfine-1: kept as run 2 (hyperfine-2), 2 outcome(s)",
    ]
    assert "has all of it already" in perfwise("store", "merge", "a.db").out


def test_a_conflict_is_refused_by_name_unless_runs_are_kept_apart(here: Path, perfwise: Perfwise):
    json_file(here, PYPERF, "a.json")
    for place in ("store.db", "b.db"):
        perfwise("store", "import", "a.json", "--store", place)
    import sqlite3

    with sqlite3.connect(here / "b.db") as connection:
        connection.execute("update perfwise_outcomes set quality = 0.5")
    refused = perfwise("store", "merge", "b.db")
    assert refused.code == 6
    assert "differ in quality" in refused.err
    assert "[store-conflict]" in refused.err
    assert "kept as run 2 (pyperf-2)" in perfwise("store", "merge", "b.db", "--apart").out


def test_a_store_that_is_not_there_or_is_none_is_refused(here: Path, perfwise: Perfwise):
    (here / "text.db").write_text("no database\n" * 100)
    (here / "empty.db").write_text("")
    for place, told in (("absent.db", "no store at"), ("text.db", "[store-damaged]"), ("empty.db", "it is empty")):
        ended = perfwise("store", "merge", place)
        assert ended.code == 6
        assert told in ended.err
    assert not (here / "store.db").exists()


def test_escapes_in_a_file_do_not_reach_the_terminal(here: Path, perfwise: Perfwise):
    nasty = json.loads(json.dumps(HYPERFINE))
    nasty["results"][0]["command"] = "\x1b[2J gone [bold]x"
    json_file(here, nasty, "n.json")
    for command in (("import", "n.json", "--task", "t"), ("show",), ("list",)):
        ended = perfwise("store", *command)
        assert ended.code == 0
        assert "\x1b" not in ended.out
