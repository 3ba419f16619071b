"""A Parquet file with a row for each request."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from perfwise.errors import MissingExtra
from perfwise.kit.wholefiles import replacing
from perfwise.serving.exports._columns import request_columns
from perfwise.serving.served import Served

__all__ = ["Parquet"]

_MORE = ("replica", "restarts", "worst_gap_s", "hit_tokens", "priority", "conversation")


@dataclass(frozen=True)
class Parquet:
    """The columns of the CSV, and more of each request: replica, restarts, worst gap, cache hits, conversation.

    Times that have not come are null. Needs pyarrow, the extra `data`.

    Source: Apache Parquet format 2.6, parquet.apache.org.
    """

    def write(self, path: Path, served: Served) -> None:
        """Write the file. Raises: MissingExtra without pyarrow; InvalidOption if the file cannot be written."""
        try:
            import pyarrow as arrow
            from pyarrow import parquet
        except ImportError as cause:
            raise MissingExtra("Parquet needs pyarrow: pip install 'perfwise[data]', or write a .csv") from cause
        columns = request_columns(served) | {name: np.asarray(served.requests[name]) for name in _MORE}
        table = {name: arrow.array(np.ascontiguousarray(each), from_pandas=True) for name, each in columns.items()}
        with replacing(path) as file:
            parquet.write_table(arrow.table(table), file)
