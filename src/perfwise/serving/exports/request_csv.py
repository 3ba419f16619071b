"""A CSV with a row for each request."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from perfwise.serving.exports._columns import request_columns
from perfwise.serving.exports._files import save
from perfwise.serving.served import Served

__all__ = ["RequestCsv"]


@dataclass(frozen=True)
class RequestCsv:
    """The columns `arrived_at,prefill,decode,scheduled_at,prefill_completed_at,completed_at`, zipped for `.gz`.

    Seconds with every digit, so that reading them back gives the same numbers; a time that has not come is empty.
    Prefill and decode are the tokens that were asked for.

    Source: the request tables of Vidur's recorded runs, microsoft/vidur 7d47513.
    """

    def write(self, path: Path, served: Served) -> None:
        """Write the file. Raises: InvalidOption if it cannot be written."""
        columns = request_columns(served)
        rows = map(",".join, zip(*map(_texts, columns.values()), strict=True))
        save(path, "\n".join((",".join(columns), *rows, "")))


def _texts(column: NDArray[np.float64] | NDArray[np.int64]) -> list[str]:
    return ["" if value != value else repr(value) for value in column.tolist()]  # noqa: PLR0124 - NaN
