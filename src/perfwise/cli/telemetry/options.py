"""Options that the telemetry commands have in common."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

__all__ = ["At", "Begins", "Graph", "HeaderFormat", "MaskFile", "Metrics", "Seed", "Target"]

Metrics: TypeAlias = Annotated[
    Path,
    typer.Argument(
        metavar="METRICS",
        help="Series over time: CSV (a time column, one column a series, or columns series and value; perhaps label) "
        "or what Prometheus answers to a range query, JSON; also .gz.",
    ),
]
Graph: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--graph", metavar="FILE", help="Who calls whom: a square CSV of 0 and 1 with names, or lines caller,callee."
    ),
]
At: TypeAlias = Annotated[
    str,
    typer.Option(
        "--at", metavar="TIME", help="When the fault began: seconds since 1970, or ISO 8601 (UTC by default)."
    ),
]
Begins: TypeAlias = Annotated[
    str | None,
    typer.Option("--at", metavar="TIME", help="When the fault began; by default the first great change is taken."),
]
Target: TypeAlias = Annotated[
    str | None, typer.Option(metavar="COMPONENT", help="Where the fault was noticed, e.g. the front end.")
]
Seed: TypeAlias = Annotated[int, typer.Option(min=0, help="Of whatever is drawn at random.")]
HeaderFormat: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--header",
        metavar="FORMAT",
        help="What stands before the content, e.g. '<Date> <Time> <Level> <Content>', or a known name such as hdfs, "
        "syslog, apache. By default it is guessed.",
    ),
]
MaskFile: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--masks",
        metavar="FILE|TYPES",
        help="What is a value in a line: a file with a regular expression a line, 'none', or types as ip,num,path. "
        "By default all types.",
    ),
]
