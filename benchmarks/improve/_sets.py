"""The programs that improving is measured on, and what a held-out check of an accepted one is."""

import random
from pathlib import Path

from perfwise.programs.contracts import Limits, ProgramTask
from perfwise.programs.judge import Judge
from perfwise.programs.meters.wasm import WasmMeter
from perfwise.programs.samples.codegen import CodegenSamples
from perfwise.programs.suites.coffe_function import CoffeFunction
from perfwise.programs.suites.evalplus import EvalPlus
from perfwise.programs.suites.humaneval import HumanEval
from perfwise.programs.variation import mutated
from perfwise.recipes.improve_programs.running import Job
from perfwise.recipes.improve_programs.watching import Watch, alike

DATA = Path(__file__).parents[3] / "shared" / "data" / "programs"
SEED = 0
MOST = 8  # samples of a task
HELD_OUT = 1000


def coffe_tasks() -> dict[str, ProgramTask]:
    return {one.id: one for one in CoffeFunction().read(DATA / "coffe" / "function")}


def best_solutions() -> list[Job]:
    """Set A: COFFE's best solutions."""
    return [Job(one.id, one, one.reference) for one in coffe_tasks().values()]


def passing_samples() -> dict[str, list[str]]:
    """Distinct passing CodeGen-16B samples of each HumanEval task, as whole programs, in the file's order."""
    import gzip
    import json

    tasks = {one.id: one for one in HumanEval().read(DATA / "humaneval" / "problems.jsonl.gz")}
    samples = CodegenSamples().read(DATA / "humaneval" / "codegen16b_samples.jsonl.gz", tasks, "codegen")
    with gzip.open(DATA / "humaneval" / "codegen16b_passfail.jsonl.gz", "rt") as file:
        passed = {row["task_id"]: row["pass"] for row in map(json.loads, file)}
    found: dict[str, dict[str, str]] = {}
    for one in samples:
        place = int(one.id.rpartition("-")[2]) if not one.id.isdigit() else int(one.id)
        if passed[one.task][place]:
            found.setdefault(one.task, {}).setdefault(one.digest, one.source)
    return {task: list(texts.values()) for task, texts in found.items()}


def sampled() -> list[Job]:
    """Set B: up to eight of them at random from each task, on COFFE's tests and stress inputs."""
    draw = random.Random(SEED)
    tasks = coffe_tasks()
    jobs = []
    for task, texts in sorted(passing_samples().items()):
        for number, text in enumerate(draw.sample(texts, min(MOST, len(texts)))):
            jobs.append(Job(f"{task}#{number}", tasks[task], text))
    return jobs


def plus_inputs() -> dict[str, ProgramTask]:
    """MBPP+ by id."""
    return {one.id: one for one in EvalPlus().read(DATA / "coffe" / "mbpp_plus.jsonl.gz")}


def held_out(job: Job, result: str, plus: dict[str, ProgramTask]) -> tuple[str, int, str]:
    """(kind of check, inputs compared, a difference or nothing) of an accepted program against its original."""
    opened = Judge().open(job.task)
    tests = [data for data, case in zip(opened.inputs, opened.cases, strict=True) if not case.stress]
    inputs, kind = list(mutated(tests, HELD_OUT, 10_007)), "mutations"
    if job.task.id in plus:
        inputs, kind = [*Judge().open(plus[job.task.id]).inputs, *inputs], "MBPP+ and mutations"
    watch = Watch(WasmMeter(), job.task.entry_point, 512 << 20)
    budgets = [5e7] * len(inputs)
    first, second = (watch.see(text, inputs, budgets) for text in (job.source, result))
    compared = 0
    for data, one, other in zip(inputs, first, second, strict=True):
        if one.known:
            compared += 1
            if not alike(one, other):
                return kind, compared, repr(data)[:200]
    return kind, compared, ""


def count(source: str, task: ProgramTask) -> float | None:
    """On the stress inputs, each in a fresh guest; None if one is not finished within 4e9."""
    opened = Judge().open(task)
    stress = [data for data, case in zip(opened.inputs, opened.cases, strict=True) if case.stress]
    total = 0.0
    for data in stress:
        run = WasmMeter().measure(source, task.entry_point, [data], Limits(4e9), 0)
        if run.failure is not None or not run.calls or run.calls[0].stopped is not None:
            return None
        total += run.calls[0].cost or 0.0
    return total
