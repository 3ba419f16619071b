"""`perfwise compare`: which of two sets is cheaper and better, in pairs over common tasks."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from perfwise.cli.options import JsonOption, StoreOption

if TYPE_CHECKING:
    from perfwise.core.compare import Side
    from perfwise.core.outcome import Outcome

__all__ = ["compare_sides"]

_SIDE = "A stored run (number, name, or latest), RUN:SET, a document of --json, or FILE:SET."


def compare_sides(
    first: Annotated[str, typer.Argument(metavar="A", help=_SIDE)],
    second: Annotated[str, typer.Argument(metavar="B", help="The same; a ratio below 1 says that B is cheaper.")],
    *,
    cost: Annotated[str, typer.Option(help="Name of the cost that is compared.")] = "wasm_instructions",
    allow_mismatch: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A part of the measurement that may differ, e.g. 'interpreter'. Repeatable."),
    ] = None,
    store: StoreOption = None,
    json: JsonOption = None,
) -> None:
    """Compare two sets of programs on the tasks that both attempted.

    Refused with exit code 3 when the two were measured differently.
    """
    from perfwise.cli.document import comparison_data
    from perfwise.cli.json_files import write_json
    from perfwise.cli.render_comparison import print_comparison
    from perfwise.cli.terminal import output
    from perfwise.core.compare import Resolution, compare
    from perfwise.programs.resolution import unresolved

    sides = _named_apart(_side(first, store), _side(second, store))
    resolution = Resolution(absolute=unresolved)
    comparison = compare(*sides, cost=cost, resolution=resolution, allow=allow_mismatch or ())
    if json is not None:
        write_json(comparison_data(comparison), json)
    if json != "-":
        print_comparison(comparison, output())


def _side(text: str, store: str | None) -> "Side":
    """The set that the text names. Raises: InvalidOption listing the sets where it could be several."""
    from perfwise.core.compare import Side
    from perfwise.core.task import REFERENCE
    from perfwise.errors import InvalidOption

    source, wanted, groups = _groups(text, store)
    ranked = {name: group for name, group in groups.items() if name != REFERENCE}
    if not wanted and len(ranked) == 1:
        wanted = next(iter(ranked))
    if wanted not in groups:
        there = ", ".join(f"{source}:{name}" for name in ranked) or "none"
        raise InvalidOption(f"{text!r} does not name one set; there are {there}")
    return Side(wanted, groups[wanted])


def _groups(text: str, store: str | None) -> "tuple[str, str, dict[str, list[Outcome]]]":
    """(source, name of the set or nothing, outcomes by set). Raises: InvalidOption for a file or run not there."""
    from perfwise.errors import InvalidOption

    head, _, tail = text.rpartition(":")
    for source, wanted in ((text, ""), (head, tail)):
        if source and Path(source).is_file():
            from perfwise.cli.document import read_evaluation

            return source, wanted, read_evaluation(Path(source))
    source, _, wanted = text.partition(":")
    if source.endswith(".json"):
        raise InvalidOption(f"there is no file {source}")
    return source, wanted, _stored(source, store)


def _stored(which: str, place: str | None) -> "dict[str, list[Outcome]]":
    from perfwise.core.store import open_store
    from perfwise.programs.scoring import sets_of

    with open_store(place, create=False) as store:
        return sets_of(store.outcomes(store.run(which)))


def _named_apart(first: "Side", second: "Side") -> "tuple[Side, Side]":
    """Two sets of one name, as of two runs, are called the first and the second."""
    from dataclasses import replace

    if first.name != second.name:
        return first, second
    return replace(first, name=f"{first.name} (first)"), replace(second, name=f"{second.name} (second)")
