"""EvalPerf's curation on COFFE's function tasks with every shared solution, and what DPS says beside efficient@1.

`python benchmarks/programs/curation.py [STEP]` takes every STEP-th task (1; the figures say which it was) and writes
benchmarks/results/curation.json.
Solutions: COFFE's best and ground truth, GPT-4o; for the 164 tasks that come from HumanEval also HumanEval's and
HumanEval+'s own, ENAMEL's experts', and the first 12 different ones of CodeGen-16B's
100 samples that pass HumanEval's tests.
"""

import gzip
import json
import os
import random
import statistics
import sys
from dataclasses import replace
from pathlib import Path

from scipy.stats import kendalltau

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))
import record  # noqa: E402
from perfwise.core.study import Study  # noqa: E402
from perfwise.core.task import REFERENCE  # noqa: E402
from perfwise.programs.contracts import ProgramCandidate, cases_of  # noqa: E402
from perfwise.programs.curating import FILTERS, Rules, curated, survivors  # noqa: E402
from perfwise.programs.engine import ProgramEngine  # noqa: E402
from perfwise.programs.evaluate import meter_named  # noqa: E402
from perfwise.programs.extract import with_alias  # noqa: E402
from perfwise.programs.metrics._clusters import clustered_references, match  # noqa: E402
from perfwise.programs.reading import Inputs, Source, read_samples, read_tasks, with_references  # noqa: E402

DATA = Path(os.environ.get("PERFWISE_DATA") or ROOT.parent / "shared" / "data") / "programs"
COMMAND = "python benchmarks/programs/curation.py"
COST = "wasm_instructions"
BUDGET = 1e10  # instructions a solution may take on all inputs of a task, about a second; EvalPerf gives 20 s an input
SAMPLES = 12  # of CodeGen-16B for a task: the first that differ; EvalPerf profiles the first 20


def ground_truth(tasks) -> list[ProgramCandidate]:
    text = gzip.decompress((DATA / "coffe" / "function" / "solutions.json.gz").read_bytes())
    rows = json.loads(text)["prompt2groundtruth"]
    return [
        ProgramCandidate(str(number), "ground-truth", task.id, with_alias(source, task.entry_point))
        for task in tasks
        for number, (source, _) in enumerate(rows.get(task.prompt, ()))
    ]


def humaneval_solutions(tasks) -> list[ProgramCandidate]:
    """Whole programs by the suites' own prompts, moved to COFFE's task of the same id."""
    wanted = {task.id for task in tasks}
    problems = read_tasks(DATA / "humaneval" / "problems.jsonl.gz")
    enamel = read_tasks(DATA / "enamel" / "enamel_000_129.csv.gz")
    found = read_samples(Source("codegen-16b", DATA / "humaneval" / "codegen16b_samples.jsonl.gz"), problems)
    table = DATA / "humaneval" / "codegen16b_passfail.jsonl.gz"
    passing = {row["task_id"]: row["pass"] for row in map(json.loads, gzip.decompress(table.read_bytes()).splitlines())}
    seen: dict[str, int] = {}
    taken: dict[str, set[str]] = {}
    kept = []
    for one in found:
        number = seen[one.task] = seen.get(one.task, -1) + 1
        if (
            passing[one.task][number]
            and len(taken.setdefault(one.task, set())) < SAMPLES
            and one.digest not in taken[one.task]
        ):
            taken[one.task].add(one.digest)
            kept.append(one)
    for name, file in (("humaneval", "samples_humaneval_canonical"), ("humanevalplus", "samples_humanevalplus_canonical"),
                       ("experts", "samples_references")):  # fmt: skip
        kept += read_samples(Source(name, DATA / "enamel" / f"{file}.json.gz"), enamel)
    return [replace(one) for one in kept if one.task in wanted]


