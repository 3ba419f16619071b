"""The valgrind meter: what a counted call takes, how far counts drift, in one run beside the same natively.

`python benchmarks/programs/valgrind.py` writes benchmarks/results/valgrind.json. CPU seconds are the kernel's account of
a job's processes, readings included; native ones are those of `overhead.py`.
"""

import math
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))
from overhead import FUNCTIONS, native_s

import record
from perfwise.programs import plain
from perfwise.programs.meters._cachegrind import counted_interpreter
from perfwise.programs.meters._confined import sandbox_for
from perfwise.programs.meters._template import Answered, Template
from perfwise.programs.meters.valgrind import _read

COMMAND = "python benchmarks/programs/valgrind.py"
SMALL = "def f(): return sorted(k * 7919 % 100 for k in range(100))"
NUMPY = """
import numpy
def f():
    a = numpy.arange(90_000, dtype=float).reshape(300, 300) % 97
    b = a
    for _ in range(5):
        b = b @ a % 97
    return float(b.sum() + numpy.sort(numpy.arange(400_000)[::-1] * 7919 % 400_009)[5])
"""
RUNS = 4


def job(template: Template, source: str) -> Answered:
    inputs = [plain.dumps(()).decode("latin-1")]
    asked = {"source": source, "entry_point": "f", "inputs": inputs, "seed": 0}
    return template.run({**asked, "cpu_s": 600, "memory_bytes": 2 << 30}, 1800)


def count(answered: Answered) -> float:
    (call,) = _read(answered, 1, 600, (0.0,)).calls
    assert call.answer is not None, call
    return float(call.cost or 0)


def started(packages: tuple[str, ...]) -> Template:
    template = Template(sandbox_for(None, allow_unsandboxed=False), counted_interpreter(), packages)
    job(template, "def f(): pass")  # also what only the first job pays
    return template


def main() -> None:
    first, second = started(()), started(())
    small = [job(first, SMALL) for _ in range(15)]
    walls, cpus = ([getattr(one, field) for one in small] for field in ("wall_s", "cpu_s"))
    idle_s = min(job(first, "def f(): pass").cpu_s for _ in range(RUNS))
    within, between, ratios = [], [], {}
    for name, source in FUNCTIONS.items():
        jobs = [job(first, source) for _ in range(RUNS)]
        counts = [count(one) for one in jobs]
        within.append(max(counts) / min(counts) - 1)
        between.append(abs(count(job(second, source)) / counts[0] - 1))
        native = native_s(source)
        ratios[name] = (min(one.cpu_s for one in jobs) - idle_s) / native
        print(
            f"{name:8} {counts[0]:14,.0f} instructions, native {native * 1e3:6.1f} ms, ratio {ratios[name]:5.1f}, ",
            end="",
        )
        print(f"drift {within[-1]:.5%}, another server {between[-1]:.5%}", flush=True)
    numbers = started(("numpy",))
    numpy_jobs = [job(numbers, NUMPY) for _ in range(2)]
    numpy_counts = [count(one) for one in numpy_jobs]
    numpy_ratio = (min(one.cpu_s for one in numpy_jobs) - idle_s) / native_s(NUMPY)
    mean = math.exp(sum(map(math.log, ratios.values())) / len(ratios))
    worst = max(ratios, key=ratios.__getitem__)
    print(f"mean {mean:.1f}, worst {worst} {ratios[worst]:.1f}, numpy {numpy_ratio:.1f}, drift {max(within):.4%}")
    host = f"CPU time of a counted call over CPython {sys.version.split()[0]}"
    theirs = "callgrind toggled in a fork: 37 to 140"
    source = "an earlier trial on eight like functions"
    record.write(
        "valgrind",
        COMMAND,
        [
            record.Row(
                "Real time of a counted call of a small function, after warm-up: median of 15",
                1e3 * statistics.median(walls),
                "at most 250",
                "ms",
                note=f"{1e3 * statistics.median(cpus):.0f} ms of CPU; real time depends on what else runs",
            ),
            record.Row("CPU time of the same: median of 15", 1e3 * statistics.median(cpus), "at most 250", "ms"),
            record.Row(f"{host}, eight functions: geometric mean", mean, "at most 20", "ratio", theirs, source),
            record.Row(
                f"{host}, eight functions: worst ({worst})", ratios[worst], "at most 20", "ratio", theirs, source
            ),
            record.Row(
                f"{host}: numpy, 5 products of 300 x 300 and a sort of 400,000",
                numpy_ratio,
                "",
                "ratio",
                "231",
                "an own tool for Valgrind, another machine",
            ),
            record.Row(
                "Drift within a server, eight functions four times: worst", max(within), "at most 0.003", "share"
            ),
            record.Row(
                "Drift within a server, numpy twice",
                max(numpy_counts) / min(numpy_counts) - 1,
                "at most 0.003",
                "share",
            ),
            record.Row(
                "Difference between two servers, eight functions: worst", max(between), "at most 0.003", "share"
            ),
        ],
    )


if __name__ == "__main__":
    main()
