"""`perfwise store`: list, show and export what was kept."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from perfwise.cli.options import StoreOption

if TYPE_CHECKING:
    from perfwise.core.store import RunRecord, Store

__all__ = ["app"]

app = typer.Typer(
    help="What was kept: list the runs, show one, export its outcomes.", no_args_is_help=True, rich_markup_mode=None
)

_Run = Annotated[str, typer.Argument(metavar="RUN", help="Number or name of the run, or latest.")]


@app.command("list")
def list_runs(
    limit: Annotated[int, typer.Option(min=1, help="At most so many runs.")] = 20, *, store: StoreOption = None
) -> None:
    """List the runs, the newest first."""
    from rich import box
    from rich.table import Table

    from perfwise.cli.terminal import output, shown
    from perfwise.core.store import open_store

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("run", "name", "begun", "outcomes", "state", "sets"):
        table.add_column(heading, justify="right" if heading in {"run", "outcomes"} else "left", overflow="fold")
    with open_store(store, create=False) as opened:
        for run in opened.runs(limit=limit):
            sets = opened.sets(run)
            state = "finished" if run.finished else f"{sum(sets.values()):,} of {run.planned:,}"
            names = shown(", ".join(name for name in sets if not name.startswith("@")))
            table.add_row(
                str(run.id),
                shown(run.name),
                run.created_at[:16].replace("T", " "),
                f"{sum(sets.values()):,}",
                state,
                names,
            )
    output().print(table)


@app.command("show")
def show_run(run: _Run = "latest", *, store: StoreOption = None) -> None:
    """Show what a run asked and what it holds."""
    from perfwise.cli.terminal import output, shown
    from perfwise.core.store import open_store

    with open_store(store, create=False) as opened:
        record = opened.run(run)
        for line in _described(opened, record):
            output().print(shown(line), soft_wrap=True)


def _described(store: "Store", run: "RunRecord") -> list[str]:
    import json

    lines = [f"run {run.id}: {run.name}, begun {run.created_at}, {'finished' if run.finished else 'not finished'}"]
    lines += [f"  {name}: {json.dumps(value, ensure_ascii=False)}" for name, value in run.spec.items() if value]
    for name, count in store.sets(run).items():
        right, failures = _tally(store, run, name)
        told = "".join(f", {times:,} {kind}" for kind, times in failures)
        lines.append(f"  set {name}: {count:,} outcomes, {right:,} right{told}")
    return lines


def _tally(store: "Store", run: "RunRecord", name: str) -> tuple[int, list[tuple[str, int]]]:
    from collections import Counter

    kinds: Counter[str | None] = Counter(
        None if outcome.succeeded else outcome.failure.kind if outcome.failure else "not judged"
        for outcome in store.outcomes(run, candidate_set=name)
    )
    return kinds[None], [(kind, times) for kind, times in kinds.most_common() if kind is not None]


@app.command("export")
def export_run(
    run: _Run = "latest",
    *,
    format: Annotated[Literal["jsonl", "csv"], typer.Option(help="jsonl or csv.")] = "jsonl",  # noqa: A002
    output: Annotated[Path | None, typer.Option("-o", "--output", help="The file; by default standard output.")] = None,
    store: StoreOption = None,
) -> None:
    """Write one row an outcome: task, set, candidate, quality, cost, failure, caveats, provenance."""
    from perfwise.cli.export import write_rows
    from perfwise.core.store import open_store

    with open_store(store, create=False) as opened:
        write_rows(opened.rows(opened.run(run)), format, output)
