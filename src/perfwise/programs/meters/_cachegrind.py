"""Cachegrind on this machine: where it is, what it runs, and what whole programs count under it."""

import ast
import functools
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

from perfwise.errors import InvalidCandidate, MissingMeter
from perfwise.kit.sandbox.rungs import Bounds, Sandbox
from perfwise.kit.sandbox.running import Patience, run_confined
from perfwise.programs.meters._host import interpreter_build, interpreter_path

__all__ = ["build", "counted_interpreter", "counted_whole", "packages_of"]

# No cache simulation: it costs time, and depends on the processor. No file: the totals come through the log.
_TOOL = ("--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", "--vgdb=no")
# Never -I or -E: they ignore PYTHONHASHSEED, and with a random seed dictionaries and sets of texts collide otherwise in
# every run, so that counts wander. -S, -s, -P and an emptied environment isolate as much.
_FLAGS = ("-S", "-s", "-P", "-B")
_REFERENCES = re.compile(rb"I\s+refs:\s+([\d,]+)")
_VALGRINDS_OWN_BYTES = 2 << 30  # of address space
_LOADER_S = 5
_FILE_BYTES = 1 << 20  # valgrind itself writes a little


def counted_interpreter() -> tuple[str, ...]:
    """The command of this interpreter under cachegrind, to log to the descriptor `{log}`. Raises: MissingMeter."""
    path = interpreter_path()
    with Path(path).open("rb") as program:
        if program.read(4) != b"\x7fELF":  # a script that starts another program is not followed, and would count as 0
            raise MissingMeter(f"{path} is no ELF program, which valgrind needs; take Linux, and a Python itself")
    return (_valgrind(), *_TOOL, "--log-fd={log}", path, *_FLAGS)


def _valgrind() -> str:
    found = shutil.which("valgrind")
    if found is None:
        raise MissingMeter(
            "the meter valgrind needs the program valgrind: apt install valgrind, or your system's package"
        )
    return os.path.realpath(found)


@functools.cache
def build() -> str:
    """Everything of the software that decides counts. Raises: MissingMeter."""
    told = subprocess.run([_valgrind(), "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    if told.returncode:
        raise MissingMeter(f"valgrind does not start: {told.stderr.strip()}")
    counted_interpreter()
    return f"{told.stdout.strip()} cachegrind, {interpreter_build()}"


def packages_of(source: str) -> tuple[str, ...]:
    """The installed packages beside the standard library that a program imports, sorted."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    named = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            named |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            named.add(node.module.partition(".")[0])
    return tuple(sorted(name for name in named - sys.stdlib_module_names if _is_installed(name)))


@functools.cache
def _is_installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def counted_whole(
    sandbox: Sandbox, command: Sequence[str], given: bytes, cpu_s: int, memory_bytes: int
) -> tuple[float, bytes]:
    """Count a whole program. See `ValgrindMeter.count_program`."""
    arguments = [_valgrind(), *_TOOL, "--log-fd=2", *command]
    bounds = Bounds(cpu_s + _LOADER_S, memory_bytes + _VALGRINDS_OWN_BYTES, _FILE_BYTES)
    confined = Sandbox(sandbox.rung, (*sandbox.readable, command[0]))
    with tempfile.TemporaryDirectory() as folder:
        place = os.path.realpath(folder)
        patience = Patience(2.0 * cpu_s + 60)
        ended = run_confined(confined, arguments, given, bounds, patience, folder=place, environment={"TMPDIR": place})
    found = _REFERENCES.findall(ended.errors)
    if ended.code or ended.cut or not found:
        told = ended.errors.decode("utf-8", "replace").strip().splitlines()[-1:]
        cause = ended.cut or f"code {ended.code} {' '.join(told)}"
        raise InvalidCandidate(f"{command[0]} did not end by itself under valgrind: {cause}", code="did-not-end")
    return float(found[-1].replace(b",", b"")), ended.output
