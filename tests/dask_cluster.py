"""A real Dask cluster of processes on this machine: a scheduler and workers that nobody restarts."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

__all__ = ["LocalCluster", "started"]

_ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class LocalCluster:
    address: str
    scheduler: "subprocess.Popen[bytes]"
    workers: tuple["subprocess.Popen[bytes]", ...]


@contextmanager
def started(folder: Path, workers: int = 2) -> Iterator[LocalCluster]:
    """Skips the test where Dask is not installed."""
    pytest.importorskip("distributed", reason="the cluster test needs perfwise[cluster]")
    place = folder / "scheduler.json"
    log = (folder / "cluster.log").open("wb")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(_ROOT / "src"), str(_ROOT)])}

    def start(*arguments: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", *arguments, "--scheduler-file", str(place)]
        return subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)

    local = ["--host", "127.0.0.1"]
    quiet = ["--no-dashboard"]
    children = [start("distributed.cli.dask_scheduler", "--port", "0", *local, *quiet)]
    try:
        address = _address(place, children[0])
        alone = ["--no-nanny", "--nthreads", "1"]
        children += [start("distributed.cli.dask_worker", *local, *quiet, *alone) for _ in range(workers)]
        yield LocalCluster(address, children[0], tuple(children[1:]))
    finally:
        for child in reversed(children):
            child.kill()
            child.wait()
        log.close()


def _address(place: Path, scheduler: "subprocess.Popen[bytes]") -> str:
    """From the file that the scheduler writes when it listens."""
    until = time.monotonic() + 60
    while time.monotonic() < until and scheduler.poll() is None:
        try:
            return str(json.loads(place.read_text())["address"]).removeprefix("tcp://")
        except (FileNotFoundError, ValueError):  # not there, or not yet whole
            time.sleep(0.05)
    raise RuntimeError(f"the scheduler did not start: {(place.parent / 'cluster.log').read_text()}")
