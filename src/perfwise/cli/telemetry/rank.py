"""`perfwise telemetry rank`: which component a fault began with."""

from typing import TYPE_CHECKING, Annotated

import typer

from perfwise.cli.options import JsonOption
from perfwise.cli.telemetry import options as o

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from perfwise.core.outcome import Outcome
    from perfwise.telemetry.incidents import Suspect

__all__ = ["print_suspects", "rank_causes"]


def rank_causes(  # noqa: PLR0913 - one parameter an option
    metrics: o.Metrics,
    *,
    at: o.Begins = None,
    graph: o.Graph = None,
    method: Annotated[
        str, typer.Option(metavar="METHOD", help="A ranking of 'perfwise methods', e.g. robust_deviation or page_rank.")
    ] = "robust_deviation",
    target: o.Target = None,
    cause: Annotated[
        str | None, typer.Option(metavar="COMPONENT", help="What was wrong, where known: the ranking is judged by it.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="Suspects to show.")] = 10,
    seed: o.Seed = 0,
    json: JsonOption = None,
) -> None:
    """Rank components by how suspect they are, and say why: the series, its shift, when, and the path of calls.

    A series is called COMPONENT.METRIC, or COMPONENT|METRIC|STATISTIC, or, where a graph names the components, begins
    with one of these. Exit codes: 0 ok, 2 usage or bad input, 4 the method blames nothing or cannot take the incident.
    """
    from perfwise.cli.json_files import check_place, write_json
    from perfwise.cli.terminal import complain, output
    from perfwise.core.choosing import method_of
    from perfwise.telemetry.investigating import incident_of
    from perfwise.telemetry.ranking import IncidentTask, RankerCandidate, RankingEngine
    from perfwise.telemetry.tables import read_graph, read_table

    check_place(json or "-")
    ranker = method_of("perfwise.telemetry.causes", method)
    calls = None if graph is None else read_graph(graph)
    incident = incident_of(read_table(metrics), at, calls, target, cause)
    suspects, outcome = RankingEngine().ranked(IncidentTask(incident), RankerCandidate(method, ranker), seed)
    if json is not None:
        document = {
            "method": method,
            "begins_s": float(incident.table.times_s[incident.begins]),
            "suspects": [each.as_json() for each in suspects],
            "scores": outcome.detail.get("scores", {}),
            "cpu_s": outcome.cost.get("cpu_s"),
            "outcome": outcome.row(),
        }
        write_json(document, json)
    if json != "-":
        print_suspects(suspects[:top], outcome, float(incident.table.times_s[incident.begins]), output())
    if outcome.failure is not None:
        complain(outcome.failure.message)
    if not suspects:
        raise typer.Exit(4)


def print_suspects(suspects: "Sequence[Suspect]", outcome: "Outcome", begins_s: float, console: "Console") -> None:
    """A line a suspect, what the ranking cost and, where the cause is known, what it is worth."""
    from collections.abc import Mapping

    from rich.text import Text

    from perfwise.cli.serving.render import print_caveats
    from perfwise.cli.telemetry.times import moment
    from perfwise.cli.terminal import shown

    cpu_s = outcome.cost.get("cpu_s")
    took = "" if cpu_s is None else f", {cpu_s:.3g} CPU s"
    console.print(Text(f"{shown(outcome.candidate)}: fault from {moment(begins_s)}{took}"))
    if not suspects and outcome.failure is None:
        console.print(Text("nothing is blamed"))
    for place, each in enumerate(suspects, 1):
        shift = f"{each.usual:.4g} → {each.seen:.4g} ({each.shift:+.4g}) at {moment(each.at_s)}"
        console.print(Text(f"{place:3}  ").append(shown(each.component), style="bold"), soft_wrap=True)
        console.print(Text(f"     {shown(each.series)}: {shift}"), soft_wrap=True)
        way = f"; called by way of {' → '.join(map(shown, each.path))}" if len(each.path) > 1 else ""
        console.print(Text(f"     {shown(each.reason)}{way}", style="dim"), soft_wrap=True)
    scores = outcome.detail.get("scores")
    if isinstance(scores, Mapping) and scores:
        console.print(Text(", ".join(f"{name} {value:.3g}" for name, value in scores.items())))
    print_caveats(outcome.caveats, console)
