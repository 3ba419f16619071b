"""How long `compare` takes on two stored runs of 16,400 outcomes, and how often its intervals hold what they claim.

    python benchmarks/core/compare.py [--coverage STUDIES]

Writes benchmarks/results/compare.json. The runs are made up: 164 tasks of 100 candidates with twenty cases each, as the
programs engine keeps them. CPU time counts: a busy machine stretches wall time. Coverage is counted
over made-up studies whose answer is known, alarms over made-up runs without a change; docs/gate.md tells them.
"""

import argparse
import gc
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import multinomial
from store_writes import PROVENANCE, outcome

from perfwise.core.compare import Comparison, Resolution, Side, compare
from perfwise.core.cost import Cost
from perfwise.core.gate import Gate, Rule
from perfwise.core.outcome import Failure, Outcome
from perfwise.core.store import Store, open_store
from perfwise.kit.stats import mean_interval, share_interval
from perfwise.programs.resolution import unresolved

sys.path.insert(0, str(Path(__file__).parents[1]))
import record

SIZE = 16_400
Draw = Callable[[np.random.Generator, int], NDArray[np.float64]]


def made(name: str, seed: int) -> list[Outcome]:
    """A fifth fails; costs of a task spread by a fifth either way."""
    generator = np.random.default_rng(seed)
    found = []
    for number in range(SIZE):
        right = generator.random() < 0.8
        cost = Cost(wasm_instructions=1e6 * (number // 100 + 1) * generator.uniform(0.8, 1.2), peak_bytes=1 << 20)
        failure = None if right else Failure("wrong-answer", "case 3: expected 1, got 2")
        one = replace(outcome(number), candidate_set=name, quality=float(right), cost=cost, failure=failure)
        found.append(one)
    return found


def fill(store: Store) -> None:
    """Two runs of one set each."""
    for seed, name in enumerate("ab"):
        run = store.begin("programs", {"set": name}, "2024-05-01T12:00:00Z", SIZE)
        with store.writer(run) as writer:
            writer.append(made(name, seed))
        store.finish(run)


def read_and_compare(store: Store) -> Comparison:
    """What the command does between its imports and its table."""
    first, second = (
        Side(name, list(store.outcomes(store.run(number), unread_detail=True))) for number, name in ((1, "a"), (2, "b"))
    )
    return compare(first, second, resolution=Resolution(absolute=unresolved))


def seconds(action: Callable[[], object], times: int = 3) -> tuple[float, float]:
    """Least wall and CPU time."""
    took = []
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        action()
        took.append((time.perf_counter() - wall, time.process_time() - cpu))
    return min(wall for wall, _ in took), min(cpu for _, cpu in took)


def command(place: Path) -> tuple[float, float]:
    """Wall and CPU time of the whole command in a process of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "perfwise", "compare", "1", "2", "--store", str(place)], check=True, capture_output=True
    )
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _tied(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    return np.where(rng.random(n) < 0.6, 0.0, rng.normal(-0.7, 0.5, n))


def _few(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    return np.where(rng.random(n) < 0.1, -1.1, rng.normal(0.0, 0.01, n))


RATIOS: dict[str, tuple[Draw, float]] = {
    "normal": (lambda rng, n: rng.normal(-0.3, 0.4, n), -0.3),
    "six of ten tie": (_tied, -0.28),
    "exponential": (lambda rng, n: -rng.exponential(0.5, n), -0.5),
    "t with 3 degrees of freedom": (lambda rng, n: rng.standard_t(3, n) * 0.3, 0.0),
    "one in ten three times": (_few, -0.11),
}
CHANGED = (0.3, 0.15, 0.06)
NOISY = replace(PROVENANCE, meter="cpu_time", machine="x86_64 Linux")


def coverage(studies: int, tasks: int) -> dict[str, float]:
    """Share of studies whose interval holds the answer, by what was made up."""
    rng = np.random.default_rng(7)
    found = {}
    for name, (draw, answer) in RATIOS.items():
        found[name] = _held([mean_interval(draw(rng, tasks)) for _ in range(studies)], answer)
    for changed in CHANGED:
        found[f"verdict changes on {100 * changed:.0f} %"] = _share_held(tasks, changed)
    return found


def _share_held(tasks: int, changed: float) -> float:
    """Two of three changes are for the better; summed over all that can happen, so exact."""
    chances, answer = [changed * 2 / 3, changed / 3, 1 - changed], changed / 3
    ups, downs = np.meshgrid(np.arange(tasks + 1), np.arange(tasks + 1), indexing="ij")
    likely = multinomial.pmf(np.stack([ups, downs, tasks - ups - downs], axis=-1), tasks, chances)
    held = 0.0
    for up, down in np.argwhere(likely > 1e-9):
        low, high = share_interval(np.repeat([1.0, -1.0, 0.0], [up, down, tasks - up - down])) or (1.0, -1.0)
        held += likely[up, down] * (low <= answer <= high)
    return held


def false_alarms(runs: int, tasks: int) -> dict[str, float]:
    """Share of runs in which a rule of tolerance 0 is broken though nothing changed, by the rule."""
    rng = np.random.default_rng(11)
    asked: dict[str, tuple[Rule, Callable[[], tuple[Side, Side]]]] = {
        "cost, half of the tasks move": (Rule(), lambda: _moved(rng, tasks)),
        "quality, verdicts of a fifth drawn anew": (Rule(metric="quality"), lambda: _redrawn(rng, tasks)),
        "noisy cost over the tasks": (Rule(), lambda: _measured_twice(rng, tasks)),
        "noisy cost of any task": (Rule(per_task=True), lambda: _measured_twice(rng, tasks)),
    }
    return {
        name: sum(Gate([rule]).judge(*draw()).status == "fail" for _ in range(runs)) / runs
        for name, (rule, draw) in asked.items()
    }


def _side(name: str, costs: NDArray[np.float64], right: NDArray[np.bool_] | None = None) -> Side:
    one = replace(outcome(0), candidate_set=name, failure=None)
    failure = Failure("wrong-answer", "case 3: expected 1, got 2")
    made = []
    for task, cost in enumerate(costs):
        is_right = right is None or bool(right[task])
        amounts = Cost(wasm_instructions=float(cost))
        fate = {"quality": float(is_right), "failure": None if is_right else failure}
        made.append(replace(one, task=str(task), cost=amounts, **fate))
    return Side(name, made)


def _moved(rng: np.random.Generator, tasks: int) -> tuple[Side, Side]:
    logs = np.where(rng.random(tasks) < 0.5, 0.0, rng.normal(0, 0.3, tasks))
    return _side("old", np.full(tasks, 1e6)), _side("new", 1e6 * np.exp(logs))


def _redrawn(rng: np.random.Generator, tasks: int) -> tuple[Side, Side]:
    old = rng.random(tasks) < 0.8
    new = np.where(rng.random(tasks) < 0.2, rng.random(tasks) < 0.8, old)
    costs = np.full(tasks, 1e6)
    return _side("old", costs, old), _side("new", costs, new)


def _measured_twice(rng: np.random.Generator, tasks: int) -> tuple[Side, Side]:
    """Five repeats of each task by a meter that is off by a fifth."""
    sides = []
    for name in ("old", "new"):
        made = []
        for task, logs in enumerate(rng.normal(0, 0.2, (tasks, 5))):
            one = replace(outcome(0), task=str(task), candidate_set=name, cost=Cost(cpu_s=float(np.exp(logs.mean()))))
            detail = {"cost_samples": [float(each) for each in np.exp(logs)], "sampled_cost": "cpu_s"}
            made.append(replace(one, detail=detail, provenance=NOISY))
        sides.append(Side(name, made, run="1"))
    return sides[0], sides[1]


def _held(intervals: list[tuple[float, float] | None], answer: float) -> float:
    return sum(one is not None and one[0] <= answer <= one[1] for one in intervals) / len(intervals)


def main() -> None:
    """Measure, print and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--coverage", type=int, default=1000, help="made-up studies of each kind; 0 for none")
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "store.db"
        with open_store(place) as store:
            fill(store)
            gc.disable()  # as the command does
            wall, cpu = seconds(lambda: read_and_compare(store))
            gc.enable()
        whole_wall, whole_cpu = min(command(place) for _ in range(7))
    what = f"`compare` of two stored runs of {SIZE:,} outcomes"
    busy = "of wall time, beside other work"
    rows.append(record.Row(f"{what}, reading and comparing", cpu, "at most 1", "s of CPU", note=f"{wall:.2f} s {busy}"))
    note = f"imports included; {whole_wall:.2f} s {busy}"
    rows.append(record.Row(f"{what}, the whole command", whole_cpu, "at most 1", "s of CPU", note=note))
    for tasks in (20, 50, 164) if options.coverage else ():
        for name, share in coverage(options.coverage, tasks).items():
            aim = "within 0.02" if tasks >= 50 else "told in the output"
            figure = f"95 % interval over {tasks} tasks holds: {name}"
            rows.append(record.Row(figure, share, aim, "share", "0.95", "nominal"))
    for tasks in (12, 50) if options.coverage else ():
        for name, share in false_alarms(1000, tasks).items():
            figure = f"gate alarms without a change, 1,000 runs of {tasks} tasks: {name}"
            rows.append(record.Row(figure, share, "at most 0.05", "share", "0.05", "nominal"))
    for row in rows:
        print(f"{row.figure}: {row.ours:.3f} {row.unit} {row.note}")
    record.write("compare", "python benchmarks/core/compare.py", rows)


if __name__ == "__main__":
    main()
