"""The telemetry commands by name."""

import typer

__all__ = ["app"]

app = typer.Typer(
    help="Logs and metric series: templates, anomalies, causes, each with its quality and cost.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def _telemetry() -> None:
    pass
