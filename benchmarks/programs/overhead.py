"""The exact meter's overhead: CPU time of eight functions in the guest over the same natively, in one run.

`python benchmarks/programs/overhead.py` writes benchmarks/results/overhead.json.
"""

import math
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import record
from perfwise.programs import plain
from perfwise.programs.contracts import Limits
from perfwise.programs.guest.runtime import Instance
from perfwise.programs.meters.wasm import WasmMeter

REPETITIONS = 7

FUNCTIONS = {
    "sort": """
def f():
    x, out = 12345, []
    for _ in range(300_000):
        x = (x * 1103515245 + 12345) & 0x7FFFFFFF
        out.append(x)
    return sorted(out)[0]
""",
    "bubble": """
def f():
    a = [(k * 7919) % 900 for k in range(900)]
    for i in range(len(a)):
        for j in range(len(a) - 1 - i):
            if a[j] > a[j + 1]:
                a[j], a[j + 1] = a[j + 1], a[j]
    return a[0]
""",
    "dict": """
def f():
    d = {}
    for k in range(600_000):
        d[k % 5000] = d.get(k % 5000, 0) + k
    return len(d)
""",
    "string": """
def f():
    text = " ".join("word%d" % (k % 997) for k in range(60_000))
    seen = {}
    for word in text.split():
        seen[word.upper()] = seen.get(word.upper(), 0) + 1
    return len(seen)
""",
    "fib": """
def f():
    def fib(n):
        return n if n < 2 else fib(n - 1) + fib(n - 2)
    return fib(25)
""",
    "nbody": """
def f():
    x = y = 0.0
    vx, vy = 0.5, 1.25
    for _ in range(40_000):
        r = (x * x + y * y + 0.01) ** 1.5
        vx -= x / r * 0.001
        vy -= y / r * 0.001
        x += vx * 0.001
        y += vy * 0.001
    return x
""",
    "objset": """
class P:
    __slots__ = ("k",)
    def __init__(self, k): self.k = k
    def __hash__(self): return self.k
    def __eq__(self, other): return self.k == other.k
def f():
    return len({P(k % 1000) for k in range(120_000)})
""",
    "bigint": """
def f():
    p = 1
    for k in range(1, 6000):
        p *= k
    return p % 1_000_007
""",
}


def native_s(source: str) -> float:
    names: dict = {}
    exec(source, names)
    best = math.inf
    for _ in range(REPETITIONS):
        before = time.thread_time()
        names["f"]()
        best = min(best, time.thread_time() - before)
    return best


def guest_s(source: str) -> float:
    spans: list[float] = []
    call = Instance.call

    def timed(self: Instance, name: str, *arguments: object, **options: float) -> object:
        before = time.thread_time()
        try:
            return call(self, name, *arguments, **options)
        finally:
            if name == "call":
                spans.append(time.thread_time() - before)

    Instance.call = timed
    try:
        for _ in range(REPETITIONS):
            run = WasmMeter().measure(source, "f", [plain.dumps(())], Limits(1e12), 0)
            assert run.calls[0].answer is not None, run
    finally:
        Instance.call = call
    return min(spans[-REPETITIONS:])


def main() -> None:
    WasmMeter().measure("def f(): pass", "f", [plain.dumps(())], Limits(1e9), 0)
    ratios = {}
    for name, source in FUNCTIONS.items():
        native, guest = native_s(source), guest_s(source)
        ratios[name] = guest / native
        print(f"{name:8} native {native * 1e3:7.1f} ms  guest {guest * 1e3:7.1f} ms  ratio {ratios[name]:.2f}")
    mean = math.exp(sum(map(math.log, ratios.values())) / len(ratios))
    worst = max(ratios, key=ratios.__getitem__)
    print(f"geometric mean {mean:.2f}, worst {worst} {ratios[worst]:.2f}")
    host = f"CPU time in the guest over CPython {sys.version.split()[0]}, eight functions"
    record.write(
        "overhead",
        "python benchmarks/programs/overhead.py",
        [
            record.Row(f"{host}: geometric mean", mean, "at most 3", "ratio", theirs="1", source="native"),
            record.Row(f"{host}: worst ({worst})", ratios[worst], "at most 4.5", "ratio", theirs="1", source="native"),
        ],
    )


if __name__ == "__main__":
    main()