def set_scores(results, outcomes, programs, rules) -> dict[str, dict[str, tuple[float, float]]]:
    """By set and task: DPS of its right samples on the curated input, and the share that beats COFFE's best solution."""
    scores: dict[str, dict[str, tuple[float, float]]] = {}
    for result in results:
        if result.made is None:
            continue
        mine = [one for one in outcomes[result.task] if one.quality == 1.0]
        distinct = {programs[one.attempt[:3]].digest: cases_of(one)[result.case].cost for one in mine}
        references = clustered_references(list(distinct.values()), rules.base)
        best = min((one.cost[COST] for one in mine if one.candidate_set == REFERENCE), default=None)
        by_set: dict[str, list] = {}
        for one in mine:
            by_set.setdefault(one.candidate_set, []).append(one)
        for name, group in by_set.items():
            indexes = [match(cases_of(one)[result.case].cost, references) for one in group]
            dps = statistics.fmean(references[index].score if index >= 0 else 0.0 for index in indexes)
            beats = statistics.fmean(one.cost[COST] < best for one in group) if best else 0.0
            scores.setdefault(name, {})[result.task] = (dps, beats)
    return {name: found for name, found in scores.items() if name != REFERENCE}


def rank_correlation(scores, tasks) -> float | None:
    """Kendall's tau-b between the sets' mean DPS and mean efficient@1, over the tasks that each set has."""
    means = []
    for found in scores.values():
        rows = [found[task] for task in tasks if task in found]
        if rows:
            means.append([statistics.fmean(column) for column in zip(*rows, strict=True)])
    value = kendalltau(*zip(*means, strict=True)).statistic if len(means) > 2 else None
    return None if value is None or value != value else float(value)


def main() -> None:
    step = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    tasks = read_tasks(DATA / "coffe" / "function")[::step]
    candidates = read_samples(
        Source("gpt-4o", DATA / "coffe" / "function" / "predictions_gpt4o.json.gz"), tasks
    ) + ground_truth(tasks) + humaneval_solutions(tasks)  # fmt: skip
    inputs = Inputs(tuple(tasks), tuple(candidates))
    everyone = with_references(inputs)
    engine = ProgramEngine(meter_named("wasm"), budget=BUDGET)
    study = Study.paired(inputs.tasks, everyone, engine, [0])
    outcomes: dict[str, list] = {task.id: [] for task in tasks}
    for number, outcome in enumerate(study.run(None)):
        outcomes[outcome.task].append(outcome)
        if number % 20 == 0:
            print(number, len(everyone), flush=True)
    programs = {(one.task, one.candidate_set, one.id): one for one in everyone}
    rules = Rules()
    results = [curated(task, outcomes[task.id], programs, rules) for task in tasks]
    left = survivors(results)
    scores = set_scores(results, outcomes, programs, rules)
    kept = sorted({task for found in scores.values() for task in found})
    tau = rank_correlation(scores, kept)
    draw = random.Random(0)
    drawn = sorted(
        t for _ in range(1000) if (t := rank_correlation(scores, draw.choices(kept, k=len(kept)))) is not None
    )
    for name, found in scores.items():
        columns = [statistics.fmean(column) for column in zip(*found.values(), strict=True)]
        print(f"{name}: {len(found)} tasks, DPS {columns[0]:.1f}, efficient@1 {columns[1]:.3f}")
    interval = f"95 % interval {drawn[25]:.2f} to {drawn[974]:.2f} over tasks drawn anew" if len(drawn) > 975 else ""
    given = (
        "" if step == 1 else f"every {step}th of COFFE's 398; "
    ) + f"a solution had {BUDGET:.0e} instructions for a task"
    rows = [record.Row("COFFE function tasks given to the curation", float(len(tasks)), "", "tasks", note=given)]
    rows += [
        record.Row(f"... that {FILTERS[name]}", float(count), "", "tasks",
                   note="at least 10 right solutions: only tasks from HumanEval can have so many here" if name == "solutions" else "")
        for name, count in left.items()
    ]  # fmt: skip
    listed = ", ".join(
        f"{name} {statistics.fmean(dps for dps, _ in found.values()):.0f}/{statistics.fmean(e for _, e in found.values()):.2f}"
        for name, found in scores.items()
    )
    if tau is not None:
        rows.append(record.Row("Rank correlation of DPS and efficient@1 over the shared solution sets", tau, "whatever it is", "tau-b",
                               note=f"{interval}; {len(scores)} sets on {len(kept)} tasks; DPS/efficient@1 of right samples: {listed}"))  # fmt: skip
    for row in rows:
        print(f"{row.figure}: {row.ours:.3f} {row.note}")
    record.write("curation", f"{COMMAND} {step}", rows)


if __name__ == "__main__":
    main()
