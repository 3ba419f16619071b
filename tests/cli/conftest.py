"""A user at a shell: a fresh folder, a store of its own, and the command."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from perfwise.cli import main

TASK = '''
"""Sum of the squares below n."""
ENTRY_POINT = "squares"

def inputs():
    yield (3,)
    yield (10,)

def stress():
    yield (2000,)

def reference(n):
    return sum(i * i for i in range(n))
'''
PROGRAMS = {
    "slow": "def squares(n):\n    return sum(i**2 for i in range(n) for _ in range(4)) // 4\n",
    "loop": "def squares(n):\n    total = 0\n    for i in range(n):\n        total += i * i\n    return total\n",
    "wrong": "def squares(n):\n    return n * n\n",
}


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


Perfwise = Callable[..., Ended]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Task file and programs; the working directory."""
    (tmp_path / "task.py").write_text(TASK)
    for name, source in PROGRAMS.items():
        (tmp_path / f"{name}.py").write_text(source)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def perfwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Perfwise:
    """The command, with a store of its own."""
    monkeypatch.setenv("PERFWISE_STORE", str(tmp_path / "store.db"))
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments: str) -> Ended:
        with pytest.raises(SystemExit) as end:
            main(arguments)
        out, err = capfd.readouterr()
        code = end.value.code
        return Ended(code if isinstance(code, int) else 0 if code is None else 1, out, err)

    return run
