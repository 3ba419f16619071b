"""Baselines in a store: an update is a run there, and the newest run of a project is what is held."""

import itertools
import subprocess
import sys

import pytest

from perfwise.core.compare import Side, compare
from perfwise.core.store import open_store
from perfwise.errors import StoreError
from perfwise.pytest_plugin.baselines import Baselines
from perfwise.pytest_plugin.keeping import BaselineStore

from .test_hooks import _SLOWER, project  # noqa: F401 - a fixture

pytest_plugins = ["pytester"]

METER = {"name": "wasm", "identity": "guest 1", "interpreter": "CPython"}


@pytest.fixture
def store(tmp_path):
    days = (f"2024-05-{day:02}T12:00:00+00:00" for day in itertools.count(1))
    return BaselineStore(str(tmp_path / "store.db"), "mine", lambda: next(days))


def test_the_newest_update_is_what_is_read(store):
    assert store.read() is None
    first = Baselines(METER, {"t::a": {"f": 3, "g h": 4}, "t::b[x y]": {"f": 5}})
    store.write(first)
    assert store.read() == first
    second = first.updated(METER, {"t::a": {"f": 6}})
    store.write(second)
    assert store.read() == second
    assert BaselineStore(store.place, "other", store.now).read() is None


def test_updates_are_runs_that_compare(store):
    store.write(Baselines(METER, {"t::a": {"f": 30_000}, "t::b": {"f": 50_000}}))
    store.write(Baselines(METER, {"t::a": {"f": 60_000}, "t::b": {"f": 50_000}}))
    with open_store(store.place) as opened:
        newest, before = opened.runs()
        assert (newest.engine, newest.finished, newest.created_at) == ("pytest", True, "2024-05-02T12:00:00+00:00")
        sides = (Side(run.name, list(opened.outcomes(run))) for run in (before, newest))
        assert [(task.task, task.ratio) for task in compare(*sides).tasks] == [("t::a f", 2.0), ("t::b f", 1.0)]


def test_a_file_that_is_no_store_is_refused(store, tmp_path):
    (tmp_path / "store.db").write_text("not a store")
    with pytest.raises(StoreError):
        store.read()


def test_update_and_gate_go_through_the_store(project):  # noqa: F811
    keep = ("--perfwise-store", "shared.db", "--perfwise-project", "mine")
    result = project.runpytest_inprocess(*keep, "--perfwise-update")
    result.stdout.fnmatch_lines(["wrote the baselines of 3 tests to the store *shared.db for the project 'mine'"])
    assert not (project.path / "perfwise-baselines.json").exists()
    project.runpytest_inprocess(*keep, "--perfwise-gate").assert_outcomes(passed=3)
    project.makepyfile(test_speed=_SLOWER)
    result = project.runpytest_inprocess(*keep, "--perfwise-gate")
    result.assert_outcomes(passed=2, failed=1)
    command = [sys.executable, "-m", "perfwise", "store", "list", "--store", "shared.db"]
    assert "pytest-1" in subprocess.run(command, capture_output=True, text=True, check=True).stdout
