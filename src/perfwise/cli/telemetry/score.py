"""`perfwise telemetry score`: what a parser or a detector is worth, and what it costs."""

from pathlib import Path
from typing import Annotated

import typer

from perfwise.cli.options import JsonOption, StoreOption
from perfwise.cli.telemetry import options as o

__all__ = ["score_telemetry"]


def score_telemetry(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Labelled series: CSV with a column label or is_anomaly.")
    ],
    *,
    detector: Annotated[
        list[str] | None,
        typer.Option(metavar="METHOD", help="A detector of 'perfwise methods', e.g. robust_z; again to compare."),
    ] = None,
    seed: o.Seed = 0,
    store: StoreOption = None,
    json: JsonOption = None,
) -> None:
    """Score detectors on labelled series: PATE, VUS, point-adjusted F1, and CPU seconds.

    With --store the outcomes are kept, for 'perfwise compare' and 'perfwise report'. Exit codes: 0 ok, 2 usage or bad
    input.
    """
    from perfwise.cli.json_files import check_place
    from perfwise.cli.telemetry.score_series import score_detectors
    from perfwise.errors import InvalidOption

    check_place(json or "-")
    if not detector:
        raise InvalidOption("name what is scored: --detector METHOD for series")
    score_detectors(files, detector, store=store, seed=seed, json=json)
