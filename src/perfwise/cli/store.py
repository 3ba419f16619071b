"""`perfwise store`: list and show what was kept, import and export it, merge stores."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from perfwise.cli.options import StoreOption

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwise.core.json import Json
    from perfwise.core.merging import Joined
    from perfwise.core.store import RunRecord, Store

__all__ = ["app"]

app = typer.Typer(
    help="What was kept: list the runs, show one, import and export outcomes, merge stores.",
    no_args_is_help=True,
    rich_markup_mode=None,
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
    format: Annotated[  # noqa: A002
        str | None, typer.Option(help="jsonl, csv, parquet or markdown; by default what the file's ending says.")
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="The file; by default standard output.")] = None,
    store: StoreOption = None,
) -> None:
    """Write one row an outcome: task, set, candidate, quality, cost, failure, caveats, provenance.

    A file is written whole or not at all.
    """
    from perfwise.cli.export import print_rows
    from perfwise.core.store import open_store
    from perfwise.interchange.writing import exporter_for, write_rows

    exporter = exporter_for(format, output)
    with open_store(store, create=False) as opened:
        rows = _Rows(opened, opened.run(run))
        if output is None:
            print_rows(rows, exporter)
        else:
            write_rows(rows, exporter, output)


class _Rows:
    """The rows of a run, as often as they are walked."""

    def __init__(self, store: "Store", run: "RunRecord") -> None:
        self._store, self._run = store, run

    def __iter__(self) -> "Iterator[dict[str, Json]]":
        return self._store.rows(self._run)


@app.command("import")
def import_files(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Result files, or a folder of asv's.")],
    *,
    format: Annotated[  # noqa: A002
        str | None,
        typer.Option(help="Name of an importer (perfwise methods --family importers); by default it is found."),
    ] = None,
    set_name: Annotated[
        str | None, typer.Option("--set", metavar="NAME", help="What to call the set; by default the file's name.")
    ] = None,
    task: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The results of a file are alternatives of this one task, a set each."),
    ] = None,
    store: StoreOption = None,
) -> None:
    """Keep the results of other tools, or our own documents and reports, each file as a run.

    Nothing is kept unless all files could be read. A file that is imported again is not kept twice.
    """
    from datetime import UTC, datetime

    from perfwise.cli.terminal import output, shown
    from perfwise.core.merging import keep_runs
    from perfwise.core.store import open_store
    from perfwise.interchange.importing import Wanted, whole_runs_of

    now = datetime.now(UTC).isoformat(timespec="seconds")
    runs = whole_runs_of(files, Wanted(format, set_name, task), now)
    with open_store(store) as opened:
        joined = keep_runs(opened, [run for _, run in runs])
    for (path, run), kept in zip(runs, joined, strict=True):
        sets = list(dict.fromkeys(one.candidate_set for one in run.outcomes))
        told = ", ".join(sets[:5]) + (f" and {len(sets) - 5} more" if len(sets) > 5 else "")
        output().print(shown(f"{path}: {len(run.outcomes):,} outcome(s) by {run.engine}; {told}"), soft_wrap=True)
        output().print(shown(f"  {_kept(kept)}"), style="dim", soft_wrap=True)


@app.command("merge")
def merge_stores(
    others: Annotated[list[str], typer.Argument(metavar="OTHER...", help="Stores to take over: files or URLs.")],
    *,
    apart: Annotated[
        bool, typer.Option("--apart", help="Keep a run whose outcomes differ from those there as a run of its own.")
    ] = False,
    store: StoreOption = None,
) -> None:
    """Take over the runs of other stores, as of the shards of a CI job: all of them or, on any error, none.

    Runs that asked the same become one. An attempt that both stores have is kept once if the outcomes are equal, and
    refused if they differ.
    """
    from contextlib import ExitStack

    from perfwise.cli.terminal import output, shown
    from perfwise.core.merging import merge_stores
    from perfwise.core.store import open_store

    with ExitStack() as opened:
        sources = [opened.enter_context(open_store(other, create=False)) for other in others]
        target = opened.enter_context(open_store(store))
        joined = merge_stores(target, sources, apart=apart)
    for each in joined:
        output().print(shown(f"{each.source_name}: {_kept(each)}"), soft_wrap=True)
    if not joined:
        output().print("There was no run to take over.")


def _kept(joined: "Joined") -> str:
    if not joined.new and not joined.added:
        return f"run {joined.run_id} ({joined.name}) has all of it already"
    if joined.new:
        return f"kept as run {joined.run_id} ({joined.name}), {joined.added:,} outcome(s)"
    return f"joined run {joined.run_id} ({joined.name}): {joined.added:,} new, {joined.known:,} were there"
