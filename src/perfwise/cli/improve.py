"""`perfwise improve`: a cheaper program, verified and counted."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from perfwise.cli.options import JsonOption

if TYPE_CHECKING:
    from perfwise.recipes.improve_programs.running import Plan

__all__ = ["improve_programs"]


def improve_programs(  # noqa: PLR0913 - one parameter an option
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="The program to improve.")] = None,
    *,
    tasks: Annotated[
        list[Path] | None,
        typer.Option(metavar="PATH", help="Tasks that say what is right: a task file, a folder, a suite. Repeatable."),
    ] = None,
    task: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="The task of FILE; without FILE, improve its own reference. Repeatable."),
    ] = None,
    select: Annotated[
        str | None,
        typer.Option(metavar="[NAME=]PATH", help="Pick the best of these samples of each task instead of improving."),
    ] = None,
    entry_point: Annotated[str, typer.Option(help="The function to improve, where FILE brings its own examples.")] = "",
    method: Annotated[str, typer.Option(help="How candidates are proposed; 'perfwise methods' lists them.")] = "rules",
    option: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="A parameter of the method. Repeatable.")
    ] = None,
    budget: Annotated[int, typer.Option(min=1, help="The most candidates that are assessed for a program.")] = 64,
    tokens: Annotated[int, typer.Option(min=0, help="The most tokens that a model may be asked for.")] = 100_000,
    llm: Annotated[
        str | None, typer.Option("--llm", metavar="URL", help="An OpenAI-compatible endpoint, http://HOST:PORT/v1.")
    ] = None,
    model: Annotated[str, typer.Option(help="The model's name at that endpoint.")] = "",
    llm_key: Annotated[
        str,
        typer.Option(envvar="PERFWISE_LLM_KEY", show_envvar=True, help="Sent as a bearer token.", show_default=False),
    ] = "",
    min_gain: Annotated[
        str, typer.Option(metavar="SHARE", help="The least that a step must save, e.g. 5% or 0.05.")
    ] = "5%",
    mutations: Annotated[int, typer.Option(min=0, help="Mutated inputs that each candidate is tried on.")] = 40,
    seed: Annotated[int, typer.Option(help="What mutations are drawn from.")] = 0,
    apply: Annotated[bool, typer.Option("--apply", help="Write the result into FILE.")] = False,
    allow_untested: Annotated[
        bool, typer.Option("--allow-untested", help="Apply although nobody said what is right.")
    ] = False,
    patch: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write one patch a step, with its reason and numbers.")
    ] = None,
    archive: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Keep every candidate here; the same command goes on from there."),
    ] = None,
    export: Annotated[
        list[str] | None,
        typer.Option(metavar="FORM=FILE", help="pie_pairs, ranked_lists or rewards as JSON Lines. Repeatable."),
    ] = None,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page.")] = None,
    profile: Annotated[bool, typer.Option(help="Count by line too, and estimate the growth.")] = True,
    suite: Annotated[str | None, typer.Option(help="Read the tasks as this format.")] = None,
    form: Annotated[str | None, typer.Option("--format", help="Read the samples of --select as this format.")] = None,
    jobs: Annotated[int, typer.Option("-j", "--jobs", help="Processes for many programs; 0: one a processor.")] = 1,
    json: JsonOption = None,
) -> None:
    """Propose a cheaper program, check it beyond the given tests, count it exactly, and show what to change and why.

    Without a model rewrite rules propose. A candidate must do as the original on tests, mutated, larger and measured
    inputs: answer and type, exception, arguments, output. Its instructions are counted in a sandbox, exactly.
    Exit codes: 0 improved, or nothing was cheaper; 2 usage, bad input or a program that cannot be improved; 4 all of
    several were refused; 5 a meter or package is missing.
    """
    from perfwise.cli import improving
    from perfwise.cli.first_start import load_with_notice
    from perfwise.cli.json_files import check_place
    from perfwise.errors import InvalidOption

    for place in (json, report):
        check_place(str(place or "-"))
    exports = improving.exports_named(export or [])
    asked = improving.Asked(file, tuple(tasks or ()), tuple(task or ()), suite, entry_point)
    load_with_notice()
    if select is not None:
        improving.select_samples(asked, select, form, json)
        return
    plan = _plan(method, option or [], budget, tokens, min_gain, archive, mutations=mutations, seed=seed)
    plan = improving.with_model(plan, llm, model, llm_key)
    named = improving.jobs_named(asked)
    if apply and (file is None or len(named) != 1):
        raise InvalidOption("--apply writes into one FILE; name it")
    wishes = improving.Wishes(apply, allow_untested, patch, report, exports, json, profile)
    improving.run_and_show(named, plan, wishes, file, jobs)


def _plan(  # noqa: PLR0913 - one parameter an option
    method: str,
    options: list[str],
    budget: int,
    tokens: int,
    min_gain: str,
    archive: Path | None,
    *,
    mutations: int,
    seed: int,
) -> "Plan":
    from perfwise.cli.improving import parsed_options, share
    from perfwise.improve.contracts import Budget
    from perfwise.recipes.improve_programs.bench import Effort
    from perfwise.recipes.improve_programs.running import Plan, method_named

    given = parsed_options(options)
    method_named(method, given)
    return Plan(
        method,
        given,
        Budget(candidates=budget, tokens=tokens),
        Effort(mutations=mutations, seed=seed),
        share(min_gain),
        archive,
    )
