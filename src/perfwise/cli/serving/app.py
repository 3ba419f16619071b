"""The serving commands by name."""

import typer

from perfwise.cli.serving import compare_policies, simulate, trace

__all__ = ["app"]

app = typer.Typer(
    help="Serving language models: simulate a trace, predict a configuration, compare policies.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command("simulate")(simulate.simulate_trace)
app.command("compare-policies")(compare_policies.compare_policies)
app.command("trace")(trace.describe_trace)
