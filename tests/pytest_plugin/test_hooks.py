"""The plugin as a user meets it: tests in a fresh folder, run by pytest."""

import json
import subprocess
import sys

import pytest

from perfwise.programs.guest.runtime import cache_folder

pytest_plugins = ["pytester"]

_COMPILED = str(cache_folder().parent)  # pytester gives each test a home of its own, with nothing compiled in it

_TESTS = """
import pytest

def loop(n):
    total = 0
    for i in range(n):
        total += i
    return total

def formula(n):
    return n * (n - 1) // 2

def broken(n):
    return n // 0

def test_loop(perfwise):
    assert perfwise.measure(loop, 1000, expected=499500).answer == 499500

class TestFormula:
    @pytest.mark.parametrize("n", [10, 1000])
    @pytest.mark.perfwise(max_ratio=0.9, baseline=loop)
    def test_formula(self, perfwise, n):
        assert perfwise.measure(formula, n).quality == 1.0
"""
_SLOWER = _TESTS.replace("total += i\n", "total += i + 0 * i\n")


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("XDG_CACHE_HOME", _COMPILED)
    pytester.makepyfile(test_speed=_TESTS)
    return pytester


def _baselines(pytester: pytest.Pytester):
    return json.loads((pytester.path / "perfwise-baselines.json").read_text("utf-8"))


def test_update_writes_baselines_that_the_gate_keeps(project):
    project.runpytest_inprocess("--perfwise-update").assert_outcomes(passed=3)
    assert _baselines(project)["baselines"].keys() == {
        "test_speed.py::test_loop",
        "test_speed.py::TestFormula::test_formula[10]",
        "test_speed.py::TestFormula::test_formula[1000]",
    }
    first = (project.path / "perfwise-baselines.json").read_bytes()
    result = project.runpytest_inprocess("--perfwise-gate")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["*1.000*same*test_speed.py::test_loop loop"])
    project.runpytest_inprocess("--perfwise-update")
    assert (project.path / "perfwise-baselines.json").read_bytes() == first


def test_the_gate_fails_what_got_dearer_and_only_the_gate(project):
    project.runpytest_inprocess("--perfwise-update")
    project.makepyfile(test_speed=_SLOWER)
    project.runpytest_inprocess("-k", "test_loop").assert_outcomes(passed=1)
    result = project.runpytest_inprocess("-k", "test_loop", "--perfwise-gate")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["perfwise: loop: * instructions, baseline *if this is wanted: pytest --perfwise-update"]
    )
    project.runpytest_inprocess("-k", "test_loop", "--perfwise-gate", "--perfwise-tolerance=500%").assert_outcomes(
        passed=1
    )


def test_baselines_and_report_come_through_xdist_alike(project):
    pytest.importorskip("xdist")
    project.runpytest_inprocess("--perfwise-update")
    alone = _baselines(project)
    (project.path / "perfwise-baselines.json").unlink()
    result = project.runpytest_inprocess("-n2", "--perfwise-update", "--perfwise-json=all.json")
    result.assert_outcomes(passed=3)
    assert _baselines(project) == alone
    report = json.loads((project.path / "all.json").read_text("utf-8"))
    assert [row["standing"] for row in report["measurements"]] == ["new"] * 3
    assert report["meter"] == alone["meter"]
    project.runpytest_inprocess("-n2", "--perfwise-gate").assert_outcomes(passed=3)


def test_a_failed_test_leaves_its_baseline_alone(project):
    project.runpytest_inprocess("--perfwise-update")
    before = _baselines(project)
    project.makepyfile(
        test_speed=_SLOWER + "\n\ndef test_loop(perfwise):\n    perfwise.measure(loop, 9)\n    assert 0\n"
    )
    project.runpytest_inprocess("--perfwise-update", "-k", "test_loop").assert_outcomes(failed=1)
    assert _baselines(project) == before


