"""Options that several commands have in common."""

from typing import Annotated, TypeAlias

import typer

__all__ = ["JsonOption", "StoreOption"]

StoreOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--store",
        envvar="PERFWISE_STORE",
        metavar="FILE|URL",
        help="Where outcomes are kept: a file, or a postgresql:// URL. By default a file in your data folder.",
    ),
]

JsonOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--json", metavar="FILE|-", help="Write the result as one JSON document; - for standard output."),
]
