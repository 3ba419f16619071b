"""`perfwise eval --executor`, on a real cluster and on wrong addresses."""

import json
from pathlib import Path

import pytest

from perfwise.programs import workers
from perfwise.programs.engine import ProgramEngine
from perfwise.programs.meters.cpu_time import CpuTimeMeter
from perfwise.programs.meters.wasm import WasmMeter
from tests.dask_cluster import started

from .conftest import Perfwise

pytestmark = pytest.mark.xdist_group("dask")


def outcomes(folder: Path, name: str) -> list[dict[str, object]]:
    return json.loads((folder / name).read_text())["outcomes"]


def test_a_cluster_counts_what_this_machine_counts(folder: Path, perfwise: Perfwise, monkeypatch):
    files = ("slow.py", "loop.py", "wrong.py")
    asked = ("eval", "--tasks", "task.py", *files)
    with started(folder) as cluster:
        ended = perfwise(*asked, "--executor", f"dask://{cluster.address}", "--json", "there.json")
        assert (ended.code, ended.err) == (0, "")
        assert perfwise(*asked, "--json", "here.json").code == 0
        assert outcomes(folder, "there.json") == outcomes(folder, "here.json")
        # a worker that measures otherwise is named before anything runs
        real = workers._measures_as(ProgramEngine(WasmMeter()))
        monkeypatch.setattr(workers, "_measures_as", Elsewhere(real))
        runs = len(perfwise("store", "list").out.splitlines())
        ended = perfwise(*asked, "--executor", f"dask://{cluster.address}")
        assert ended.code == 3
        assert "tcp://127.0.0.1:" in ended.err
        assert "meter 'wasm' instead of 'another'" in ended.err
        assert len(perfwise("store", "list").out.splitlines()) == runs


class Elsewhere:
    """Says another meter here than on the workers, to which it travels as a copy that has been pickled."""

    def __init__(self, real: dict[str, str], here: bool = True) -> None:
        self.real, self.here = real, here

    def __reduce__(self):
        return Elsewhere, (self.real, False)

    def __call__(self, engine: ProgramEngine) -> dict[str, str]:
        return self.real | {"meter": "another"} if self.here else self.real


def test_workers_are_asked_about_the_meter_that_takes_over_too():
    told = workers._measures_as(ProgramEngine(WasmMeter(), CpuTimeMeter()))
    assert (told["machine"], told["fallback's meter"]) == ("any", "cpu_time")
    assert told["fallback's machine"] != "any"


@pytest.mark.parametrize("address", ["dask://", "dask://host", "127.0.0.1:8786", "ray://head:10001"])
def test_other_addresses_are_refused_with_the_form(folder: Path, perfwise: Perfwise, address: str):
    ended = perfwise("eval", "--tasks", "task.py", "slow.py", "--executor", address)
    assert ended.code == 2
    assert f"dask://HOST:PORT, the address of a Dask scheduler; not {address!r}" in ended.err.replace("\n", " ")


def test_processes_here_and_a_cluster_are_not_both(folder: Path, perfwise: Perfwise):
    ended = perfwise("eval", "--tasks", "task.py", "slow.py", "-j", "2", "--executor", "dask://127.0.0.1:1")
    assert ended.code == 2
    assert "give one of them" in ended.err


def test_without_the_package_the_extra_is_named(folder: Path, perfwise: Perfwise, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    ended = perfwise("eval", "--tasks", "task.py", "slow.py", "--executor", "dask://127.0.0.1:1")
    assert ended.code == 5
    assert "pip install 'perfwise[cluster]'" in ended.err
