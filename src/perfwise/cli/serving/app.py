"""The serving commands by name."""

import typer

from perfwise.cli.serving import calibrate, compare_policies, predict, simulate, trace

__all__ = ["app"]

app = typer.Typer(
    help="Serving language models: how fast, at what cost, and how far from reality.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command("simulate", short_help="Serve a trace by one plan.")(simulate.simulate_trace)
app.command("compare-policies", short_help="Serve traces by several plans.")(compare_policies.compare_policies)
app.command("predict", short_help="Predict TTFT and TPOT of configurations.")(predict.predict_rows)
app.command("calibrate", short_help="Fit step times to your own measurements.")(calibrate.calibrate_timer)
app.command("trace", short_help="Say what a trace asks for.")(trace.describe_trace)
