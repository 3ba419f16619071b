"""COFFE's own protocol beside ours, and whether counts rank programs as CPU time does.

`python benchmarks/programs/coffe.py [--every N]` writes benchmarks/results/coffe.json and docs/coffe-ranking.md.

The protocol: for each stress input of a task twelve fresh processes, each of which reads the solution in, makes the
input and calls the function once. Reproduced here with CPU time in place of the hardware counter. Solutions of published
suites and of a language model run natively here, so the whole benchmark restarts itself inside bubblewrap.
"""

import argparse
import gzip
import itertools
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))
import record  # noqa: E402
from perfwise.core.task import REFERENCE  # noqa: E402
from perfwise.errors import InvalidTask  # noqa: E402
from perfwise.programs import judge  # noqa: E402
from perfwise.programs.contracts import Limits, ProgramCandidate, ProgramTask  # noqa: E402
from perfwise.programs.engine import ProgramEngine  # noqa: E402
from perfwise.programs.meters.cpu_time import CpuTimeMeter  # noqa: E402
from perfwise.programs.meters.wasm import WasmMeter  # noqa: E402
from perfwise.programs.samples.coffe_predictions import CoffePredictions  # noqa: E402
from perfwise.programs.suites.coffe_function import CoffeFunction  # noqa: E402

DATA = Path(os.environ.get("PERFWISE_DATA") or ROOT.parent / "shared" / "data") / "programs" / "coffe" / "function"
COMMAND = "python benchmarks/programs/coffe.py"
PROCESSES = 12
TOO_CHEAP = 5e6  # instructions that no machine needs 2 ms for
DEAREST = 2e10  # tasks whose reference costs more are left out of this run, and counted
DEAREST_RANKED = 4e9  # the same in the ranking, where each program also runs five times natively

# What one process of the protocol does: read in, make the input, call once.
ONE_RUN = """
import json, random, sys, time
job = json.load(sys.stdin)
random.seed(1024)
names = {}
exec(job["source"], names)
arguments = eval(job["arguments"])
before = time.process_time()
names[job["entry_point"]](*arguments)
print(time.process_time() - before)
"""


def children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def protocol_cpu_s(source: str, entry_point: str, inputs: list[str]) -> float:
    """CPU time of all processes that the protocol starts for one solution."""
    before = children_cpu_s()
    for arguments in inputs:
        job = json.dumps({"source": source, "entry_point": entry_point, "arguments": arguments})
        for _ in range(PROCESSES):
            subprocess.run([sys.executable, "-c", ONE_RUN], input=job, text=True, capture_output=True, check=False)
    return children_cpu_s() - before


def our_cpu_s(engine: ProgramEngine, task: ProgramTask, candidate: ProgramCandidate) -> float:
    """CPU time of counting and judging one solution on all tests, the task being open."""
    before = time.process_time()
    outcome = engine.run(task, candidate, 0)
    assert outcome.cost, outcome
    return time.process_time() - before


def stress_texts(tasks: list[ProgramTask]) -> dict[str, list[str]]:
    """The stress inputs of each task as COFFE has them: texts of argument lists."""
    by_prompt = json.loads(_unpacked("stressful_testcases"))
    prompts = {row["task_id"]: row["final_prompt"] for row in json.loads(_unpacked("data"))}
    return {task.id: [test["input"] for test in by_prompt[prompts[_native(task.id, prompts)]]] for task in tasks}


def _native(task: str, prompts: dict) -> object:
    """COFFE's own key of a task: its MBPP ids are numbers."""
    return task if task in prompts else int(task.rpartition("/")[2])


def _unpacked(name: str) -> str:
    return gzip.decompress((DATA / f"{name}.json.gz").read_bytes()).decode("utf-8")


