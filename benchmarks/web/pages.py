"""How quick the live pages are when the store is large.

    python benchmarks/web/pages.py [--runs 10000] [--outcomes 500] [--store FILE]

Makes a SQLite store of 10,000 runs of 500 outcomes (5 million; about 2 GB and a minute), starts `perfwise ui` on it and
asks for pages of runs drawn by chance, over HTTP.
"""

import argparse
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from perfwise.core.cost import Cost
from perfwise.core.outcome import Failure, Outcome, Provenance
from perfwise.core.store import open_store

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from record import Row, write

PROVENANCE = Provenance("programs", "1", "wasm", "guest", "CPython wasm32", versions=(("perfwise", "0.1.0"),))
REPEATS = 40


def outcome(number: int) -> Outcome:
    """One of two sets, 50 tasks and 5 candidates."""
    right = number % 7 != 0
    detail = {"case_level": [0] * 5, "case_cost": [number * 1000 + case for case in range(5)], "budget": 2e9}
    return Outcome(
        task=f"HumanEval/{number // 5 % 50}",
        candidate_set="ab"[number // 250 % 2],
        candidate=str(number % 5 + number // 500 * 5),
        seed=0,
        key=f"{number:032x}",
        quality=float(right),
        cost=Cost(wasm_instructions=1000 + number * 37 % 100_000),
        failure=None if right else Failure("wrong-answer", f"case 3: expected {number}, got nothing"),
        caveats=(),
        provenance=PROVENANCE,
        detail=detail,
    )


def fill(place: Path, runs: int, size: int) -> None:
    """One run through the store, the others copied from it by the database."""
    with open_store(place) as store:
        first = store.begin("programs", {}, "2024-05-01T12:00:00Z", size)
        with store.writer(first) as writer:
            writer.append([outcome(number) for number in range(size)])
        store.finish(first)
    with sqlite3.connect(place) as connection:
        connection.execute("pragma synchronous = off")
        columns = [row[1] for row in connection.execute("pragma table_info(perfwise_runs)")]
        others = ", ".join(column for column in columns if column not in {"id", "name"})
        connection.execute(
            f"with recursive n(i) as (select 2 union all select i + 1 from n where i < {runs}) "
            f"insert into perfwise_runs (id, name, {others}) select i, 'programs-' || i, {others} from n, perfwise_runs"
        )
        columns = [row[1] for row in connection.execute("pragma table_info(perfwise_outcomes)")]
        others = ", ".join(column for column in columns if column != "run_id")
        copied = ", ".join(f"o.{column}" for column in columns if column != "run_id")
        connection.execute(
            f"insert into perfwise_outcomes (run_id, {others}) select r.id, {copied} from perfwise_runs r, "
            "perfwise_outcomes o where o.run_id = 1 and r.id > 1 order by r.id"
        )
    connection.close()


def milliseconds(ask: Callable[[], object]) -> float:
    """Median of the wall time."""
    took = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        ask()
        took.append(time.perf_counter() - started)
    return 1000 * statistics.median(took)


def measured(place: Path, runs: int) -> dict[str, float]:
    """Milliseconds by page."""
    command = [sys.executable, "-m", "perfwise", "ui", "--port", "0", "--store", str(place)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={"PYTHONUNBUFFERED": "1"})
    assert server.stdout is not None
    base = server.stdout.readline().strip()
    draw = random.Random(1)

    def get(path: str) -> bytes:
        with urllib.request.urlopen(base + path) as answer:
            return answer.read()

    try:
        get("runs/1")
        pages = {
            "run page": lambda: get(f"runs/{draw.randint(1, runs)}"),
            "run page, sorted by cost": lambda: get(
                f"runs/{draw.randint(1, runs)}?order=wasm_instructions&descending=true"
            ),
            "list of runs, some page": lambda: get(f"?page={draw.randint(1, max(1, runs // 50))}"),
            "progress": lambda: get(f"runs/{draw.randint(1, runs)}/progress"),
            "one outcome": lambda: get(f"runs/{draw.randint(1, runs)}/outcome?task=HumanEval/7&set=a&candidate=0"),
            "API, page of 100 outcomes": lambda: get(f"api/runs/{draw.randint(1, runs)}/outcomes"),
        }
        return {name: milliseconds(ask) for name, ask in pages.items()}
    finally:
        server.terminate()
        server.wait()


def main() -> None:
    """Print and keep the times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--outcomes", type=int, default=500, help="of each run")
    parser.add_argument("--store", type=Path, help="kept there, and used again if it is there already")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = options.store or Path(folder) / "store.db"
        if not place.exists():
            started = time.perf_counter()
            fill(place, options.runs, options.outcomes)
            print(f"made {place.stat().st_size / 1e9:.1f} GB in {time.perf_counter() - started:.0f} s")
        found = measured(place, options.runs)
    aims = {"run page": "at most 200"}
    for name, took in found.items():
        print(f"{name}: {took:.0f} ms")
    total = f"{options.runs * options.outcomes / 1e6:g} million outcomes in {options.runs:,} runs"
    rows = [Row(f"{name}, {total}", took, aims.get(name, ""), "ms") for name, took in found.items()]
    write("web-pages", "python benchmarks/web/pages.py", rows)


if __name__ == "__main__":
    main()
