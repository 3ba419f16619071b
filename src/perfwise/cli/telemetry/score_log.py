"""`perfwise telemetry score LOG`: how right a parser is on a log with labels."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from perfwise.core.json import Json
    from perfwise.core.outcome import Outcome

__all__ = ["score_parsers"]

_SHOWN = ("GA", "PGA", "RGA", "FGA", "PA", "PTA", "RTA", "FTA")


def score_parsers(
    log: Path,
    truth: Path,
    parsers: Sequence[str],
    header: str | None,
    masks: str | None,
    *,
    store: str | None,
    json: str | None,
) -> None:
    """Score parsers on one log with labels; what is asked of one is written as one flat document.

    Raises: typer.Exit with 1 if a parser failed; InvalidInput for a log or labels that cannot be read.
    """
    from perfwise.cli.first_start import tell_of_parsers
    from perfwise.cli.json_files import write_json
    from perfwise.cli.telemetry.attempting import attempted
    from perfwise.core.choosing import method_of
    from perfwise.telemetry.engine import LogEngine, ParserCandidate
    from perfwise.telemetry.labelled import read_labelled
    from perfwise.telemetry.scanning.masks import chosen_masks

    tell_of_parsers()
    task = read_labelled(log, truth, header)
    chosen = chosen_masks(masks)
    candidates = [
        ParserCandidate(method_of("perfwise.telemetry.parsers", each, masks=chosen), candidate_set=each)
        for each in parsers
    ]
    outcomes, _ = attempted([task], candidates, LogEngine(), 0, store=store, name="telemetry-logs")
    documents = [_document(outcome) for outcome in outcomes]
    if json is not None:
        write_json(documents[0] if len(documents) == 1 else {"parsers": documents}, json)
    if json != "-":
        _print(outcomes, documents)
    if any(outcome.failure is not None for outcome in outcomes):
        raise typer.Exit(1)


def _document(outcome: "Outcome") -> "dict[str, Json]":
    scores = outcome.detail.get("scores")
    assert scores is None or isinstance(scores, Mapping)
    row = outcome.row()
    return {
        **(scores or {}),
        "cpu_s": outcome.cost.get("cpu_s"),
        "templates": outcome.detail.get("templates"),
        "true_templates": outcome.detail.get("true_templates"),
        "lines": outcome.detail.get("lines"),
        "normalisation": "none",
        "reasons": outcome.detail.get("reasons", {}),
        "outcome": {key: value for key, value in row.items() if key != "detail"},
        "parser": outcome.detail["parser"],
        "header": outcome.detail.get("header"),
    }


def _print(outcomes: "Sequence[Outcome]", documents: "Sequence[Mapping[str, Json]]") -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from perfwise.cli.terminal import output, shown

    console = output()
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("parser")
    for heading in (*_SHOWN, "templates", "CPU s"):
        table.add_column(heading, justify="right")
    for outcome, document in zip(outcomes, documents, strict=True):
        cpu_s = outcome.cost.get("cpu_s")
        cells = [_cell(document.get(name)) for name in _SHOWN]
        table.add_row(
            Text(shown(outcome.candidate_set)),
            *cells,
            str(document["templates"]),
            "-" if cpu_s is None else f"{cpu_s:.3f}",
        )
    first = documents[0]
    console.print(Text(shown(f"{outcomes[0].task}: {first['lines']} lines, {first['true_templates']} true templates")))
    console.print(table)
    for note in dict.fromkeys(_notes(outcomes, documents)):
        console.print(Text(shown(note)))


def _cell(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else "-"


def _notes(outcomes: "Sequence[Outcome]", documents: "Sequence[Mapping[str, Json]]") -> Iterator[str]:
    yield "texts are compared as they are"
    for outcome, document in zip(outcomes, documents, strict=True):
        if outcome.failure is not None:
            yield f"{outcome.candidate_set} failed: {outcome.failure}"
        elif document["header"] is not None:
            yield f"contents: {document['header']}"
        reasons = document["reasons"]
        yield from (str(reason) for reason in reasons.values()) if isinstance(reasons, Mapping) else ()
        yield from (f"{outcome.candidate_set}: {caveat}" for caveat in outcome.caveats)