@pytest.mark.parametrize(
    ("marker", "call", "said"),
    [
        ("max_wasm_instructions=10", "perfwise.measure(loop, 100)", "*10 are allowed (max_wasm_instructions)"),
        ("max_ratio=0.5, baseline=loop", "perfwise.measure(loop, 100)", "*1.000 times *0.5 is allowed (max_ratio)"),
        ("max_ratio=1, baseline=10", "perfwise.measure(loop, 100)", "*times 10; 1 is allowed*"),
        ("max_ratio=0.5", "perfwise.compare(loop, formula, 100)", "*0.5 is allowed (max_ratio)"),
        ("max_ratio=2", "perfwise.measure(loop, 100)", "*no baseline to hold against*"),
        ("", "perfwise.measure(broken, 1)", "*broken: raised ZeroDivisionError*"),
        ("", "perfwise.measure(loop, 3, expected=4)", "*loop: answered 3, expected 4"),
        ("", "perfwise.compare(broken, loop, 1)", "*broken: raised ZeroDivisionError*"),
        ("", "perfwise.measure(loop, 10**9, budget=1e6)", "*loop: out-of-fuel*"),
        ("", "perfwise.measure(loop, object())", "*not-plain-data*"),
        ("most=1", "perfwise.measure(loop, 1)", "*takes no most*"),
        ("max_ratio=-1", "perfwise.measure(loop, 1)", "*wanted a number above 0*"),
        ("max_ratio=2", "...", "*is marked, but measures nothing*"),
    ],
)
def test_what_is_broken_fails_the_test_and_says_why(project, marker, call, said):
    marked = f"\n\n@pytest.mark.perfwise({marker})\ndef test_it(perfwise):\n    {call}\n"
    project.makepyfile(test_speed=_TESTS + marked)
    result = project.runpytest_inprocess("-k", "test_it")
    assert result.ret == 1
    result.stdout.fnmatch_lines([said])


def test_two_measurements_of_one_name_are_told_apart(project):
    text = "\n\ndef test_twice(perfwise):\n    perfwise.measure(loop, 1)\n    perfwise.measure(loop, 99)\n"
    project.makepyfile(test_speed=_TESTS + text)
    project.runpytest_inprocess("-k", "test_twice", "--perfwise-update").assert_outcomes(passed=1)
    assert _baselines(project)["baselines"]["test_speed.py::test_twice"].keys() == {"loop", "loop #2"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--perfwise-gate"], "*there are no baselines in*"),
        (["--perfwise-gate", "--perfwise-update"], "*give one*"),
        (["--perfwise-update", "--perfwise-tolerance=much"], "*a tolerance of 'much'*"),
        (["--perfwise-gate", "--perfwise-store=s.db"], "*no baselines in the store *s.db for the project 'test_*"),
        (["--perfwise-store=s.db", "--perfwise-baselines=b.json"], "*both say where the baselines are; give one*"),
        (["--perfwise-project=mine"], "*give --perfwise-store too*"),
    ],
)
def test_options_that_cannot_hold_are_refused_before_any_test(project, options, said):
    result = project.runpytest_inprocess(*options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([said])


def test_baselines_of_another_meter_are_refused_and_an_update_replaces_them(project):
    project.runpytest_inprocess("--perfwise-update")
    document = _baselines(project)
    document["meter"]["identity"] = "guest of old"
    (project.path / "perfwise-baselines.json").write_text(json.dumps(document))
    result = project.runpytest_inprocess("--perfwise-gate")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*identity: guest of old there*pytest --perfwise-update*"])
    project.runpytest_inprocess("--perfwise-update", "-k", "test_loop").assert_outcomes(passed=1)
    assert list(_baselines(project)["baselines"]) == ["test_speed.py::test_loop"]


def test_a_run_that_measures_nothing_says_nothing_and_loads_nothing(pytester):
    pytester.makepyfile(
        "import sys\ndef test_light():\n"
        "    assert not {'wasmtime', 'numpy', 'sqlalchemy', 'perfwise.programs'} & sys.modules.keys()\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest"], cwd=pytester.path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert "perfwise:" not in done.stdout
