"""How long the report of a large run takes, and how large it gets.

    python benchmarks/web/report.py

A made-up run of 16,400 outcomes (164 tasks, 2 sets of 50 candidates, 7 cases each) in a SQLite store; the time is of
`perfwise report` as a command of its own, start included.
"""

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from perfwise.core.cost import Cost
from perfwise.core.outcome import Failure, Outcome, Provenance
from perfwise.core.store import open_store

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from record import Row, write

PROVENANCE = Provenance("programs", "1", "wasm", "guest", "CPython wasm32", versions=(("perfwise", "0.1.0"),))
CASES = 7


def outcome(task: int, candidate_set: str, candidate: int, draw: random.Random) -> Outcome:
    """One as the programs engine makes it, of a cost by chance."""
    right = draw.random() < (0.7 if candidate_set == "a" else 0.8)
    scale = draw.lognormvariate(0.0, 0.7) * (1 + task % 9)
    costs = [round(1000 * 4**case * scale) for case in range(CASES)]
    return Outcome(
        task=f"HumanEval/{task}",
        candidate_set=candidate_set,
        candidate=str(candidate),
        seed=0,
        key=f"{draw.getrandbits(128):032x}",
        quality=float(right),
        cost=Cost(wasm_instructions=sum(costs)),
        failure=None if right else Failure("wrong-answer", f"case {CASES - 1}: expected {task}, got {candidate}"),
        caveats=(),
        provenance=PROVENANCE,
        detail={
            "case_level": [0] * CASES,
            "case_stress": [False] * CASES,
            "case_size": [20 * 4**case for case in range(CASES)],
            "case_cost": costs,
            "case_verdict": ["ok"] * CASES if right else [*["ok"] * (CASES - 1), "wrong"],
            "budget": 2e9,
        },
    )


def reported(tasks: int, candidates: int) -> tuple[float, float, int]:
    """Wall and CPU time of the command, and the bytes of its file."""
    draw = random.Random(1)
    made = [
        outcome(task, name, candidate, draw)
        for name in ("a", "b")
        for task in range(tasks)
        for candidate in range(candidates)
    ]
    with tempfile.TemporaryDirectory() as folder:
        place, page = Path(folder) / "store.db", Path(folder) / "report.html"
        with open_store(place) as store:
            run = store.begin("programs", {}, "2024-05-01T12:00:00Z", len(made))
            with store.writer(run) as writer:
                writer.append(made)
            store.finish(run)
        command = [sys.executable, "-m", "perfwise", "report", "latest", "--store", str(place), "-o", str(page)]
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        took_s, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        return took_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, page.stat().st_size


def main() -> None:
    """Print and keep the times and the sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=164)
    parser.add_argument("--candidates", type=int, default=50, help="of each of two sets")
    options = parser.parse_args()
    took_s, cpu_s, size = reported(options.tasks, options.candidates)
    _, _, size_of_1000 = reported(20, 25)
    told = f"start included; {took_s:.2f} s of wall time, beside other work"
    what = f"`perfwise report` of {2 * options.tasks * options.candidates:,} outcomes"
    rows = [
        Row(what, cpu_s, "at most 5", "s of CPU", note=told),
        Row("its size, 1,000 rows shown and all outcomes embedded", size / 1e6, "at most 1.5", "MB"),
        Row("size of a report of 1,000 outcomes", size_of_1000 / 1e6, "at most 1", "MB"),
    ]
    for row in rows:
        print(f"{row.figure}: {row.ours:.2f} {row.unit} {row.note}")
    write("web-report", "python benchmarks/web/report.py", rows)


if __name__ == "__main__":
    main()
