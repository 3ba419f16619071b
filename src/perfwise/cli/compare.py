"""`perfwise compare`: which of two sets is cheaper and better, in pairs over common tasks; whether rules are kept."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from perfwise.cli.options import JsonOption, StoreOption

if TYPE_CHECKING:
    from perfwise.cli.sides import Sides
    from perfwise.core.compare import Comparison, Resolution
    from perfwise.core.gate import Verdict

__all__ = ["compare_sides"]

_SIDE = "A stored run (number, name, or latest), RUN:SET, a result file of perfwise or of another tool, or FILE:SET."
_BROKEN = 1


def compare_sides(  # noqa: PLR0913 - one parameter an option
    first: Annotated[str, typer.Argument(metavar="A", help=_SIDE)],
    second: Annotated[str, typer.Argument(metavar="B", help="The same; a ratio below 1 says that B is cheaper.")],
    *,
    cost: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Cost that is compared. Without it the first of wasm_instructions, latency_s, wall_s and cpu_s that "
            "both sides have, else the only one.",
        ),
    ] = None,
    allow_mismatch: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A part of the measurement that may differ, e.g. 'interpreter'. Repeatable."),
    ] = None,
    gate: Annotated[
        bool, typer.Option("--gate", help="Apply the rules of [[tool.perfwise.gate]]; end with 1 if one is broken.")
    ] = False,
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where the rules are. Without it the nearest pyproject.toml from here up."),
    ] = None,
    markdown: Annotated[
        str | None,
        typer.Option(metavar="FILE|-", help="Write a comment for a pull request; - for standard output."),
    ] = None,
    store: StoreOption = None,
    json: JsonOption = None,
) -> None:
    """Compare two sets of candidates on the tasks that both attempted.

    Exit codes: 0 ok, 1 a rule of the gate is broken, 2 usage or bad input, 3 measured differently, or no common task,
    6 the store failed.
    """
    import gc

    from perfwise.cli.json_files import check_place
    from perfwise.cli.sides import read_sides
    from perfwise.core.compare import Resolution, compare
    from perfwise.errors import InvalidOption
    from perfwise.programs.resolution import unresolved

    if markdown == json == "-":
        raise InvalidOption("only one of --markdown and --json can go to standard output")
    for place in (markdown, json):
        if place is not None:
            check_place(place)
    gc.disable()  # outcomes are many and hold no cycles: looking for some takes a quarter of the time
    sides = read_sides(first, second, store)
    resolution = Resolution(absolute=unresolved)
    comparison = compare(sides.first, sides.second, cost=cost, resolution=resolution, allow=allow_mismatch or ())
    verdict = _judged(sides, comparison, resolution, allow_mismatch or [], config) if gate or config else None
    _show(comparison, verdict, markdown, json)
    if verdict is not None and verdict.status == "fail":
        raise typer.Exit(_BROKEN)


def _judged(
    sides: "Sides",
    comparison: "Comparison",
    resolution: "Resolution",
    allow: list[str],
    config: Path | None,
) -> "Verdict":
    from perfwise.cli.gate_metrics import metric_named
    from perfwise.core.gate import Gate, find_rules, read_rules

    rules = read_rules(config or find_rules(Path.cwd()))
    gate = Gate(
        rules,
        comparison.cost,
        resolution,
        allow,
        lambda name: metric_named(name, comparison.cost),
        sides.references,
    )
    return gate.judge(sides.first, sides.second)


def _show(comparison: "Comparison", verdict: "Verdict | None", markdown: str | None, json: str | None) -> None:
    from dataclasses import asdict

    from perfwise.cli.render_comparison import print_comparison
    from perfwise.cli.render_markdown import comment
    from perfwise.cli.terminal import output

    if json is not None:
        from perfwise.cli.document import comparison_data  # takes a while to import
        from perfwise.cli.json_files import write_json

        told = None if verdict is None else {"status": verdict.status, **asdict(verdict)}
        write_json({**comparison_data(comparison), "gate": told}, json)
    if markdown is not None:
        _write(comment(comparison, verdict), markdown)
    if "-" not in (markdown, json):
        print_comparison(comparison, output(), verdict)


def _write(text: str, place: str) -> None:
    from perfwise.kit.wholefiles import write_text

    if place == "-":
        typer.echo(text, nl=False)
        return
    write_text(Path(place), text)
