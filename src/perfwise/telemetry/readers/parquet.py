"""Logs in a Parquet file, a column of which is the message."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from perfwise.errors import Fault, MissingExtra
from perfwise.telemetry.contracts import Entries
from perfwise.telemetry.readers._records import Entry, in_blocks
from perfwise.telemetry.readers._times import seconds_of
from perfwise.telemetry.readers.csv_table import MESSAGES, SOURCES, TIMES

__all__ = ["Parquet"]


@dataclass(frozen=True)
class Parquet:
    """A table with a column of messages, named as in `csv_table`, read batch by batch (extra `[data]`).

    Source: Apache Parquet format 2.
    """

    def knows(self, name: str, beginning: bytes) -> bool:  # noqa: ARG002 - the magic number tells
        """The magic number."""
        return beginning.startswith(b"PAR1")

    def entries(self, stream: BinaryIO) -> Iterator[Entries]:
        """Entries in blocks. Raises: MissingExtra without pyarrow."""
        return in_blocks(self._found(stream))

    def _found(self, stream: BinaryIO) -> Iterator[Entry | Fault]:
        try:
            import pyarrow
            from pyarrow import parquet
        except ImportError as cause:
            raise MissingExtra("Parquet needs pyarrow: pip install 'perfwise[data]'") from cause
        try:
            file = parquet.ParquetFile(stream)
            names = {name.lower(): name for name in file.schema_arrow.names}
            wanted = [
                next((names[each] for each in known if each in names), None) for known in (MESSAGES, TIMES, SOURCES)
            ]
            if wanted[0] is None:
                yield Fault("schema", "missing-field", f"no column of messages; there are {', '.join(names)}")
                return
            for batch in file.iter_batches(columns=[each for each in wanted if each]):
                columns = [batch.column(each).to_pylist() if each else None for each in wanted]
                texts, times, sources = columns
                for place, text in enumerate(texts or ()):
                    at = seconds_of(times[place]) if times else float("nan")
                    yield Entry(str(text or ""), at, str(sources[place] or "") if sources else "", 0)
        except (pyarrow.ArrowException, OSError) as error:
            yield Fault("file", "malformed-parquet", f"not Parquet: {error}")
