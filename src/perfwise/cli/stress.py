"""`perfwise stress`: find inputs that tell programs apart, and put them into the task file."""

from pathlib import Path
from typing import Annotated

import typer

from perfwise.cli.options import JsonOption

__all__ = ["stress_tasks"]


def stress_tasks(  # noqa: PLR0913 - one parameter an option
    tasks: Annotated[Path, typer.Argument(metavar="TASKS", help="A task file of yours, a folder of them, or a suite.")],
    files: Annotated[list[Path] | None, typer.Argument(help="Program files, each a set of its own.")] = None,
    *,
    samples: Annotated[
        list[str] | None, typer.Option(metavar="[NAME=]PATH", help="A named set of programs. Repeat it for more sets.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="Write the tasks here, as a .jsonl that eval reads. Needed for a suite; a task "
            "file of yours is otherwise changed in its place.",
        ),
    ] = None,
    method: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A way to make inputs, by its name in 'perfwise methods'. Repeatable."),
    ] = None,
    contract: Annotated[
        list[str] | None,
        typer.Option(metavar="ASSERT", help="What every input must satisfy, as 'assert n >= 0'. Repeatable."),
    ] = None,
    count: Annotated[int, typer.Option(help="The most inputs to keep for a task.")] = 3,
    budget: Annotated[float, typer.Option(min=1, help="The most one input may cost a program, in instructions.")] = 5e8,
    total: Annotated[float, typer.Option(min=1, help="The most a search may spend on a task, in instructions.")] = 2e10,
    seed: Annotated[int, typer.Option(help="What the search draws from: the same seed finds the same inputs.")] = 0,
    task: Annotated[list[str] | None, typer.Option(metavar="ID", help="Only this task. Repeatable.")] = None,
    suite: Annotated[str | None, typer.Option(help="Read the tasks as this format.")] = None,
    form: Annotated[str | None, typer.Option("--format", help="Read the samples as this format.")] = None,
    jobs: Annotated[int, typer.Option("-j", "--jobs", help="Number of processes; 0 for one on each processor.")] = 1,
    json: JsonOption = None,
) -> None:
    """Find inputs that tell right programs apart, and put them into the task.

    The right programs of a task, its reference among them, run on inputs of growing size and varied form; those that
    pull their costs apart furthest are kept, as short expressions with a seed, and counted from then on.
    Exit codes: 0 ok, 2 usage or bad input, 4 no task could be searched, 5 a meter is missing.
    """
    from perfwise.cli.first_start import load_with_notice
    from perfwise.cli.json_files import check_place, write_json
    from perfwise.cli.progress import progress_bar
    from perfwise.cli.render_stress import print_attempts, stress_data
    from perfwise.cli.terminal import output
    from perfwise.errors import InvalidOption
    from perfwise.programs.benchmark_files import own_files, put_into_file, write_tasks
    from perfwise.programs.engine import ProgramEngine
    from perfwise.programs.evaluate import meter_named
    from perfwise.programs.reading import named_source, program_sources
    from perfwise.programs.stress import Search
    from perfwise.programs.stressing import read_for_stress, stress_all
    from perfwise.programs.trying import Bounds
    from perfwise.programs.workers import started_workers

    check_place(json or "-")
    check_place(str(out or "-"))
    bounds = Bounds(budget, total)
    search = Search(tuple(method or Search().methods), count, seed, bounds, tuple(contract or ()))
    sources = [named_source(text, form) for text in samples or ()] + program_sources(files or ())
    chosen, candidates = read_for_stress(tasks, sources, suite, task or ())
    homes = {} if out is not None else own_files(tasks)
    if out is None and not homes:
        raise InvalidOption(f"{tasks} is a suite, which is not changed; say where the tasks shall go: --out FILE.jsonl")
    load_with_notice()
    engine = ProgramEngine(meter_named("wasm"))
    with started_workers(jobs) as workers, progress_bar("stress") as progress:
        attempts = stress_all(chosen, candidates, engine, search, workers=workers, progress=progress)
    if out is not None:
        write_tasks(out, [one.task for one in attempts])
    for one in attempts if out is None else ():
        if one.stressed is not None and one.stressed.found:
            put_into_file(homes[one.task.id], one.task, one.stressed.found)
    if json is not None:
        write_json(stress_data(attempts, search), json)
    if json != "-":
        print_attempts(attempts, output(), "" if out is None else str(out))
    if not any(one.stressed for one in attempts):
        raise typer.Exit(4)
