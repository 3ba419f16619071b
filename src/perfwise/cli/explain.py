"""`perfwise explain`: where a program's cost goes, and where the difference of two comes from."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from perfwise.cli.options import JsonOption, StoreOption

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfwise.core.json import Json
    from perfwise.core.outcome import Outcome
    from perfwise.programs.explain import Explanation

__all__ = ["explain_candidates"]


def explain_candidates(  # noqa: PLR0913 - one parameter an option
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="Number or name of a stored run, latest, or a --json file.")
    ],
    candidate: Annotated[
        str,
        typer.Argument(metavar="CANDIDATE", help="A set, SET:ID where a set has several on the task, or @reference."),
    ],
    other: Annotated[
        str | None, typer.Argument(metavar="CANDIDATE", help="A second one: explain the difference.")
    ] = None,
    *,
    task: Annotated[str | None, typer.Option(metavar="ID", help="The task, where several were attempted.")] = None,
    line: Annotated[bool, typer.Option("--line", help="Show the whole source with the cost of each line.")] = False,
    suite: Annotated[str | None, typer.Option(help="Read the tasks as this format, where the run was told so.")] = None,
    form: Annotated[
        str | None, typer.Option("--format", help="Read the samples as this format, where the run was told so.")
    ] = None,
    svg: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A flame graph; of two, one that shows what changed.")
    ] = None,
    speedscope: Annotated[Path | None, typer.Option(metavar="FILE", help="JSON for speedscope.app.")] = None,
    chrome: Annotated[
        Path | None, typer.Option(metavar="FILE", help="JSON for ui.perfetto.dev and chrome://tracing.")
    ] = None,
    collapsed: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Collapsed stacks, one path a line, for flame graph tools.")
    ] = None,
    store: StoreOption = None,
    json: JsonOption = None,
) -> None:
    """Where the cost goes, by function and by line; with two candidates, where the difference comes from.

    The programs are read again from the files of the run, which must be as they were, and run once more with probes.
    The total stays the one that was counted without them.
    """
    from perfwise.cli.first_start import load_with_notice
    from perfwise.cli.json_files import check_place, write_json
    from perfwise.cli.recorded import read_recorded
    from perfwise.cli.render_explanation import explanation_data, print_explanations
    from perfwise.cli.terminal import output

    for place in (svg, speedscope, chrome, collapsed, json):
        check_place(str(place or "-"))
    names = [name for name in (candidate, other) if name is not None]
    recorded = read_recorded(run, names, task, store)
    outcomes = _on_one_task(names, recorded.groups, task)
    load_with_notice()
    explained = _explained(recorded.spec, outcomes, suite, form)
    _write_files(explained, svg=svg, speedscope=speedscope, chrome=chrome, collapsed=collapsed)
    if json is not None:
        write_json(explanation_data(explained), json)
    if json != "-":
        print_explanations(explained, output(), every_line=line)


def _on_one_task(names: list[str], groups: "Sequence[Sequence[Outcome]]", task: str | None) -> "list[Outcome]":
    from perfwise.errors import InvalidOption

    common = set.intersection(*({one.task for one in group} for group in groups))
    if not common:
        told = f" of the task {task!r}" if task else " in common"
        raise InvalidOption(f"{' and '.join(names)} have no attempt{told}")
    if len(common) > 1:
        dearest = max(sorted(common), key=lambda each: max(_cost(one) for one in groups[0] if one.task == each))
        raise InvalidOption(f"{len(common)} tasks were attempted; name one, such as the dearest: --task {dearest}")
    chosen = []
    for name, group in zip(names, groups, strict=True):
        here = [one for one in group if one.task in common]
        if len(here) > 1:
            some = ", ".join(f"{one.candidate_set}:{one.candidate}" for one in here[:5])
            raise InvalidOption(f"{name} has {len(here)} candidates on {here[0].task}; name one: {some}")
        chosen.append(here[0])
    return chosen


def _cost(outcome: "Outcome") -> float:
    return max((amount for _, amount in outcome.cost.items()), default=0.0)


def _explained(
    spec: "Mapping[str, Json]", outcomes: "list[Outcome]", suite: str | None, form: str | None
) -> "list[Explanation]":
    from perfwise.errors import InvalidOption
    from perfwise.programs.explain import explain
    from perfwise.programs.recalled import recall

    recalled = recall(spec, [one.attempt for one in outcomes], suite=suite, form=form)
    texts = [recalled.texts(one) for one in outcomes]
    if len({one.attempt for one in outcomes}) < len(outcomes):
        raise InvalidOption("a program does not differ from itself; name two")
    return [
        explain(task, candidate, outcome, memory_bytes=recalled.memory_bytes)
        for (task, candidate), outcome in zip(texts, outcomes, strict=True)
    ]


def _write_files(explained: "list[Explanation]", **places: Path | None) -> None:
    from dataclasses import replace

    from perfwise.kit.flame import Flame, flame_graph
    from perfwise.kit.stacks import chrome_trace, collapsed, speedscope
    from perfwise.kit.wholefiles import write_text

    frames = {one.label: replace(one.stacks, name=one.label) for one in explained}
    panels = [Flame(name, root) for name, root in frames.items()]
    title = f"Where the instructions go: {explained[0].task}"
    made = {
        "svg": lambda: flame_graph(title, "instructions", *panels),
        "speedscope": lambda: speedscope(frames),
        "chrome": lambda: chrome_trace(frames),
        "collapsed": lambda: "".join(collapsed(root) for root in frames.values()),
    }
    for name, place in places.items():
        if place is not None:
            write_text(place, made[name]())
