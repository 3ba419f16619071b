"""The simulator's speed beside Vidur's, and how it grows.

`python benchmarks/serving/speed.py` writes benchmarks/results/serving-speed.json and docs/images/serving-linear.svg.

Vidur's CPU seconds are those recorded with its reference runs (event loop only, its default metrics on); ours are of the
same inputs, the loop only, in one process. Vidur itself is not run: its tables need its own trained predictor.
"""

import json
import os
import re
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))
import record  # noqa: E402
from perfwise.core.family import Family  # noqa: E402
from perfwise.serving.arrivals.poisson import Poisson  # noqa: E402
from perfwise.serving.lengths.uniform import Uniform  # noqa: E402
from perfwise.serving.planning import chosen  # noqa: E402
from perfwise.serving.reading import read_trace  # noqa: E402
from perfwise.serving.simulator import Cluster, Policies, Simulation, simulate  # noqa: E402
from perfwise.serving.timers.table import Table  # noqa: E402
from perfwise.serving.trace import Trace  # noqa: E402
from perfwise.serving.workload import generated  # noqa: E402

DATA = Path(os.environ.get("PERFWISE_DATA") or ROOT.parent / "shared" / "data") / "serving" / "anchors"
COMMAND = "python benchmarks/serving/speed.py"
TABLES = DATA / "vidur_tables_per_operator_llama3-8b_a100_tp1.npz"
RUNS = {  # name of the file, Vidur's key, blocks
    "A_readme": ("A_readme_sarathi_512", 30_208),
    "A1": ("A1_sarathi_splitwise_full", 30_208),
    "A3": ("A3_sarathi_arxiv_2048", 30_208),
    "R1": ("R1_sarathi_preempt", 1_500),
}
REPEATS = 7
SOURCE = "CPU s of Vidur's event loop recorded with its reference runs, microsoft/vidur 7d47513"


def served(trace: Trace, blocks: int, replicas: int = 1, **names: str) -> Simulation:
    """The best of several runs by CPU time of the loop."""
    policies = Policies(**{family: chosen(family, name) for family, name in names.items()})
    cluster = Cluster(blocks, replicas, kv_bytes_per_token=131_072)
    timer = Table.from_npz(TABLES)
    runs = [
        simulate(trace.rows(), timer, cluster, policies, prefixes=trace.prefixes, prefix_tokens=trace.prefix_tokens)
        for _ in range(REPEATS * (4 if len(trace) < 5_000 else 1))
    ]
    return min(runs, key=lambda run: run.loop_cpu_s)


def trace_of(name: str) -> Trace:
    (path,) = DATA.glob(f"{name}_*requests.csv.gz")
    return read_trace(path)


def recorded_cpu_s() -> dict[str, float]:
    runs = json.loads((DATA / "anchor_runs.json").read_text("utf-8"))["vidur_runs"]
    return {name: runs[key]["vidur_run_cpu_s"] for name, (key, _) in RUNS.items()}


def beside_vidur() -> list[record.Row]:
    rows, theirs = [], recorded_cpu_s()
    for name, (_, blocks) in RUNS.items():
        run = served(trace_of(name), blocks, batching="sarathi:chunk_tokens=512")
        ratio = theirs[name] / run.loop_cpu_s
        note = f"{run.loop_cpu_s * 1e3:.1f} ms, {run.loop_cpu_s / run.iterations * 1e9:.0f} ns an iteration"
        rows.append(
            record.Row(f"Vidur's CPU time over ours, {name}", ratio, "at least 500", "ratio", "1", SOURCE, note)
        )
    return rows


def other_methods() -> list[record.Row]:
    """The slowest of all built-in methods against Vidur's plain run of the same trace: one with memory to spare, one without."""
    theirs, ratios = recorded_cpu_s(), {}
    for name in ("A1", "R1"):
        blocks = RUNS[name][1]
        for family in ("batching", "memory", "preemption", "retention", "dispatch"):
            for method in Family(f"perfwise.serving.{family}").names():
                names = {"batching": "sarathi", family: method}
                ratios[f"{method} on {name}"] = theirs[name] / served(trace_of(name), blocks, **names).loop_cpu_s
    slowest = min(ratios, key=ratios.__getitem__)
    note = f"the slowest of {len(ratios)}: {slowest}"
    return [
        record.Row(
            "Vidur's CPU time over ours, any other built-in method",
            ratios[slowest],
            "at least 100",
            "ratio",
            "1",
            SOURCE,
            note,
        )
    ]


