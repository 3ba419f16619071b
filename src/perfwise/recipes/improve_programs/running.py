"""Improve one or many programs by a named method: everything in a plan travels between processes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from perfwise.core.family import Family
from perfwise.core.json import Json, digest
from perfwise.errors import PerfwiseError
from perfwise.improve.accepting import TIE
from perfwise.improve.archive import Archive
from perfwise.improve.contracts import Bench, Budget, Method, ModelClient
from perfwise.improve.loop import Improvement, Progress, improve, question_of
from perfwise.programs.contracts import Language, Meter, ProgramTask
from perfwise.programs.meters.wasm import WasmMeter
from perfwise.recipes.improve_programs.bench import Effort, ProgramBench
from perfwise.recipes.improve_programs.compiled import CompiledBench

__all__ = ["Job", "Plan", "Refused", "bench_of", "method_named", "run_job", "run_jobs"]


@dataclass(frozen=True, slots=True)
class Job:
    """A program to improve.

    Args:
        name: for people and for the archive's file.
        task: what it is asked to do.
        source: the program.
        language: what it is written in.
    """

    name: str
    task: ProgramTask
    source: str
    language: Language = "python"


@dataclass(frozen=True)
class Plan:
    """How to improve.

    Args:
        method: name in the family `perfwise.improve.methods`.
        options: parameters of the method that differ from their defaults.
        budget: what may be spent on a program.
        effort: how much is tried on each candidate.
        min_gain: the least share of the incumbent's count that an accepted step saves.
        archive: a folder, one file a program; None keeps nothing.
        client: a model, for methods that ask one.
        meter: an exact one.
    """

    method: str = "rules"
    options: Mapping[str, Json] = field(default_factory=dict)
    budget: Budget = Budget()  # noqa: RUF009 - frozen
    effort: Effort = Effort()  # noqa: RUF009 - frozen
    min_gain: float = TIE
    archive: Path | None = None
    client: ModelClient | None = None
    meter: Meter = WasmMeter()  # noqa: RUF009 - frozen


@dataclass(frozen=True, slots=True)
class Refused:
    """A program that cannot be improved, and why."""

    name: str
    code: str
    message: str


def method_named(name: str, options: Mapping[str, Json]) -> Method:
    """A method of the family. Raises: InvalidOption for an unknown name or parameter."""
    from perfwise.errors import InvalidOption

    kind = Family("perfwise.improve.methods").get(name)
    try:
        method: Method = kind(**options)
    except TypeError as error:
        raise InvalidOption(f"the method {name} cannot be made with {', '.join(options)}: {error}") from error
    return method


def archive_file(folder: Path, job: Job) -> Path:
    """Where a job's archive lies: its name made safe, and a digest that tells equal names apart."""
    safe = "".join(each if each.isalnum() or each in "-_." else "-" for each in job.name)[:60].strip(".")
    return folder / f"{safe}-{digest([job.task.digest, job.source])[:8]}.jsonl"


def bench_of(job: Job, plan: Plan) -> Bench:
    """The bench of a job. Raises: MissingMeter, MissingExtra for a language that cannot be measured here."""
    if job.language != "python":
        return CompiledBench(job.task, job.source, job.language, plan.meter, plan.effort)
    return ProgramBench(job.task, job.source, plan.meter, plan.effort)


def run_job(job: Job, plan: Plan, progress: Progress | None = None, bench: Bench | None = None) -> Improvement:
    """Improve one program, on a bench of its own if none is given.

    Raises: InvalidCandidate, InvalidTask, InvalidOption, InvalidInput.
    """
    bench = bench or bench_of(job, plan)
    method = method_named(plan.method, plan.options)
    model = "" if plan.client is None else plan.client.name
    question = question_of(bench, plan.method, plan.options, plan.budget, model)
    path = None if plan.archive is None else archive_file(plan.archive, job)
    archive = Archive(path, question, bench.cost_name, plan.min_gain)
    try:
        return improve(bench, method, archive, plan.budget, client=plan.client, progress=progress)
    finally:
        archive.close()


def run_jobs(
    jobs: Sequence[Job], plan: Plan, workers: int = 1, progress: Progress | None = None
) -> Iterator[Improvement | Refused]:
    """Improve many programs, in their order, each as alone: results and archives do not depend on `workers`."""
    from perfwise.programs.workers import started_workers

    with started_workers(workers) as started:
        if started is None:
            results: Iterator[Improvement | Refused] = (_tried(job, plan) for job in jobs)
        else:
            futures = [started.executor.submit(_tried, job, plan) for job in jobs]
            results = (future.result() for future in futures)
        for done, result in enumerate(results, start=1):
            if progress is not None:
                progress(done, len(jobs))
            yield result


def _tried(job: Job, plan: Plan) -> Improvement | Refused:
    try:
        return run_job(job, plan)
    except PerfwiseError as error:
        if error.exit_code not in {2}:
            raise
        return Refused(job.name, error.code, error.args[0] if error.args else str(error))
