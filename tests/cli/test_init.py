"""`perfwise init` in a fresh project and in one that has files already."""

import tomllib
from pathlib import Path

import pytest

from tests.cli.conftest import Perfwise

WORKFLOW = Path(".github/workflows/perfwise.yml")


def test_a_fresh_folder_gets_both_files(perfwise: Perfwise, folder: Path):
    ended = perfwise("init")
    assert ended.code == 0, ended.err
    assert "pytest --perfwise-gate" in (folder / WORKFLOW).read_text()
    text = (folder / "pyproject.toml").read_text()
    assert tomllib.loads(text) == {}
    uncommented = "\n".join(line.removeprefix("# ") for line in text.splitlines()[1:] if line != "#")
    assert [rule["metric"] for rule in tomllib.loads(uncommented)["tool"]["perfwise"]["gate"]] == ["cost", "quality"]


@pytest.mark.parametrize("before", [b'[project]\nname = "x"', b'[project]\r\nname = "x"\r\n'])
def test_what_stands_in_pyproject_stays_to_the_byte(perfwise: Perfwise, folder: Path, before: bytes):
    (folder / "pyproject.toml").write_bytes(before)
    perfwise("init")
    after = (folder / "pyproject.toml").read_bytes()
    assert after.startswith(before)
    assert tomllib.loads(after.decode()) == {"project": {"name": "x"}}
    assert after.count(b"\n") in {after.count(b"\r\n"), after.count(b"\n") if b"\r" not in before else -1}


def test_a_second_time_is_refused_and_force_adds_nothing_twice(perfwise: Perfwise, folder: Path):
    perfwise("init")
    settings = (folder / "pyproject.toml").read_bytes()
    (folder / WORKFLOW).write_text("mine")
    ended = perfwise("init")
    assert ended.code == 2
    assert "--force" in ended.err
    assert (folder / WORKFLOW).read_text() == "mine"
    assert perfwise("init", "--force").code == 0
    assert (folder / WORKFLOW).read_text() != "mine"
    assert (folder / "pyproject.toml").read_bytes() == settings


def test_a_broken_pyproject_is_refused_with_nothing_written(perfwise: Perfwise, folder: Path):
    (folder / "pyproject.toml").write_text("[project\n")
    ended = perfwise("init")
    assert ended.code == 2
    assert "mend it" in ended.err
    assert not (folder / ".github").exists()


def test_the_workflow_is_yaml_with_and_without_the_job_to_uncomment(perfwise: Perfwise, folder: Path):
    yaml = pytest.importorskip("yaml", reason="the workflow's test reads YAML (pip install pyyaml)")
    perfwise("init")
    text = (folder / WORKFLOW).read_text()
    assert list(yaml.safe_load(text)["jobs"]) == ["perfwise"]
    head, _, rest = text.partition("  # compare:\n")
    job = "".join(line.replace("  # ", "  ", 1) for line in f"  # compare:\n{rest}".splitlines(keepends=True))
    jobs = yaml.safe_load(head + job)["jobs"]
    assert list(jobs) == ["perfwise", "compare"]
    commands = [step["run"] for step in jobs["compare"]["steps"] if "run" in step]
    assert "perfwise compare before.json after.json --gate --markdown comment.md" in commands
    assert jobs["compare"]["permissions"]["pull-requests"] == "write"