def protocol_part(tasks: list[ProgramTask]) -> list[record.Row]:
    engine, texts = ProgramEngine(WasmMeter()), stress_texts(tasks)
    ours, theirs, dear = [], [], 0
    for task in tasks:
        candidate = ProgramCandidate("best", "coffe", task.id, task.reference)
        outcome = engine.run(task, candidate, 0)  # opens the task
        if not outcome.succeeded or outcome.cost["wasm_instructions"] > DEAREST:
            dear += 1
            continue
        ours.append(our_cpu_s(engine, task, candidate))
        theirs.append(protocol_cpu_s(task.reference, task.entry_point, texts[task.id]))
        print(
            f"{task.id}: protocol {theirs[-1]:.2f} s, ours {ours[-1] * 1e3:.1f} ms, {theirs[-1] / ours[-1]:.0f}x",
            flush=True,
        )
    ratios = [a / b for a, b in zip(theirs, ours, strict=True)]
    note = f"{len(ours)} tasks; {dear} left out whose best solution fails here or costs over {DEAREST:.0e}"
    source = "COFFE's protocol, 12 processes an input, reproduced with CPU time"
    return [
        record.Row(
            "CPU per counted solution, protocol over ours: median over tasks",
            statistics.median(ratios),
            "at least 30",
            "ratio",
            "1",
            source,
            note,
        ),
        record.Row(
            "CPU per counted solution, protocol over ours: ratio of sums",
            sum(theirs) / sum(ours),
            "",
            "ratio",
            "1",
            source,
            note,
        ),
    ]


def ranking_part(tasks: list[ProgramTask]) -> list[record.Row]:
    """Pairs of programs on one stress input whose CPU times differ by over 25 % and exceed 2 ms."""
    predictions = CoffePredictions().read(
        DATA / "predictions_gpt4o.json.gz", {task.id: task for task in tasks}, "gpt4o"
    )
    agree, pairs, wrong = 0, 0, []
    for task in tasks:
        candidates = [ProgramCandidate("best", REFERENCE, task.id, task.reference), *task.references]
        candidates += [each for each in predictions if each.task == task.id]
        unique = {each.digest: each for each in candidates}
        for one, two in itertools.combinations(measured(task, list(unique.values())), 2):
            for case in sorted(one[1].keys() & two[1].keys()):
                (count_1, cpu_1), (count_2, cpu_2) = one[1][case], two[1][case]
                if min(cpu_1, cpu_2) <= 0.002 or max(cpu_1, cpu_2) / min(cpu_1, cpu_2) <= 1.25:
                    continue
                pairs += 1
                if (count_1 < count_2) == (cpu_1 < cpu_2):
                    agree += 1
                else:
                    again = cpu_ratio(task, unique_by_name(unique.values()), one[0], two[0], case)
                    wrong.append((task.id, case, one[0], two[0], count_1 / count_2, cpu_1 / cpu_2, again))
                    print(wrong[-1], flush=True)
        print(f"{task.id}: {agree} of {pairs} pairs so far", flush=True)
    write_page(agree, pairs, wrong, len(tasks))
    share = agree / pairs if pairs else 0.0
    note = f"n = {pairs} pairs from {len(tasks)} tasks; those that disagree: docs/coffe-ranking.md"
    return [
        record.Row("Pairs that counts rank as CPU time does", share, "", "share", "1", "CPU time, CPython here", note)
    ]


def measured(task: ProgramTask, candidates: list[ProgramCandidate]) -> list[tuple[str, dict[int, tuple[float, float]]]]:
    """(name, {stress case: (count, CPU seconds)}) of the candidates that answer everything."""
    try:
        opened = judge.Judge().open(task)
    except InvalidTask as fault:  # counted as a task, told in the run's output
        print(f"{task.id} cannot be opened: {fault}", flush=True)
        return []
    limits, found = Limits(DEAREST_RANKED), []
    counts = {}
    for candidate in candidates:
        counted = WasmMeter().measure(candidate.source, task.entry_point, opened.inputs, limits, 0)
        if not counted.failure and len(counted.calls) == len(opened.inputs) and not counted.calls[-1].stopped:
            counts[candidate] = counted
    if len(counts) < 2 or max(call.cost for run in counts.values() for call in run.calls) < TOO_CHEAP:
        return []
    for candidate, counted in counts.items():
        timed = CpuTimeMeter(5).measure(candidate.source, task.entry_point, opened.inputs, Limits(60), 0)
        if timed.failure or len(timed.calls) < len(opened.inputs):
            continue
        costs = {
            index: (counted.calls[index].cost, timed.calls[index].cost)
            for index, case in enumerate(opened.cases)
            if case.stress and counted.calls[index].answer and timed.calls[index].answer
        }
        found.append((f"{candidate.candidate_set}/{candidate.id}", costs))
    return found


