"""How much group commit buys, and what the store keeps up with when it is large.

    python benchmarks/core/store_writes.py [--outcomes N] [--runs N] [--url postgresql://...]

Writes benchmarks/results/store-writes.json. Ratios are of one run on one disk: outcomes a second by `Writer` against one
commit an outcome. Then eight processes write at once. The further lines fill a store and show whether writing and
reading a page stay as quick as they were when it was small.
"""

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from perfwise.core.cost import Cost
from perfwise.core.outcome import Outcome, Provenance
from perfwise.core.store import RunRecord, Store, open_store

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import record

PROVENANCE = Provenance("programs", "1", "wasm", "guest", "CPython wasm32", versions=(("perfwise", "0.1.0"),))
CASES = 20
CHUNK = 32  # outcomes handed over at a time, as a study does


def outcome(number: int) -> Outcome:
    """One as the programs engine makes it: twenty cases with a cost each."""
    detail = {
        "case_level": [0] * CASES,
        "case_stress": [False] * CASES,
        "case_cost": [number * 1000 + case for case in range(CASES)],
        "case_verdict": ["ok"] * CASES,
    }
    return Outcome(
        task=f"HumanEval/{number // 100}",
        candidate_set="model",
        candidate=str(number % 100),
        seed=0,
        key=f"{number:032x}",
        quality=1.0,
        cost=Cost(wasm_instructions=number * CASES, peak_bytes=1 << 20),
        failure=None,
        caveats=(),
        provenance=PROVENANCE,
        detail=detail,
    )


def begin(store: Store) -> RunRecord:
    """A run of its own for each measurement."""
    return store.begin("programs", {}, "2024-05-01T12:00:00Z", 1)


def seconds(action: Callable[[], object]) -> float:
    """Wall time: what matters here is waiting for the disk."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def grouped(store: Store, outcomes: list[Outcome]) -> None:
    """Handed over in chunks, committed in groups."""
    with store.writer(begin(store)) as writer:
        for start in range(0, len(outcomes), CHUNK):
            writer.append(outcomes[start : start + CHUNK])


def one_by_one(store: Store, outcomes: list[Outcome]) -> None:
    """A commit an outcome: a writer never waits before its first commit."""
    run = begin(store)
    for each in outcomes:
        with store.writer(run) as writer:
            writer.append([each])


def fill(store: Store, runs: int, outcomes: list[Outcome]) -> None:
    """Tell the rate of the first and of the last tenth, and the time to read a page at the end."""
    size = len(outcomes)
    took = [seconds(lambda: grouped(store, outcomes)) for _ in range(runs)]
    tenth = max(1, runs // 10)
    first, last = (size * tenth / sum(part) for part in (took[:tenth], took[-tenth:]))
    print(f"{runs} runs of {size}: {first:,.0f} outcomes/s at first, {last:,.0f} at last, ratio {last / first:.2f}")
    middle = store.run(runs // 2)
    page = seconds(lambda: list(store.outcomes(middle, limit=100)))
    done = seconds(lambda: store.done(middle))
    print(f"then: first 100 outcomes of a run {page * 1e3:.1f} ms, `done` of {size} {done * 1e3:.1f} ms, ", end="")
    print(f"`runs` {seconds(store.runs) * 1e3:.1f} ms, `sets` {seconds(lambda: store.sets(middle)) * 1e3:.1f} ms")


def in_one_process(place: str, size: int) -> int:
    """What one of several writers appends to a run of its own; the run's number."""
    with open_store(place) as store:
        run = begin(store)
        with store.writer(run) as writer:
            for start in range(0, size, CHUNK):
                writer.append([outcome(number) for number in range(start, min(start + CHUNK, size))])
        return run.id


def at_once(store: Store, place: str, writers: int, size: int) -> int:
    """How many outcomes are missing after all writers appended theirs at the same time."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(writers, context) as pool:
        list(pool.map(in_one_process, [place] * writers, [CHUNK] * writers))  # started and warm
        runs = list(pool.map(in_one_process, [place] * writers, [size] * writers))
    kept = sum(len(store.done(store.run(run))) for run in runs)
    return writers * size - kept


def slowest_commit(store: Store, outcomes: list[Outcome]) -> float:
    """Seconds from handing a chunk over to its commit, of a study that hands over steadily: the 99th percentile."""
    waits: list[float] = []
    with store.writer(begin(store)) as writer:
        for start in range(0, len(outcomes), CHUNK):
            handed = time.perf_counter()
            writer.append(outcomes[start : start + CHUNK]).add_done_callback(
                lambda _, handed=handed: waits.append(time.perf_counter() - handed)
            )
            time.sleep(0.005)
    return sorted(waits)[int(0.99 * len(waits))]


def main() -> None:
    """Measure, print and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--outcomes", type=int, default=20_000, help="of the first comparison")
    parser.add_argument("--runs", type=int, default=20, help="that the store is filled with")
    parser.add_argument("--run-size", type=int, default=500, help="outcomes of each of them")
    parser.add_argument("--url", help="a database of its own instead of a new SQLite file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = options.url or str(Path(folder) / "store.db")
        with open_store(place) as store:
            rows = measured(store, place, options.outcomes)
            fill(store, options.runs, [outcome(number) for number in range(options.run_size)])
    for row in rows:
        print(f"{row.figure}: {row.ours:,.3g} {row.unit} {row.note}")
    if options.url is None:
        record.write("store-writes", "python benchmarks/core/store_writes.py", rows)


def measured(store: Store, place: str, size: int) -> list[record.Row]:
    outcomes = [outcome(number) for number in range(size)]
    alone = outcomes[: max(1, size // 100)]
    cpu = time.process_time()
    group_rate = size / min(seconds(lambda: grouped(store, outcomes)) for _ in range(3))
    cpu_s = (time.process_time() - cpu) / 3
    alone_rate = len(alone) / seconds(lambda: one_by_one(store, alone))
    lost = at_once(store, place, 8, size // 8)
    wait_ms = 1e3 * slowest_commit(store, outcomes[: 200 * CHUNK])
    told = f"{size:,} outcomes of twenty cases in chunks of {CHUNK}"
    return [
        record.Row(
            "store writes in group commits",
            size / cpu_s,
            "at least 20000",
            "outcomes/s of CPU",
            note=f"{told}; a commit at most every 100 ms",
        ),
        record.Row(
            "the same in real time",
            group_rate,
            "at least 20000",
            "outcomes/s",
            note="best of three; waits for the disk",
        ),
        record.Row(
            "from handing over to the commit, 99th percentile",
            wait_ms,
            "at most 100",
            "ms",
            note="real time; the interval between commits is 100 ms at most, and the commit itself comes on top",
        ),
        record.Row(
            "writes in group commits over one commit an outcome",
            group_rate / alone_rate,
            "",
            "ratio",
            "1",
            "one commit each",
        ),
        record.Row("outcomes lost by eight processes writing at once", lost, "exactly 0", "outcomes", note=told),
    ]


if __name__ == "__main__":
    main()
