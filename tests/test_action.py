"""The action's own steps, run by bash as a GitHub runner runs them, with a stand-in for GitHub's command line."""

import os
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

_ROOT = Path(__file__).resolve().parents[1]
_TASK = """
ENTRY_POINT = "squares"
def inputs():
    yield (3,)
def stress():
    yield (3000,)
def reference(n):
    return sum(i * i for i in range(n))
"""
_CHEAP = "def squares(n):\n    return sum(i * i for i in range(n))\n"
_DEAR = "def squares(n):\n    return sum(i * i for i in range(n) for _ in range(4)) // 4\n"
_RULES = '[[tool.perfwise.gate]]\nmetric = "cost"\nsettled = false\n'
_GH = """#!/bin/sh
echo "$@" >> "$GH_SAID"
case "$*" in
  *--paginate*) [ -f "$GH_EARLIER" ] && cat "$GH_EARLIER"; exit 0 ;;
esac
exit "${GH_ENDS:-0}"
"""


@pytest.fixture(scope="module")
def steps() -> dict[str, Any]:
    yaml = pytest.importorskip("yaml", reason="the action's test reads YAML (pip install pyyaml)")
    for program in ("bash", "git"):
        if shutil.which(program) is None:
            pytest.skip(f"the action's test needs {program}")
    document = yaml.safe_load((_ROOT / "action.yml").read_text("utf-8"))
    return {step["name"]: step for step in document["runs"]["steps"]}


@dataclass
class Runner:
    """A job on a machine of its own: what its steps see."""

    steps: dict[str, Any]
    work: Path
    temp: Path

    def run(self, name: str, **env: str) -> "subprocess.CompletedProcess[str]":
        script = self.temp / "step.sh"
        script.write_text(self.steps[name]["run"])
        inputs = set(self.steps[name].get("env", {}))
        assert set(env) <= inputs | {"GH_ENDS"}, f"the step has {inputs}"
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
        given = os.environ | dict.fromkeys(inputs, "") | self._github() | env
        return subprocess.run(command, cwd=self.work, env=given, capture_output=True, text=True, check=False)

    def output(self) -> dict[str, str]:
        lines = (self.temp / "output").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def said(self) -> list[str]:
        return (self.temp / "gh.log").read_text().splitlines()

    def _github(self) -> dict[str, str]:
        files = {
            "GITHUB_OUTPUT": "output",
            "GITHUB_STEP_SUMMARY": "summary",
            "GH_SAID": "gh.log",
            "GH_EARLIER": "earlier",
        }
        bin_folders = f"{self.temp}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        places = {name: str(self.temp / file) for name, file in files.items()}
        return places | {"RUNNER_TEMP": str(self.temp), "PATH": bin_folders, "GITHUB_REPOSITORY": "some/project"}


@pytest.fixture
def runner(steps, tmp_path: Path) -> Runner:
    work, temp = tmp_path / "work", tmp_path / "temp"
    work.mkdir()
    temp.mkdir()
    (temp / "gh").write_text(_GH)
    (temp / "gh").chmod(stat.S_IRWXU)
    (temp / "output").touch()
    return Runner(steps, work, temp)


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_pull_request_is_compared_with_its_base_commented_and_failed(runner: Runner):
    (runner.work / "task.py").write_text(_TASK)
    (runner.work / "pyproject.toml").write_text(_RULES)
    (runner.work / "mine.py").write_text(_CHEAP)
    git(runner.work, "init", "-q")
    git(runner.work, "add", ".")
    git(runner.work, "commit", "-qm", "base")
    base = git(runner.work, "rev-parse", "HEAD")
    (runner.work / "mine.py").write_text(_DEAR)
    both = runner.run("Evaluate both", EVALUATE="--tasks task.py --samples mine=mine.py", BASE=base)
    assert both.returncode == 0, both.stderr
    found = runner.output()
    compared = runner.run("Compare", BEFORE=found["before"], AFTER=found["after"], GATE="true")
    assert compared.returncode == 0, compared.stderr
    assert runner.output()["code"] == "1"
    text = (runner.temp / "summary").read_text()
    assert text.startswith("<!-- perfwise compare -->")
    assert "so it is dearer" in text or "times the wasm" in text
    assert runner.run("Comment", GH_TOKEN="t", PULL_REQUEST="7").returncode == 0
    assert runner.said()[-1] == (
        f"api --method POST repos/some/project/issues/7/comments --field body=@{runner.temp}/perfwise.md"
    )
    assert runner.run("Verdict", CODE="1").returncode == 1


def test_a_base_without_the_task_is_a_warning(runner: Runner):
    git(runner.work, "init", "-q")
    git(runner.work, "commit", "-qm", "base", "--allow-empty")
    (runner.work / "task.py").write_text(_TASK)
    (runner.work / "mine.py").write_text(_CHEAP)
    ended = runner.run("Evaluate both", EVALUATE="--tasks task.py --samples mine=mine.py", BASE="HEAD")
    assert ended.returncode == 0, ended.stderr
    assert "::warning::the base commit cannot be evaluated" in ended.stdout
    assert runner.output() == {}


def test_an_earlier_comment_is_rewritten_and_a_forks_token_only_warns(runner: Runner):
    (runner.temp / "perfwise.md").write_text("<!-- perfwise compare -->")
    (runner.temp / "earlier").write_text("41\n42\n")
    assert runner.run("Comment", GH_TOKEN="t", PULL_REQUEST="7").stdout == ""
    assert "--method PATCH repos/some/project/issues/comments/41" in runner.said()[-1]
    ended = runner.run("Comment", GH_TOKEN="t", PULL_REQUEST="7", GH_ENDS="1")
    assert ended.returncode == 0
    assert ended.stdout.startswith("::warning::")


def test_what_cannot_be_compared_ends_with_its_code_and_no_comment(runner: Runner):
    compared = runner.run("Compare", BEFORE="none.json", AFTER="$(touch hacked)", GATE="false")
    assert compared.returncode == 0
    assert runner.output()["code"] == "2"
    assert not (runner.work / "hacked").exists()
    assert runner.run("Comment", GH_TOKEN="t", PULL_REQUEST="7").returncode == 0
    assert not (runner.temp / "gh.log").exists()
    assert runner.run("Verdict", CODE="2").returncode == 2


def test_no_input_is_part_of_a_script(steps):
    assert not any("${{" in step.get("run", "") for step in steps.values())
