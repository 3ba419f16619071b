"""`perfwise tasks`: make benchmarks out of tasks and solutions, or out of a repository."""

from pathlib import Path
from typing import Annotated

import typer

from perfwise.cli.options import JsonOption

__all__ = ["app"]

app = typer.Typer(help="Make benchmarks.", no_args_is_help=True, rich_markup_mode=None)


@app.command("make")
def make_benchmark(  # noqa: PLR0913 - one parameter an option
    tasks: Annotated[Path, typer.Argument(metavar="TASKS", help="What eval reads: a suite, task files, a folder.")],
    files: Annotated[list[Path] | None, typer.Argument(help="Program files, each a set of its own.")] = None,
    *,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The benchmark: a .jsonl or .jsonl.gz for eval.")],
    samples: Annotated[
        list[str] | None, typer.Option(metavar="[NAME=]PATH", help="Solutions: a set of programs. Repeatable.")
    ] = None,
    min_solutions: Annotated[int, typer.Option(help="Right solutions of different text that a task needs.")] = 10,
    min_cost: Annotated[float, typer.Option(help="The least that a task's cheapest solution may cost.")] = 10_000,
    max_variation: Annotated[
        float, typer.Option(help="The most that a cost may vary between rounds: deviation / mean, 99th percentile.")
    ] = 0.05,
    min_clusters: Annotated[int, typer.Option(help="Groups of like cost that a task needs.")] = 4,
    base: Annotated[float, typer.Option(help="Least gap between the clusters that give the references.")] = 0.10,
    rounds: Annotated[int, typer.Option(help="How often each solution is measured; an exact meter needs one.")] = 1,
    meter: Annotated[str, typer.Option(help="What counts the cost.")] = "wasm",
    suite: Annotated[str | None, typer.Option(help="Read the tasks as this format.")] = None,
    form: Annotated[str | None, typer.Option("--format", help="Read the samples as this format.")] = None,
    jobs: Annotated[int, typer.Option("-j", "--jobs", help="Number of processes; 0 for one on each processor.")] = 1,
    json: JsonOption = None,
) -> None:
    """Keep the tasks that tell solutions apart, each with its most telling input and clustered references.

    EvalPerf's rules: an input that every right solution survives, enough right solutions, enough cost, little noise,
    enough clusters of like cost. Exit codes: 0 ok, 2 usage or bad input, 4 no task survives, 5 a meter is missing.
    """
    from perfwise.cli.first_start import load_with_notice
    from perfwise.cli.json_files import check_place, write_json
    from perfwise.cli.progress import progress_bar
    from perfwise.cli.render_tasks import curated_data, print_curated
    from perfwise.cli.terminal import output
    from perfwise.programs.benchmark_files import write_tasks
    from perfwise.programs.curating import Rules, curate
    from perfwise.programs.engine import ProgramEngine
    from perfwise.programs.evaluate import meter_named
    from perfwise.programs.reading import named_source, program_sources, read_inputs
    from perfwise.programs.workers import started_workers

    check_place(json or "-")
    check_place(str(out))
    rules = Rules(min_solutions, min_cost, max_variation, min_clusters, base=base, rounds=rounds)
    sources = [named_source(text, form) for text in samples or ()] + program_sources(files or ())
    inputs = read_inputs([tasks], sources, suite)
    load_with_notice()
    engine = ProgramEngine(meter_named(meter))
    with started_workers(jobs) as workers, progress_bar("programs") as progress:
        results = curate(inputs, engine, rules, workers=workers, progress=progress)
    kept = [one.made for one in results if one.made is not None]
    if kept:
        write_tasks(out, kept)
    if json is not None:
        write_json(curated_data(results, rules), json)
    if json != "-":
        print_curated(results, inputs, output(), str(out))
    if not kept:
        raise typer.Exit(4)


@app.command("from-repo")
def tasks_from_repository(
    repository: Annotated[Path, typer.Argument(metavar="FOLDER", help="A Python repository's root, with its tests.")],
    *,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the task files go; a new folder.")],
    json: JsonOption = None,
) -> None:
    """Make a task of each function that a repository's tests call.

    A function is cut out with what it needs; its tests say what is right. Nothing of the repository runs outside of the
    sandbox. A task is kept if the function passes its tests there and a stub does not; everything else is left out with
    its reason. Exit codes: 0 ok, 2 usage or bad input, 4 no function gives a task, 5 a meter is missing.
    """
    from perfwise.cli.first_start import load_with_notice
    from perfwise.cli.json_files import check_place, write_json
    from perfwise.cli.progress import progress_bar
    from perfwise.cli.render_tasks import harvest_data, print_harvest
    from perfwise.cli.terminal import output
    from perfwise.programs.benchmark_files import write_folder
    from perfwise.programs.engine import ProgramEngine
    from perfwise.programs.evaluate import meter_named
    from perfwise.programs.harvesting import harvest

    check_place(json or "-")
    load_with_notice()
    with progress_bar("functions") as progress:
        found = harvest(repository, ProgramEngine(meter_named("wasm")), progress=progress)
    if found.made:
        write_folder(out, {f"{one.name}.py": one.text for one in found.made})
    if json is not None:
        write_json(harvest_data(found), json)
    if json != "-":
        print_harvest(found, output(), str(out))
    if not found.made:
        raise typer.Exit(4)
