import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from perfwise.kit.sandbox.rungs import strongest_rung
from perfwise.programs.guest.runtime import cache_folder, guest_record
from perfwise.programs.selfcheck import check_count
from tests.cli.conftest import Perfwise

HEAVY = ("sqlalchemy", "numpy", "scipy", "pydantic", "wasmtime")


@pytest.mark.parametrize(
    "program", ["import perfwise", "import perfwise.cli as c\ntry: c.main(['--help'])\nexcept SystemExit: pass"]
)
def test_neither_importing_perfwise_nor_help_imports_anything_heavy(program: str):
    code = f"import sys\n{program}\nprint('loaded', sorted(set({HEAVY}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "loaded []"


def test_version_and_every_help_text_end_with_0(perfwise: Perfwise):
    assert perfwise("--version").out.startswith("perfwise 0.")
    for command in (
        "",
        "eval",
        "compare",
        "demo",
        "methods",
        "doctor",
        "store",
        "store export",
        "cache",
        "cache clear",
    ):
        ended = perfwise(*command.split(), "--help")
        assert (ended.code, "Usage: perfwise" in ended.out) == (0, True)


def test_python_dash_m_is_the_command():
    done = subprocess.run([sys.executable, "-m", "perfwise", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("perfwise 0.")


def test_demo_ranks_careful_before_plain_before_hasty_and_shows_one_count_three_times(perfwise: Perfwise):
    out = perfwise("demo").out
    assert out.index("\ncareful") < out.index("\nplain") < out.index("\nhasty")
    counts = next(line for line in out.splitlines() if "counted  " in line).split()[1:4]
    assert len(set(counts)) == 1
    assert "18 programs" in out


def test_methods_lists_every_family_with_sources_and_one_alone(perfwise: Perfwise):
    out = perfwise("methods").out
    for family in ("meters", "suites", "samples", "metrics"):
        assert f"programs / {family}" in out
    assert "arXiv:2107.03374" in out
    assert "programs / meters" not in perfwise("methods", "--family", "metrics").out
    assert perfwise("methods", "--family", "nosuch").code == 2


def test_doctor_tries_everything_and_counts_what_is_recorded_for_this_guest(perfwise: Perfwise):
    ended = perfwise("doctor")
    assert ended.code == 0
    for subject in ("guest", "meter wasm", "sandbox", "store"):
        assert f"works    {subject}: " in ended.out
    for subject in ("native sandbox", "meter cpu_time"):
        assert f"{'works  ' if strongest_rung() else 'missing'}  {subject}: " in ended.out
    for subject in ("meter valgrind", "meter perf_event"):  # either way with what was seen, or with what to do
        assert re.search(rf"(works  |missing)  {subject}: (counted|the meter|no sandbox) ", ended.out)
    assert "as everywhere" in check_count().message, f"record the count of guest {guest_record().sha256[:16]}"


def test_doctor_says_when_the_count_is_another(monkeypatch):
    monkeypatch.setattr("perfwise.programs.selfcheck._RECORDED", {guest_record().sha256[:16]: 1.0})
    assert not check_count().works


def test_cache_path_is_the_folder_of_the_compiled_guest(perfwise: Perfwise):
    assert perfwise("cache", "path").out.strip() == str(cache_folder())


def test_cache_clear_deletes_compiled_guests_only(perfwise: Perfwise, tmp_path: Path, monkeypatch):
    monkeypatch.setattr("perfwise.programs.guest.runtime.cache_folder", lambda: tmp_path)
    (tmp_path / "guest-1.cwasm").write_bytes(bytes(10))
    (tmp_path / "mine.txt").write_text("kept")
    assert "deleted 1 file(s)" in perfwise("cache", "clear").out
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_store_lists_shows_and_exports_one_row_an_outcome(folder: Path, perfwise: Perfwise):
    perfwise("eval", "loop.py", "wrong.py")
    assert "loop, wrong" in perfwise("store", "list").out
    assert "set wrong: 1 outcomes, 0 right, 1 wrong-answer" in perfwise("store", "show").out
    assert perfwise("store", "export", "--format", "csv", "-o", "rows.csv").code == 0
    with (folder / "rows.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    lines = [json.loads(line) for line in perfwise("store", "export", "latest").out.splitlines()]
    assert [row["set"] for row in rows] == [line["set"] for line in lines] == ["@reference", "loop", "wrong"]
    assert [json.loads(row["cost"]) for row in rows] == [line["cost"] for line in lines]
    assert list(lines[0])[:4] == ["task", "set", "candidate", "seed"]
    assert lines[0].keys() >= {"quality", "cost", "failure", "caveats", "provenance"}


def test_reading_a_store_that_is_not_there_is_an_error_and_makes_none(folder: Path, perfwise: Perfwise):
    assert perfwise("store", "list").code != 0
    assert not (folder / "store.db").exists()
