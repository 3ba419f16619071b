"""Selection among 100 CodeGen-16B samples a HumanEval task, and how far improved samples are from the cheapest of all.

python benchmarks/improve/selection.py [--every K] [--rows FILE] [--improved FILE]: FILE of --improved is what
benchmarks/improve/rules.py --rows wrote for set B.
"""

import argparse
import json
import math
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))

import _sets

import record
from perfwise.programs.contracts import Limits
from perfwise.programs.judge import Judge
from perfwise.programs.meters.wasm import WasmMeter
from perfwise.programs.samples.codegen import CodegenSamples
from perfwise.recipes.improve_programs.selecting import select
from perfwise.recipes.improve_programs.watching import answer_key

BUDGET = 1e9  # of one stress input


def counted(task, source):
    """(count on the stress inputs, answers) each in a fresh guest; (None, "") where one is not finished."""
    opened = Judge().open(task)
    stress = [data for data, case in zip(opened.inputs, opened.cases, strict=True) if case.stress]
    calls = []
    for data in stress:
        run = WasmMeter().measure(source, task.entry_point, [data], Limits(BUDGET), 0)
        if run.failure is not None or not run.calls or run.calls[0].stopped is not None:
            return None, ""
        calls += run.calls
    return sum(call.cost or 0.0 for call in calls), answer_key(calls)


def one(task, samples, passing):
    reference, right = counted(task, task.reference)
    if reference is None:
        return {"task": task.id, "skipped": "the canonical program is not finished"}
    costs = []
    for text in passing:
        cost, answers = counted(task, text)
        if cost is not None and answers == right:
            costs.append(cost)
    if len(costs) < 2:
        return {"task": task.id, "skipped": "fewer than two passing samples agree with the canonical program"}
    made = select(task, samples, WasmMeter())
    row = {
        "task": task.id,
        "cheapest": min(costs),
        "median": statistics.median(costs),
        "right": len(costs),
        "passing": len(passing),
        "measured": made.measured,
    }
    if made.chosen is None:
        return row | {"chosen": None, "wrong": True}
    cost, answers = counted(task, made.chosen.source)
    return row | {"chosen": cost, "wrong": answers != right}


def run(every, place):
    tasks = _sets.coffe_tasks()
    passing = _sets.passing_samples()
    samples = CodegenSamples().read(
        _sets.DATA / "humaneval" / "codegen16b_samples.jsonl.gz", tasks_of_humaneval(), "codegen"
    )
    by_task = {}
    for each in samples:
        by_task.setdefault(each.task, []).append(each)
    done = {}
    if place.exists():
        done = {row["task"]: row for row in map(json.loads, place.read_text().splitlines())}
    names = sorted(passing)[::every]
    with place.open("a") as file:
        for name in names:
            if name not in done:
                row = done[name] = one(tasks[name], by_task[name], passing[name])
                file.write(json.dumps(row) + "\n")
                file.flush()
    return [done[name] for name in names]


def tasks_of_humaneval():
    from perfwise.programs.suites.humaneval import HumanEval

    return {each.id: each for each in HumanEval().read(_sets.DATA / "humaneval" / "problems.jsonl.gz")}


def distance(rows, place):
    """Geometric means of (sample / cheapest) before and after rules, over samples of which a rule fired, and how many."""
    cheapest = {row["task"]: row["cheapest"] for row in rows if "cheapest" in row}
    before, after = [], []
    for row in map(json.loads, place.read_text().splitlines()):
        if row.get("task") in cheapest and row.get("candidates") and row.get("before") and row.get("after"):
            before.append(math.log(row["before"] / cheapest[row["task"]]))
            after.append(math.log(row["after"] / cheapest[row["task"]]))
    means = [math.exp(statistics.mean(each)) if each else float("nan") for each in (before, after)]
    return (*means, len(before))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--rows", type=Path, default=Path("select-rows.jsonl"))
    parser.add_argument("--improved", type=Path)
    given = parser.parse_args()
    rows = run(given.every, given.rows)
    known = [row for row in rows if "cheapest" in row]
    finished = [row for row in known if row["chosen"]]
    gained = sum(math.log(row["median"] / row["chosen"]) for row in finished)
    whole = sum(math.log(row["median"] / row["cheapest"]) for row in known)
    wrong = sum(row["wrong"] for row in known) / len(known)
    most = max(row["measured"] for row in known)
    print(
        f"{len(rows)} tasks, {len(known)} known; headroom {gained / whole:.3f}; wrong {wrong:.3f}; measured at most {most}"
    )
    command = f"python benchmarks/improve/selection.py --every {given.every}"
    note = f"{len(known)} of {len(rows)} tasks, every {given.every}. of 121"
    written = [
        record.Row(
            "log headroom over the median right sample that --select recovers",
            gained / whole,
            "at least 0.95",
            "share",
            "",
            "",
            note,
        ),
        record.Row(
            "tasks in which --select picks a program that is wrong on stress inputs",
            wrong,
            "at most 0.01",
            "share",
            "0.08",
            "an earlier prototype: the cheapest passing sample",
            note,
        ),
        record.Row("samples counted on stress inputs for a task, at most", most, "at most 20", "samples"),
    ]
    if given.improved:
        before, after, n = distance(rows, given.improved)
        print(f"against the cheapest of all: {before:.2f} -> {after:.2f}, n = {n}")
        written.append(
            record.Row(
                "improved samples against the cheapest right one of 100, geometric mean",
                after,
                "at most 2.0",
                "ratio",
                "2.8",
                "an earlier prototype",
                f"before: {before:.2f}; {n} samples on which a rule fired and that finish within the budget; cheapest counted within 1e9 an input",
            )
        )
    record.write("improve-select", command, written)


if __name__ == "__main__":
    main()
