"""C++ through WebAssembly: counts beside callgrind's native ones, CPU time beside native, builds beside each other.

`python benchmarks/programs/cpp.py` writes benchmarks/results/cpp.json. It needs valgrind; native programs are compiled by
the same compiler (ziglang) for this machine's baseline, at -O2 without exceptions.
"""

import math
import re
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))
from _pairs import HEAD, PAIRS

import record
from perfwise.programs import plain
from perfwise.programs.compiled import compiler
from perfwise.programs.compiled.compiler import Recipe
from perfwise.programs.contracts import Limits
from perfwise.programs.meters.wasm import WasmMeter

COMMAND = "python benchmarks/programs/cpp.py"
EMPTY = plain.dumps(("",))
REPEATS = 5


def source(body: str) -> str:
    return f"{HEAD}int main() {{ {body} }}\n"


def counted(text: str) -> float:
    (call,) = WasmMeter().for_language("c++").measure(text, "", [EMPTY], Limits(1e11), 0).calls
    assert call.answer is not None, (text, call)
    return call.cost


def native(text: str, folder: Path) -> Path:
    (folder / "program.cpp").write_text(text)
    out = folder / f"native-{abs(hash(text))}"
    flags = ["-O2", "-std=gnu++20", "-s", "-w", "-fno-exceptions", "-fno-sanitize=undefined", "-march=x86_64"]
    subprocess.run(
        [str(compiler._zig()), "c++", *flags, "-o", str(out), str(folder / "program.cpp")], check=True, cwd=folder
    )
    return out


def callgrind(program: Path, folder: Path) -> int:
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", str(program)]
    told = subprocess.run(
        command, check=True, capture_output=True, text=True, cwd=folder, env={"PATH": "/usr/bin:/bin"}
    ).stderr
    return int(re.search(r"Collected : (\d+)", told)[1])


def children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def own_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def native_cpu_s(program: Path) -> float:
    spent = []
    for _ in range(REPEATS):
        before = children_cpu_s()
        subprocess.run([str(program)], check=True, capture_output=True)
        spent.append(children_cpu_s() - before)
    return min(spent)


def wasm_cpu_s(text: str) -> float:
    """Of one run, with a fresh instance, without compiling."""
    counted(text)
    spent = []
    for _ in range(REPEATS):
        before = own_cpu_s()
        counted(text)
        spent.append(own_cpu_s() - before)
    return min(spent)


def long_enough(body: str) -> str:
    """The program many times in one run, so that starting a process weighs little."""
    return f"{HEAD}int once() {{ {body} return 0; }}\nint main() {{ for (int i = 0; i < 12; i++) once(); }}\n"


def alike(counts: list[tuple[str, tuple[float, float], tuple[float, float]]]) -> tuple[int, list[str]]:
    same = [(name, (ours[0] > ours[1]) == (theirs[0] > theirs[1])) for name, ours, theirs in counts]
    return sum(right for _, right in same), [name for name, right in same if not right]


def main() -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        counts, ratios = [], []
        empty = counted(source("")), callgrind(native(source(""), folder), folder)
        for name, bodies in PAIRS.items():
            texts = [source(body) for body in bodies]
            ours = tuple(counted(text) - empty[0] for text in texts)
            theirs = tuple(callgrind(native(text, folder), folder) - empty[1] for text in texts)
            counts.append((name, ours, theirs))
            print(f"{name:32} {ours[0]:14,.0f} {ours[1]:14,.0f}   native {theirs[0]:14,} {theirs[1]:14,}", flush=True)
        for name, bodies in list(PAIRS.items())[::2]:
            text = long_enough(bodies[0])
            own, there = wasm_cpu_s(text), native_cpu_s(native(text, folder))
            if there > 0.03:
                ratios.append(own / there)
            print(f"{name:32} wasm {own:.3f} s, native {there:.3f} s, {own / there:.2f}", flush=True)
        text = source(PAIRS["sort"][1])
        thrice = {counted(text) for _ in range(3)}
        builds = {compiler._compiled(text, Recipe("c++")) for _ in range(2)}
        empty_cost, instance_s = counted(source("")), wasm_cpu_s(source(""))
    agreed, not_alike = alike(counts)
    per = [ours / theirs for _, pair, other in counts for ours, theirs in zip(pair, other, strict=True) if theirs > 1e6]
    note = f"not alike: {', '.join(not_alike)}" if not_alike else "all alike"
    rows = [
        record.Row(
            f"pairs of C++ programs ranked as callgrind ranks them, of {len(counts)}",
            agreed,
            "at least 20 agree",
            "pairs",
            source="valgrind 3.19 callgrind, ziglang -O2 native",
            note=note,
        ),
        record.Row(
            "WebAssembly instructions over native ones, geometric mean",
            math.exp(statistics.fmean(map(math.log, per))),
            "none",
            "ratio",
            note=f"{min(per):.2f} to {max(per):.2f} over {len(per)} programs of more than a million instructions",
        ),
        record.Row(
            "C++ through WebAssembly at -O2 over native, CPU time, geometric mean",
            math.exp(statistics.fmean(map(math.log, ratios))),
            "at most 1.5",
            "ratio",
            note=f"{min(ratios):.2f} to {max(ratios):.2f} over {len(ratios)} programs of at least 30 ms; least of {REPEATS}",
        ),
        record.Row("different counts of one C++ source in three runs", len(thrice), "1", "counts"),
        record.Row("different modules of one C++ source in two builds", len(builds), "1", "modules"),
        record.Row(
            "a C++ program that does nothing, with its instance",
            1000 * instance_s,
            "none",
            "ms CPU",
            note=f"{empty_cost:,.0f} instructions",
        ),
    ]
    record.write("cpp", COMMAND, rows)


if __name__ == "__main__":
    main()
