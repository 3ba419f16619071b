"""`perfwise stress` on ENAMEL: how far found inputs pull right programs apart, beside the suite's own largest inputs.

`python benchmarks/programs/stress.py [STEP]` takes every STEP-th of the 117 problems (1), with the experts', HumanEval's and
HumanEval+'s solutions, and writes benchmarks/results/stress.json and docs/stress-enamel.md. The search sees the inputs of
level 0 only.
"""

import math
import os
import statistics
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))
import record  # noqa: E402
from perfwise.errors import InvalidTask  # noqa: E402
from perfwise.programs.contracts import Limits, ProgramCandidate, ProgramTask  # noqa: E402
from perfwise.programs.engine import ProgramEngine  # noqa: E402
from perfwise.programs.evaluate import meter_named  # noqa: E402
from perfwise.programs.reading import Source, read_inputs  # noqa: E402
from perfwise.programs.stress import Stressed, stress  # noqa: E402

DATA = Path(os.environ.get("PERFWISE_DATA") or ROOT.parent / "shared" / "data") / "programs" / "enamel"
COMMAND = "python benchmarks/programs/stress.py"
SETS = {"humaneval": "samples_humaneval_canonical", "humanevalplus": "samples_humanevalplus_canonical"}
PATIENCE = 3e10  # instructions a program may take on the suite's level 3; some would take minutes
METER = meter_named("wasm")
ENGINE = ProgramEngine(METER)


@dataclass(frozen=True)
class Found:
    """One task: spreads of cost between right programs; `at_least` where one was stopped on level 3."""

    task: str
    right: int
    own: float | None
    at_least: bool
    spread: float | None
    clusters: int
    kept: int
    cpu_s: float


def level_three(task: ProgramTask, programs: list[ProgramCandidate]) -> tuple[list[float], bool]:
    opened = ENGINE.opened(task)
    inputs = [data for data, case in zip(opened.inputs, opened.cases, strict=True) if case.level == 3]
    totals, stopped = [], False
    for program in programs:
        calls = METER.measure(program.source, task.entry_point, inputs, Limits(PATIENCE, None, 1 << 30), 0).calls
        stopped |= len(calls) < len(inputs) or any(call.stopped for call in calls)
        totals.append(sum(call.cost or 0.0 for call in calls))
    return totals, stopped


def searched(task: ProgramTask, candidates: list[ProgramCandidate]) -> Found:
    began = time.process_time()
    result: Stressed = stress(task, candidates, ENGINE)
    cpu_s = time.process_time() - began
    names = {f"{one.candidate_set}:{one.id}": one for one in [*task.references, *candidates]}
    totals, stopped = level_three(task, [names[name] for name in result.after.costs])
    own = max(totals) / min(totals) if len(totals) > 1 else None
    return Found(
        task.id, len(totals), own, stopped, result.after.spread, result.after.clusters, len(result.found), cpu_s
    )  # fmt: skip


def write_page(found: list[Found], failed: dict[str, str]) -> None:
    text = [
        "# Spread of found inputs beside ENAMEL's own largest ones",
        "",
        f"`{COMMAND}`. Spread: cost of the dearest right program / cost of the cheapest, among the expert's solution,",
        "HumanEval's and HumanEval+'s (each text once). The search sees ENAMEL's inputs of level 0; *level 3* are the suite's",
        f"own largest inputs, where a program was given {PATIENCE:.0e} instructions: `>` where one was stopped.",
        "",
        "| problem | right programs | level 3 | found | clusters | inputs kept |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for one in found:
        own = "-" if one.own is None else f"{'> ' if one.at_least else ''}{one.own:,.2f}"
        spread = "-" if one.spread is None else f"{one.spread:,.2f}"
        text.append(f"| {one.task} | {one.right} | {own} | {spread} | {one.clusters} | {one.kept} |")
    text += [f"| {task} | not searched: {why} | | | | |" for task, why in failed.items()]
    (ROOT / "docs" / "stress-enamel.md").write_text("\n".join([*text, ""]), "utf-8")


def publish(found: list[Found], failed: dict[str, str], tasks: int, *, write: bool) -> None:
    """Print the figures, and write them down with the page. Fewer than all tasks are said to be so."""
    pairs = [one for one in found if one.own is not None and one.spread is not None]
    ratios = [one.spread / one.own for one in pairs]
    at_least = sum(one.at_least for one in pairs)
    rows = [
        record.Row("stress on ENAMEL: CPU time a task, median", statistics.median(one.cpu_s for one in found), "below 10", "s",
                   note=f"{len(found)} of {tasks} tasks; longest {max(one.cpu_s for one in found):.0f} s; {len(failed)} could not be searched"),
        record.Row("Spread of right programs on found inputs, median", statistics.median(one.spread for one in pairs), "", "ratio",
                   f"{statistics.median(one.own for one in pairs):.2f}", "the suite's own level 3, same programs and meter",
                   f"{len(pairs)} tasks with two or more right programs; level 3 cut {at_least} of them short, where its spread is larger than counted"),
        record.Row("Tasks where found inputs spread wider than level 3", float(sum(ratio > 1 for ratio in ratios)), "", "tasks",
                   str(sum(ratio < 1 for ratio in ratios)), "tasks where level 3 spreads wider", "docs/stress-enamel.md has each task"),
        record.Row("Spread on found inputs / on level 3, geometric mean", math.exp(statistics.fmean(map(math.log, ratios))), "", "ratio"),
    ]  # fmt: skip
    for row in rows:
        print(f"{row.figure}: {row.ours:.4f} ({row.theirs}) {row.note}")
    if write:
        write_page(found, failed)
        record.write("stress", COMMAND, rows)


def main() -> None:
    step = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    sources = [Source(name, DATA / f"{file}.json.gz") for name, file in SETS.items()]
    inputs = read_inputs([DATA / "enamel_000_129.csv.gz"], sources)
    found, failed = [], {}
    for task in inputs.tasks[::step]:
        mine = [replace(one) for one in inputs.candidates if one.task == task.id]
        try:
            found.append(searched(task, mine))
        except InvalidTask as fault:
            failed[task.id] = str(fault)
            continue
        print(found[-1], flush=True)
    publish(found, failed, len(inputs.tasks), write=step == 1)


if __name__ == "__main__":
    main()
