"""What a Dask cluster costs beside processes of this machine: CPU of everything that takes part.

    python benchmarks/programs/cluster.py [--programs N]

Writes benchmarks/results/cluster.json. The same programs, all distinct and all small, run by two workers: `-j 2`, and a
scheduler with two `dask worker` processes. Starting is taken out: what counts is the slope from a fifth of the programs
to all of them.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import record

TASK = """
ENTRY_POINT = "total"
def inputs():
    yield (3,)
def stress():
    yield (50,)
def reference(n):
    return sum(range(n))
"""
PROGRAM = "def total(n):\n    found = {0} - {0}\n    for i in range(n):\n        found += i\n    return found\n"


def made(folder: Path, programs: int) -> list[str]:
    """A task and a set of programs; the arguments that name them."""
    (folder / "task.py").write_text(TASK)
    rows = [{"task_id": "task", "solution": PROGRAM.format(number)} for number in range(programs)]
    samples = folder / f"samples-{programs}.jsonl"
    samples.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return ["--tasks", str(folder / "task.py"), "--samples", f"mine={samples}"]


def evaluated(arguments: Sequence[str], folder: Path) -> list[object]:
    """The outcomes of `perfwise eval` in a store of its own."""
    kept = folder / "kept.json"
    command = [sys.executable, "-m", "perfwise", "eval", *arguments, "--json", str(kept)]
    subprocess.run([*command, "--store", tempfile.mktemp(dir=folder)], check=True, capture_output=True)
    return list(json.loads(kept.read_text())["outcomes"])


def spent_s() -> float:
    """CPU time of all child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def on_processes(arguments: Sequence[str], folder: Path) -> tuple[float, list[object]]:
    before = spent_s()
    found = evaluated([*arguments, "-j", "2"], folder)
    return spent_s() - before, found


def on_cluster(arguments: Sequence[str], folder: Path) -> tuple[float, list[object]]:
    before = spent_s()
    place = folder / "scheduler.json"
    place.unlink(missing_ok=True)

    def start(module: str, *options: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", f"distributed.cli.{module}", "--scheduler-file", str(place), "--no-dashboard"]
        quiet = subprocess.DEVNULL
        return subprocess.Popen([*command, *options], stdout=quiet, stderr=quiet, env=os.environ)

    children = [start("dask_scheduler", "--port", "0", "--host", "127.0.0.1")]
    while not (place.exists() and place.read_text().endswith("}")):
        time.sleep(0.1)
    address = json.loads(place.read_text())["address"].removeprefix("tcp://")
    children += [start("dask_worker", "--no-nanny", "--nthreads", "1") for _ in range(2)]
    try:
        found = evaluated([*arguments, "--executor", f"dask://{address}"], folder)
    finally:
        for child in reversed(children):
            child.terminate()
            child.wait()
    return spent_s() - before, found


def main() -> None:
    """Measure, print and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=int, default=2_000)
    options = parser.parse_args()
    few, many = options.programs // 5, options.programs
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small, large = made(folder, few), made(folder, many)
        evaluated(small, folder)  # the sandbox is compiled once
        slopes, outcomes = [], []
        for run in (on_processes, on_cluster):
            less, more = run(small, folder), run(large, folder)
            slopes.append(1e3 * (more[0] - less[0]) / (many - few))
            outcomes.append(more[1])
    differing = sum(one != other for one, other in zip(*outcomes, strict=True))
    told = f"{slopes[1]:.2f} against {slopes[0]:.2f} ms of CPU an outcome"
    rows = [
        record.Row(
            f"CPU an outcome on a Dask cluster of two workers over `-j 2`, {many:,} distinct small programs",
            slopes[1] / slopes[0],
            "",
            "ratio",
            "1",
            "-j 2",
            told,
        ),
        record.Row("outcomes that differ between the two", differing, "exactly 0", "outcomes"),
    ]
    for row in rows:
        print(f"{row.figure}: {row.ours:.3f} {row.unit} {row.note}")
    record.write("cluster", "python benchmarks/programs/cluster.py", rows)


if __name__ == "__main__":
    main()
