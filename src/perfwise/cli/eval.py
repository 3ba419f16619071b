"""`perfwise eval`: run programs on tasks, count, judge, score and rank them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from perfwise.cli.options import JsonOption, StoreOption

if TYPE_CHECKING:
    from perfwise.core.json import Json
    from perfwise.programs.reading import Inputs

__all__ = ["evaluate_programs"]

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def evaluate_programs(  # noqa: PLR0913 - one parameter an option
    files: Annotated[
        list[Path] | None, typer.Argument(help="Program files (.py, .cpp, .c, .sql), each a set of its own.")
    ] = None,
    *,
    tasks: Annotated[
        Path | None, typer.Option(help="What the programs shall do: a suite's file or folder, or a task file of yours.")
    ] = None,
    samples: Annotated[
        list[str] | None, typer.Option(metavar="[NAME=]PATH", help="A named set of programs. Repeat it for more sets.")
    ] = None,
    suite: Annotated[
        str | None, typer.Option(help="Read the tasks as this format. By default it is recognised.")
    ] = None,
    form: Annotated[
        str | None, typer.Option("--format", help="Read the samples as this format. By default it is recognised.")
    ] = None,
    task: Annotated[list[str] | None, typer.Option(metavar="ID", help="Only this task. Repeatable.")] = None,
    candidate: Annotated[list[str] | None, typer.Option(metavar="ID", help="Only this candidate. Repeatable.")] = None,
    verbose: Annotated[
        bool, typer.Option("-v", "--verbose", help="Show each chosen candidate: source, failing input, cost by test.")
    ] = False,
    growth: Annotated[
        bool,
        typer.Option("--growth", help="Fit how each candidate's cost grows with the size of the inputs, and show it."),
    ] = False,
    meter: Annotated[
        str | None,
        typer.Option(
            help="What counts the cost: wasm is exact and a sandbox; cpu_time, perf_event and valgrind run native code "
            "in the native sandbox; sql counts the steps of queries. By default wasm, or sql where all programs are "
            "queries. 'perfwise doctor' says which work here."
        ),
    ] = None,
    allow_native: Annotated[
        bool,
        typer.Option(
            "--allow-native", help="Let cpu_time take the programs that wasm cannot run, such as those with numpy."
        ),
    ] = False,
    fallback: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Let this meter take the programs that the first one cannot run."),
    ] = None,
    unsandboxed: Annotated[
        bool,
        typer.Option(
            "--unsandboxed",
            help="Let native meters run programs with your rights where no sandbox works: only code that you trust.",
        ),
    ] = False,
    optimize: Annotated[
        int, typer.Option("-O", "--optimize", min=2, max=3, help="How far programs in C and C++ are optimised.")
    ] = 2,
    jobs: Annotated[int, typer.Option("-j", "--jobs", help="Number of processes; 0 for one on each processor.")] = 1,
    executor: Annotated[
        str | None,
        typer.Option(
            metavar="dask://HOST:PORT",
            help="Run on the workers of a running Dask cluster (extra cluster); the address is its scheduler's.",
        ),
    ] = None,
    k: Annotated[
        str | None,
        typer.Option(
            help="For pass@k and its like, with commas. By default those of 1, 10 and 100 that every task has enough "
            "samples for."
        ),
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="A metric by its name in 'perfwise methods', or all. Repeatable; the first one ranks."
        ),
    ] = None,
    budget: Annotated[
        float | None,
        typer.Option(
            help="The most a program may cost on all inputs of a task together, in the meter's unit. By default 2e9 "
            "instructions, or 100 times the reference where that is more; a budget given here is the bound."
        ),
    ] = None,
    memory: Annotated[str, typer.Option(help="The most memory a program may hold.")] = "512M",
    seed: Annotated[int, typer.Option(help="What the programs' randomness starts from.")] = 0,
    store: StoreOption = None,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on with the newest run of the same question; what it has is not run again."),
    ] = False,
    json: JsonOption = None,
) -> None:
    """Which of these programs is better, and by how much.

    Programs run in a sandbox, their answers are judged, and what they cost is counted: the same number on every run
    and machine. Exit codes: 0 ok, 2 usage or bad input, 3 not comparable, 4 every program failed, 5 a meter is missing.
    """
    from perfwise.cli.json_files import check_place
    from perfwise.cli.running import Keeping, Where, run, show
    from perfwise.programs.engine import ProgramEngine
    from perfwise.programs.evaluate import Question, meter_named, usual_meter
    from perfwise.programs.reading import named_source, narrowed

    check_place(json or "-")
    given = _inputs(files or [], tasks, samples or [], suite, form)
    inputs = narrowed(given, task or (), candidate or ())
    meter = meter or usual_meter(inputs)
    question = Question(tuple(metric or ()), () if k is None else _numbers(k), seed)
    second = fallback or ("cpu_time" if allow_native else meter)
    engine = ProgramEngine(
        meter_named(meter, allow_unsandboxed=unsandboxed, optimisation=optimize),
        meter_named(second, allow_unsandboxed=unsandboxed) if second != meter else None,
        budget,
        memory_bytes=_bytes(memory),
    )
    asked: dict[str, Json] = {
        "tasks": str(tasks.resolve()) if tasks else None,
        "samples": [f"{source.name}={source.path.resolve()}" for source in map(named_source, samples or ())],
        "files": [str(file.resolve()) for file in files or ()],
        "task": list(task or ()),
        "candidate": list(candidate or ()),
        "suite": suite,
        "format": form,
        **({"optimisation": optimize} if optimize != 2 else {}),
    }
    evaluation = run(inputs, engine, question, Keeping(store, asked, resume), Where(jobs, executor))
    show(evaluation, inputs, json, verbose=verbose, growth=growth)


def _inputs(files: list[Path], tasks: Path | None, samples: list[str], suite: str | None, form: str | None) -> "Inputs":
    from perfwise.errors import InvalidOption
    from perfwise.programs.reading import named_source, program_sources, read_inputs, task_files_beside

    if not files and not samples:
        raise InvalidOption("name programs: --samples PATH, or program files; see perfwise eval --help")
    if tasks is None and not files:
        raise InvalidOption("what shall the programs do? Name the tasks with --tasks")
    task_paths, programs = ([tasks], files) if tasks is not None else task_files_beside(files)
    sources = [named_source(text, form) for text in samples] + program_sources(programs)
    return read_inputs(task_paths, sources, suite)


def _numbers(text: str) -> tuple[int, ...]:
    try:
        numbers = tuple(dict.fromkeys(int(part) for part in text.split(",")))
    except ValueError:
        numbers = ()
    if not numbers or min(numbers) < 1:
        raise typer.BadParameter(f"whole numbers of at least 1, with commas between them; not {text!r}")
    return numbers


def _bytes(text: str) -> int:
    number, unit = text.strip().upper().removesuffix("B"), ""
    if number and number[-1] in _UNITS:
        number, unit = number[:-1], number[-1]
    if not number.isdecimal() or int(number) == 0:
        raise typer.BadParameter(f"an amount of memory, such as 512M or 2G; not {text!r}")
    return int(number) * _UNITS[unit]
