"""The commands by name. Importing this must stay quick: a command imports what it needs when it runs."""

from typing import Annotated

import typer

import perfwise
from perfwise.cli import cache, compare, demo, doctor, explain, improve, init, methods, report, store, stress, tasks, ui
from perfwise.cli import eval as evaluate
from perfwise.cli.serving import app as serving
from perfwise.cli.telemetry import app as telemetry

__all__ = ["app"]

app = typer.Typer(
    name="perfwise",
    help="Quality per cost: which candidate is better, by how much, and what to do next.",
    epilog="New here? Run: perfwise demo",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"perfwise {perfwise.__version__}")
        raise typer.Exit


@app.callback()
def _perfwise(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


app.command("eval")(evaluate.evaluate_programs)
app.command("compare")(compare.compare_sides)
app.command("explain")(explain.explain_candidates)
app.command("stress")(stress.stress_tasks)
app.command("report")(report.write_html_report)
app.command("ui")(ui.serve_pages)
app.command("demo")(demo.show_demo)
app.command("improve")(improve.improve_programs)
app.command("init")(init.initialise)
app.command("methods")(methods.list_methods)
app.command("doctor")(doctor.examine)
app.add_typer(serving.app, name="serving")
app.add_typer(telemetry.app, name="telemetry")
app.add_typer(tasks.app, name="tasks")
app.add_typer(store.app, name="store")
app.add_typer(cache.app, name="cache")
