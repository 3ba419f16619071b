"""The importers on files that the tools themselves write, here and now."""

import json
import os
import platform
import shutil
import subprocess
import sys
from importlib.util import find_spec

import pytest

from perfwise.interchange.reading import read_outcomes, read_results


def needs(module):
    return pytest.mark.skipif(find_spec(module) is None, reason=f"needs {module}: pip install 'perfwise[test]'")


def run(folder, *command, ok=(0,)):
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "VIRTUAL_ENV") if name in os.environ}
    home = {"HOME": str(folder)}  # asv keeps a file there
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=kept | home)
    assert done.returncode in ok, done.stdout + done.stderr


def outcomes_of(path):
    return {one.task: one for group in read_outcomes(path).values() for one in group}


@needs("pytest_benchmark")
def test_pytest_benchmark(tmp_path):
    (tmp_path / "test_b.py").write_text(
        "import pytest\n"
        "@pytest.mark.parametrize('n', [10, 1000])\n"
        "def test_sum(benchmark, n):\n"
        "    benchmark.pedantic(sum, args=(range(n),), rounds=9, iterations=3)\n"
        "def test_broken(benchmark):\n"
        "    benchmark.pedantic(lambda: 1 / 0, rounds=1)\n"
    )
    pytest_here = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist")
    run(tmp_path, *pytest_here, "--benchmark-json=b.json", ok=(1,))
    outcomes = outcomes_of(tmp_path / "b.json")
    assert read_results(tmp_path / "b.json").importer == "pytest_benchmark"
    assert list(outcomes) == ["test_b.py::test_sum[10]", "test_b.py::test_sum[1000]"]  # it writes nothing of failures
    told = json.loads((tmp_path / "b.json").read_text())["benchmarks"][0]["stats"]
    one = outcomes["test_b.py::test_sum[10]"]
    low, high = one.detail["cost_interval"]
    assert one.cost["wall_s"] == pytest.approx(told["median"])
    assert one.detail["cost_samples"] == told["data"]
    assert told["min"] <= low <= told["median"] <= high <= told["max"]
    assert outcomes["test_b.py::test_sum[1000]"].cost["wall_s"] > one.cost["wall_s"]
    assert one.provenance.interpreter.startswith("CPython 3.")


@needs("pyperf")
def test_pyperf(tmp_path):
    timeit = (sys.executable, "-m", "pyperf", "timeit", "--processes=3", "--values=2", "--loops=50", "--warmups=1")
    run(tmp_path, *timeit, "--name=sum", "-o", "p.json", "sum(range(100))")
    run(tmp_path, *timeit, "--name=len", "--append", "p.json", "len('x')")
    import pyperf

    outcomes = outcomes_of(tmp_path / "p.json")
    suite = pyperf.BenchmarkSuite.load(str(tmp_path / "p.json"))
    assert read_results(tmp_path / "p.json").importer == "pyperf"
    assert list(outcomes) == suite.get_benchmark_names() == ["sum", "len"]
    for name, one in outcomes.items():
        values = suite.get_benchmark(name).get_values()
        means = [(first + second) / 2 for first, second in zip(values[::2], values[1::2], strict=True)]
        assert one.detail["cost_samples"] == pytest.approx(means)
        assert one.cost["wall_s"] == pytest.approx(sorted(means)[1])
        assert dict(one.provenance.versions)["pyperf"] == pyperf.__version__


@pytest.mark.skipif(shutil.which("hyperfine") is None, reason="needs hyperfine: apt-get install hyperfine")
def test_hyperfine(tmp_path):
    quick = ("hyperfine", "--shell=none", "--runs=3", "--ignore-failure", "--style=none", "--export-json=h.json")
    run(tmp_path, *quick, "--parameter-list", "n", "1,2", "seq {n}", "test {n} -eq 1")
    if "schema_version" in json.loads((tmp_path / "h.json").read_text()):
        pytest.skip("hyperfine 2 writes another format, which is refused")
    outcomes = outcomes_of(tmp_path / "h.json")
    assert read_results(tmp_path / "h.json").importer == "hyperfine"
    told = json.loads((tmp_path / "h.json").read_text())["results"]
    right = {"seq 1": 1.0, "test 1 -eq 1": 1.0, "seq 2": 1.0, "test 2 -eq 1": 0.0}
    assert {one.task: one.quality for one in outcomes.values()} == right
    for one, result in zip(outcomes.values(), told, strict=True):
        assert one.cost["wall_s"] == pytest.approx(result["median"])
        assert one.cost["cpu_s"] == pytest.approx(result["user"] + result["system"])
    assert outcomes["seq 2"].detail["parameters"] == {"n": "2"}


@needs("asv")
@pytest.mark.skipif(shutil.which("git") is None, reason="asv needs git")
def test_asv(tmp_path):
    settings = {"version": 1, "project": "p", "repo": ".", "branches": ["HEAD"], "environment_type": "existing"}
    (tmp_path / "asv.conf.json").write_text(json.dumps({**settings, "results_dir": "results"}))
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "__init__.py").write_text("")
    (tmp_path / "benchmarks" / "b.py").write_text(
        "def time_sum(n): sum(range(n))\n"
        "time_sum.params, time_sum.number, time_sum.repeat, time_sum.warmup_time = [10, 1000], 10, 6, 0\n"
        "def time_bad(): 1 / 0\n"
        "def track_size(): return 42\n"
        "track_size.unit = 'bytes'\n"
    )
    run(tmp_path, "git", "init", "-q")
    run(tmp_path, "git", "add", ".")
    run(tmp_path, "git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x")
    run(tmp_path, sys.executable, "-m", "asv", "machine", "--yes")
    measure = (sys.executable, "-m", "asv", "run", "--python=same", "--set-commit-hash=HEAD")
    run(tmp_path, *measure, "--attribute=rounds=1", "--record-samples", ok=(0, 2))
    (folder,) = (each for each in (tmp_path / "results").iterdir() if each.is_dir())
    outcomes = outcomes_of(folder)
    assert read_results(folder).importer == "asv"
    assert sorted(outcomes) == ["b.time_bad", "b.time_sum(10)", "b.time_sum(1000)", "b.track_size"]
    assert str(outcomes["b.time_bad"].failure) == "failed: asv recorded no result"
    assert outcomes["b.track_size"].cost.as_dict() == {"tracked_bytes": 42}
    one = outcomes["b.time_sum(1000)"]
    assert len(one.detail["cost_samples"]) == one.detail["repeats"] == 6
    assert one.cost["wall_s"] > outcomes["b.time_sum(10)"].cost["wall_s"] > 0
    assert one.provenance.machine.startswith(f"{platform.machine()} {platform.system()}")
