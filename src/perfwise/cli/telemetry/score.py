"""`perfwise telemetry score`: what a parser or a detector is worth, and what it costs."""

from pathlib import Path
from typing import Annotated

import typer

from perfwise.cli.options import JsonOption, StoreOption
from perfwise.cli.telemetry import options as o

__all__ = ["score_telemetry"]


def score_telemetry(  # noqa: PLR0913 - one parameter an option
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="A raw log, with --truth; or labelled series: CSV with a column label or is_anomaly.",
        ),
    ],
    *,
    truth: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV", help="What each line of the log is: columns EventId and EventTemplate, as loghub's."
        ),
    ] = None,
    parser: Annotated[
        list[str] | None,
        typer.Option(metavar="METHOD", help="A parser of 'perfwise methods', e.g. drain:sim_th=0.5; again to compare."),
    ] = None,
    header: o.HeaderFormat = None,
    masks: o.MaskFile = None,
    detector: Annotated[
        list[str] | None,
        typer.Option(metavar="METHOD", help="A detector of 'perfwise methods', e.g. robust_z; again to compare."),
    ] = None,
    seed: o.Seed = 0,
    store: StoreOption = None,
    json: JsonOption = None,
) -> None:
    """Score parsers on a log with labels, or detectors on labelled series, with CPU seconds.

    A log: GA, PGA, RGA, FGA by groups of lines, PA, PTA, RTA, FTA by the texts of templates. Series: PATE, VUS,
    point-adjusted F1. With --store the outcomes are kept, for 'perfwise compare' and 'perfwise report'. Exit codes: 0
    ok, 1 a parser failed, 2 usage or bad input.
    """
    from perfwise.cli.json_files import check_place
    from perfwise.errors import InvalidOption

    check_place(json or "-")
    if truth is not None or parser:
        from perfwise.cli.telemetry.score_log import score_parsers

        if truth is None or not parser or len(files) != 1 or detector:
            raise InvalidOption("a log is scored by: score LOG --truth CSV --parser METHOD")
        score_parsers(files[0], truth, parser, header, masks, store=store, json=json)
        return
    if not detector:
        raise InvalidOption("name what is scored: --truth CSV --parser METHOD for a log, --detector METHOD for series")
    from perfwise.cli.telemetry.score_series import score_detectors

    score_detectors(files, detector, store=store, seed=seed, json=json)
