"""Parquet: one outcome a row, a column for each cost."""

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from perfwise.core.json import Json
from perfwise.errors import MissingExtra
from perfwise.interchange.exporters._cells import storable

__all__ = ["Parquet"]

_ROWS = 5_000  # held at a time
_PROVENANCE = ("engine", "engine_version", "meter", "meter_identity", "interpreter", "machine")


@dataclass(frozen=True)
class Parquet:
    """Columns `task`, `set`, `candidate`, `seed`, `quality`, `cost.<name>`, `failure_kind`, and the rest of a row.

    A cost that an outcome does not know is null; one that is whole in all rows is a column of whole numbers. `detail`
    and the versions stand as JSON. Needs pyarrow, the extra `data`.

    Source: Apache Parquet format 2.6, parquet.apache.org.
    """

    suffix: str = ".parquet"

    def write(self, rows: Iterable[Mapping[str, Json]], file: BinaryIO) -> None:
        """Write all rows; they are walked twice, first for the names of the costs.

        Raises: MissingExtra without pyarrow; OSError.
        """
        try:
            import pyarrow as arrow
            from pyarrow import parquet
        except ImportError as cause:
            raise MissingExtra("Parquet needs pyarrow: pip install 'perfwise[data]', or export jsonl") from cause
        costs = _costs(rows)
        fields = [*((name, arrow.string()) for name in ("task", "set", "candidate")), ("seed", arrow.int64())]
        fields += [("quality", arrow.float64())]
        fields += [(f"cost.{name}", arrow.int64() if whole else arrow.float64()) for name, whole in costs.items()]
        fields += [("failure_kind", arrow.string()), ("failure_message", arrow.string())]
        fields += [("caveats", arrow.list_(arrow.string()))]
        fields += [(name, arrow.string()) for name in (*_PROVENANCE, "versions", "key", "detail")]
        schema = arrow.schema(fields)
        with parquet.ParquetWriter(file, schema) as writer:
            for batch in _batches(rows):
                columns = [_flat(row, costs) for row in batch]
                writer.write_table(arrow.Table.from_pylist(columns, schema=schema))


def _costs(rows: Iterable[Mapping[str, Json]]) -> dict[str, bool]:
    """Names of the costs, sorted; whether a cost is a whole number of 64 bits in all rows."""
    whole: dict[str, bool] = {}
    for row in rows:
        for name, amount in _object(row["cost"]).items():
            whole[name] = whole.get(name, True) and isinstance(amount, int) and amount < 1 << 63
    return dict(sorted(whole.items()))


def _batches(rows: Iterable[Mapping[str, Json]]) -> Iterator[Sequence[Mapping[str, Json]]]:
    walk = iter(rows)
    while batch := list(itertools.islice(walk, _ROWS)):
        yield batch


def _flat(row: Mapping[str, Json], costs: Mapping[str, bool]) -> dict[str, Any]:
    failure, provenance, cost = (_object(row[name]) for name in ("failure", "provenance", "cost"))
    flat: dict[str, Any] = {name: storable(str(row[name])) for name in ("task", "set", "candidate", "key")}
    flat |= {"seed": row["seed"], "quality": row["quality"]}
    flat |= {f"cost.{name}": cost.get(name) if whole else _float(cost.get(name)) for name, whole in costs.items()}
    flat |= {f"failure_{part}": storable(str(failure[part])) if failure else None for part in ("kind", "message")}
    flat |= {name: storable(str(provenance[name])) for name in _PROVENANCE}
    caveats = row["caveats"]
    assert isinstance(caveats, list)
    flat["caveats"] = [storable(str(caveat)) for caveat in caveats]
    return flat | {"versions": json.dumps(provenance["versions"]), "detail": json.dumps(row["detail"])}


def _float(amount: Json) -> float | None:
    return float(amount) if isinstance(amount, int | float) else None


def _object(value: Json) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
