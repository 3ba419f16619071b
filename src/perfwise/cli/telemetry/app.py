"""The telemetry commands by name."""

import typer

from perfwise.cli.telemetry import detect, drift, investigate, parse, rank, score

__all__ = ["app"]

app = typer.Typer(
    help="Logs and metric series: templates, anomalies, causes, each with its quality and cost.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def _telemetry() -> None:
    pass


app.command("parse", short_help="Cut logs into templates and values.")(parse.parse_logs)
app.command("score", short_help="Score parsers or detectors against labels.")(score.score_telemetry)
app.command("detect", short_help="Say what is unusual in series.")(detect.detect_anomalies)
app.command("rank", short_help="Rank the causes of a fault.")(rank.rank_causes)
app.command("investigate", short_help="From logs and metrics to a ranked cause.")(investigate.investigate_incident)
app.command("drift", short_help="Say what changed between two logs.")(drift.compare_windows)