def unique_by_name(candidates) -> dict[str, ProgramCandidate]:
    return {f"{each.candidate_set}/{each.id}": each for each in candidates}


def cpu_ratio(task: ProgramTask, programs: dict, one: str, two: str, case: int) -> float:
    """First over second on one case once more, from the least of 15 turns of each, taken in turns."""
    inputs, least = judge.Judge().open(task).inputs, {one: float("inf"), two: float("inf")}
    for _ in range(3):
        for name in (one, two):
            run = CpuTimeMeter(5).measure(programs[name].source, task.entry_point, inputs, Limits(60), 0)
            if len(run.calls) > case and run.calls[case].cost:
                least[name] = min(least[name], run.calls[case].cost)
    return least[one] / least[two]


def cause(count: float, again: float) -> str:
    if max(again, 1 / again) <= 1.25:
        return "clock"
    return "clock: it agrees now" if (count < 1) == (again < 1) else "another price of native work"


def write_page(agree: int, pairs: int, wrong: list, tasks: int) -> None:
    text = [
        "# Do counts rank programs as CPU time does?",
        "",
        f"`{COMMAND}`: {tasks} COFFE function tasks; best and further solutions and GPT-4o's answers, in pairs on one",
        "stress input whose CPU times differ by more than 25 % and both exceed 2 ms.",
        f"Counts and CPU time agree on {agree} of {pairs} pairs.",
        "",
        "Each pair that disagrees was timed once more, in turns. Where its time ratio came out within 25 % of 1, the",
        "disagreement was the clock's; the others are programs that differ in how much of their work is done natively",
        "(matching regular expressions, parsing numbers, comparing and copying texts, raising), where the guest's cost for a unit of work is another one.",
        "",
        "| task | case | first | second | count ratio | CPU ratio | CPU ratio, again | cause |",
        "|---|---:|---|---|---:|---:|---:|---|",
        *(
            f"| {task} | {case} | {a} | {b} | {count:.2f} | {cpu:.2f} | {again:.2f} | {cause(count, again)} |"
            for task, case, a, b, count, cpu, again in wrong
        ),
        "",
    ]
    (Path(os.environ["RESULTS_FOLDER"]) / "coffe-ranking.md").write_text("\n".join(text), "utf-8")


def restart_in_a_box(arguments: list[str]) -> None:
    """Restart inside bubblewrap: read-only files, no network; results come out through one writable folder."""
    if shutil.which("bwrap") is None:
        sys.exit("this benchmark runs untrusted programs natively and needs bubblewrap (bwrap)")
    out = ROOT / "benchmarks" / "results" / "box"
    out.mkdir(parents=True, exist_ok=True)
    box = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"]
    box += [
        "--bind",
        str(out),
        "/tmp/out",
        "--unshare-all",
        "--die-with-parent",
        "--setenv",
        "RESULTS_FOLDER",
        "/tmp/out",
    ]
    subprocess.run([*box, sys.executable, __file__, *arguments], check=True)
    rows = [record.Row(**row) for row in json.loads((out / "rows.json").read_text("utf-8"))]
    (ROOT / "docs" / "coffe-ranking.md").write_text((out / "coffe-ranking.md").read_text("utf-8"), "utf-8")
    shutil.rmtree(out)
    for row in rows:
        print(f"{row.figure}: {row.ours:.3f} {row.unit} ({row.note})")
    record.write("coffe", " ".join([COMMAND, *arguments]), rows)


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--every", type=int, default=8, help="thin the tasks of the protocol's part")
    arguments.add_argument("--every-ranked", type=int, default=1, help="thin the tasks of the ranking")
    given = arguments.parse_args()
    if "RESULTS_FOLDER" not in os.environ:
        return restart_in_a_box(sys.argv[1:])
    tasks = CoffeFunction().read(DATA)
    rows = [
        *protocol_part(tasks[:: given.every]),
        *ranking_part(tasks[:: given.every_ranked]),
    ]
    (Path(os.environ["RESULTS_FOLDER"]) / "rows.json").write_text(json.dumps([asdict(row) for row in rows]), "utf-8")
    return None


if __name__ == "__main__":
    main()