def large() -> list[record.Row]:
    """100,000 requests on one replica, 1,000,000 over 64, in processes of their own for their memory."""
    rows = []
    for count, replicas, rate, aims in (
        (100_000, 1, 6.0, ("below 1", "below 500")),
        (1_000_000, 64, 350.0, ("below 60", "")),
    ):
        code = f"from speed import child; child({count}, {replicas}, {rate})"
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=Path(__file__).parent, capture_output=True, text=True, check=True
        )
        found = json.loads(done.stdout)
        what = f"{count:,} requests over {replicas} replica(s)"
        note = f"{found['iterations']:,} iterations, {found['ns']:.0f} ns each"
        rows.append(record.Row(f"CPU time of the loop, {what}", found["cpu_s"], aims[0], "s", note=note))
        rows.append(record.Row(f"Peak memory of the process, {what}", found["megabytes"], aims[1], "MB"))
    return rows


def child(count: int, replicas: int, rate: float) -> None:
    trace = generated("generated", Poisson(rate), Uniform((64, 512), (4, 12)), count)
    run = simulate(
        trace.rows(), Table.from_npz(TABLES), Cluster(30_208, replicas), Policies(chosen("batching", "sarathi"))
    )
    # Not ru_maxrss: what the parent had when it began this process counts there, too.
    (peak_kb,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("utf-8"))
    peak = int(peak_kb) * 1024 / 1e6
    print(
        json.dumps(
            {
                "cpu_s": run.loop_cpu_s,
                "iterations": run.iterations,
                "ns": run.loop_cpu_s / run.iterations * 1e9,
                "megabytes": peak,
            }
        )
    )


def growth() -> list[record.Row]:
    """CPU time against iterations, of parts of one trace; the slope of the logarithms is 1 where time is linear."""
    whole, points = trace_of("A1"), []
    for count in (300, 600, 1200, 2400, 4800, 9600, 19_366):
        run = served(whole.first(count), 30_208, batching="sarathi")
        points.append((run.iterations, run.loop_cpu_s))
    iterations, cpu_s = (np.log(column) for column in np.array(points).T)
    slope = float(np.polyfit(iterations, cpu_s, 1)[0])
    draw(points)
    return [
        record.Row(
            "Exponent of CPU time over iterations", slope, "1", "", note="parts of A1: docs/images/serving-linear.svg"
        )
    ]


def draw(points: list[tuple[int, float]]) -> None:
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "perfwise"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6, 3.6), layout="constrained")
    x, y = np.array(points).T
    axes.loglog(x, 1e3 * y, "o-", color="#1b6ca8", label="loop")
    axes.loglog(x, 1e3 * y[-1] * x / x[-1], ":", color="#888888", label="linear")
    axes.set_xlabel("iterations")
    axes.set_ylabel("CPU time, ms")
    axes.set_title("Parts of one trace: time is linear in iterations", loc="left", fontsize=10)
    axes.legend(frameon=False)
    figure.savefig(ROOT / "docs" / "images" / "serving-linear.svg", metadata={"Date": None})


def starts() -> list[record.Row]:
    """The whole command: the first time in a new environment, which compiles, and later."""
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "NUMBA_CACHE_DIR": cache}
        command = [sys.executable, "-m", "perfwise", "serving", "simulate", "--tables", str(TABLES), "--json", "-"]
        command += ["--requests", str(next(DATA.glob("A_readme_*requests.csv.gz")))]
        times = []
        for _ in range(3):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(command, env=environment, capture_output=True, check=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return [
        record.Row("CPU time of the first run, which compiles", times[0], "below 60", "s", note="512 requests"),
        record.Row("CPU time of later runs, everything included", min(times[1:]), "below 2", "s", note="512 requests"),
    ]


def main() -> None:
    rows = [*beside_vidur(), *other_methods(), *large(), *growth(), *starts()]
    for row in rows:
        print(f"{row.figure}: {row.ours:.4g} {row.unit} (aim {row.aim}; {row.note})")
    record.write("serving-speed", COMMAND, rows)


if __name__ == "__main__":
    main()
