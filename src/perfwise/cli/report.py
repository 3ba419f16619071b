"""`perfwise report`: stored runs as one HTML file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from perfwise.cli.options import StoreOption

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from perfwise.core.outcome import Outcome
    from perfwise.programs.recalled import Recalled
    from perfwise.web.gathering import Part
    from perfwise.web.sections import Explanation

__all__ = ["write_html_report"]

_RUNS = (
    "A stored run (number, name, or latest), RUN:SET, or a result file: a report, a document of --json, another tool's."
)
_FILES = frozenset({".html", ".json", ".jsonl", ".csv"})


def write_html_report(  # noqa: PLR0913 - one parameter an option
    runs: Annotated[list[str], typer.Argument(metavar="RUN...", help=_RUNS)],
    output: Annotated[Path, typer.Option("-o", "--output", help="The file to write, or - for standard output.")] = Path(
        "report.html"
    ),
    *,
    title: Annotated[str, typer.Option(help="Heading of the page. By default the names of the runs.")] = "",
    cost: Annotated[
        str | None, typer.Option(help="Name of the cost that is compared. By default the one most outcomes have.")
    ] = None,
    baseline: Annotated[
        str | None, typer.Option(metavar="SET", help="The set that the others are compared with.")
    ] = None,
    allow_mismatch: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A part of the measurement that may differ, e.g. 'interpreter'. Repeatable."),
    ] = None,
    price: Annotated[
        list[str] | None,
        typer.Option(metavar="COST=USD", help="Dollars for one unit of a cost, e.g. gpu_s=0.0007. Repeatable."),
    ] = None,
    rows: Annotated[int, typer.Option(min=1, help="At most so many outcomes in the table; the data hold all.")] = 1000,
    explain: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="What 'perfwise explain' wrote: --svg or --json. Repeatable."),
    ] = None,
    store: StoreOption = None,
) -> None:
    """Write runs as one HTML file: verdict, tables, pictures, failures, caveats, how to make it again, and the data.

    It opens from disk without a network, in any browser. Several runs stand side by side.
    """
    from perfwise.cli.eval_command import command_of
    from perfwise.cli.terminal import output as console
    from perfwise.cli.terminal import shown
    from perfwise.web.report import Wishes, report_text, write_report

    parts = [part for text in runs for part in _parts(text, store)]
    commands = [command for part in parts if part.run is not None and (command := command_of(part.run))]
    wishes = Wishes(
        title=title,
        cost=cost,
        baseline=baseline,
        allow=tuple(allow_mismatch or ()),
        prices=_prices(price or []),
        most_rows=rows,
        program=_program_texts(),
        commands=tuple(dict.fromkeys(commands)),
        explanations=tuple(explanation for path in explain or () for explanation in _explanations(path)),
    )
    if str(output) == "-":
        typer.echo(report_text(parts, wishes).encode(), nl=False)
        return
    size = write_report(parts, output, wishes)
    console().print(f"{shown(str(output))}: {size / 1000:,.0f} kB", soft_wrap=True)


def _parts(text: str, place: str | None) -> "list[Part]":
    """One for a stored run, as many as it holds for a file."""
    from perfwise.core.store import open_store
    from perfwise.web.gathering import file_parts, stored_part

    path = Path(text)
    if path.is_file() or path.suffix in _FILES or (len(path.parts) > 1 and path.is_dir()):
        return file_parts(path)
    with open_store(place, create=False) as store:
        return [stored_part(store, text)]


def _prices(texts: list[str]) -> dict[str, float]:
    from math import isfinite

    prices = {}
    for text in texts:
        name, _, number = text.partition("=")
        try:
            prices[name] = float(number)
        except ValueError:
            prices[name] = -1.0
        if not name or prices[name] < 0 or not isfinite(prices[name]):
            raise typer.BadParameter(f"COST=USD, such as gpu_s=0.0007, was wanted; not {text!r}")
    return prices


def _program_texts() -> "Callable[[Part, Outcome], str | None]":
    """Looks programs up in the files of their run, where these are still what they were."""
    from perfwise.errors import PerfwiseError

    known: dict[str, Recalled | None] = {}

    def program(part: "Part", outcome: "Outcome") -> str | None:
        if part.title not in known:
            known[part.title] = _recalled(part)
        run = known[part.title]
        try:
            return None if run is None else run.texts(outcome)[1].source
        except PerfwiseError:  # gone or changed: a report without its text is still a report
            return None

    return program


def _recalled(part: "Part") -> "Recalled | None":
    """The texts of a run that this store measured; a file's word on which paths to read is not taken."""
    from perfwise.errors import PerfwiseError

    if part.run is None or not part.run.id or not any(map(part.run.spec.get, ("tasks", "files", "samples"))):
        return None
    from perfwise.programs.recalled import recall

    try:
        return recall(part.run.spec)
    except PerfwiseError:
        return None


def _explanations(path: Path) -> "Iterator[Explanation]":
    """Of a flame graph or a document. Raises: InvalidInput for another file."""
    import json

    from perfwise.errors import Fault, InvalidInput
    from perfwise.web.sections import explained, flame

    try:
        text = path.read_text("utf-8")
        if path.suffix == ".svg":
            yield flame(path.stem, text)
            return
        yield from explained(json.loads(text))
    except OSError as error:
        message = f"cannot be read: {error.strerror or error}"
        raise InvalidInput([Fault(str(path), "unreadable-file", message)]) from error
    except (ValueError, TypeError, KeyError) as error:
        message = "an SVG or a JSON document of perfwise explain was wanted"
        raise InvalidInput([Fault(str(path), "wrong-type", message)]) from error
