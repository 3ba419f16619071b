"""The same count on every run, in every process, folder and host version of Python."""

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path

import pytest

from perfwise.programs import guest
from perfwise.programs.guest.build import sources_digest
from perfwise.programs.guest.runtime import guest_record
from tests.programs.probe import attempt, body

# Counts of the pinned guest. They change when the guest does, and for no other reason.
GUEST = json.loads(Path(__file__).with_name("golden_counts.json").read_text("utf-8"))
PROGRAMS = {
    "loop": body("for k in range(1000): n + k"),
    "set of texts": body("len({str(k) for k in range(500)})"),
    "objects": "class P:\n    def __init__(self, k): self.k = k\n"
    + body("sorted([P(k * 7919 % 100) for k in range(100)], key=lambda p: p.k)"),
    "random": body("import random", "random.shuffle(list(range(200)))"),
    "float": body("sum(k ** 0.5 for k in range(500))"),
    "big integer": body("import math", "math.factorial(300)"),
    "json": body("import json", "json.loads(json.dumps({str(k): [k, k / 3] for k in range(50)}))"),
}


def count(name: str) -> float:
    outcome = attempt(PROGRAMS[name])
    assert outcome.succeeded, outcome.failure
    return outcome.cost["wasm_instructions"]


def counts() -> dict[str, float]:
    return {name: count(name) for name in PROGRAMS}


def test_the_pinned_guest_was_built_from_the_sources_beside_it():
    record = json.loads(Path(guest.__file__).with_name("guest.json").read_text("utf-8"))
    assert record["sources"] == sources_digest(), "run `make guest`"


def test_the_counts_are_the_recorded_ones():
    assert guest_record().sha256 == GUEST["guest"]
    assert counts() == GUEST["counts"]


def test_three_repeats_give_one_count():
    assert counts() == counts() == counts()


def test_two_processes_at_once_give_the_counts_of_one():
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        assert dict(zip(PROGRAMS, pool.map(count, PROGRAMS), strict=True)) == GUEST["counts"]


def counts_of(python: str, folder: Path, path: list[Path]) -> dict[str, float]:
    """Counts made by another interpreter, started in another folder."""
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTHONHOME"}}
    environment["PYTHONPATH"] = os.pathsep.join(map(str, path))
    code = "import json; from tests.programs.test_same_everywhere import counts; print(json.dumps(counts()))"
    done = subprocess.run(
        [python, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def packages(tmp_path) -> Path:
    """The pure Python packages that counting needs, without the compiled ones beside them."""
    folder = tmp_path / "packages"
    folder.mkdir()
    for name in ("wasmtime", "platformdirs"):
        (folder / name).symlink_to(Path(find_spec(name).origin).parent)
    for found in (Path(find_spec("wasmtime").origin).parents[1]).glob("wasmtime-*.dist-info"):
        (folder / found.name).symlink_to(found)
    # This module is imported there too, so what it needs of pytest must be.
    stand_in = "def fixture(f): return f\nclass mark:\n    parametrize = staticmethod(lambda *_: lambda f: f)\n"
    (folder / "pytest.py").write_text(stand_in)
    return folder


def test_another_checkout_in_another_folder_gives_the_same_counts(tmp_path, packages):
    root = Path(__file__).parents[2]
    copy = tmp_path / "a" / "deeper" / "checkout"
    for name in ("src", "tests"):
        shutil.copytree(root / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    assert counts_of(sys.executable, tmp_path, [copy / "src", copy, packages]) == GUEST["counts"]


def interpreter(version: str) -> str | None:
    """A working Python of that version, on the path or among pyenv's; a shim may stand for one that is not there."""
    installed = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for python in [shutil.which(f"python{version}"), *map(str, installed.glob(f"{version}.*/bin/python3"))]:
        if python and not subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode:
            return python
    return None


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_another_host_version_gives_the_same_counts(version, tmp_path, packages):
    python = interpreter(version)
    if python is None:
        pytest.skip(f"python{version} is not on this machine")
    root = Path(__file__).parents[2]
    assert counts_of(python, tmp_path, [root / "src", root, packages]) == GUEST["counts"]
