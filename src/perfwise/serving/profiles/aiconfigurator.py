"""aiconfigurator: parquet tables of operators, one folder for each operator, engine and version."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfwise.errors import Fault, InvalidInput, MissingExtra
from perfwise.serving.arithmetic import BYTES
from perfwise.serving.profiles.operator_times import OperatorTimes

__all__ = ["AiConfigurator"]

Columns = dict[str, NDArray[Any]]

_FORMATS = {
    "bfloat16": "bf16",
    "float16": "bf16",
    "half": "bf16",
    "w4a16_mxfp4": "fp4",
    "nvfp4": "fp4",
    "int4_wo": "int4",
}
_SKEWED = ("power_law_1.01", "power_law_1.2", "balanced")  # how tokens spread over experts, the first that there is


@dataclass(frozen=True, slots=True)
class AiConfigurator:
    """Read one system's folder, e.g. `h100_sxm`, for one engine.

    Latencies are milliseconds. Message sizes of exchanges are elements of two bytes: the longest all-reduce between two
    H100 then moves 332 GB/s of the 450 GB/s that the link has. Of a decode, `step + 1` tokens are looked at.

    Args:
        folder: holds `gemm/`, `attention/` and so on.
        backend: `vllm` or `trtllm`.

    Source: ai-dynamo/aiconfigurator at 095f58a, Apache-2.0.
    """

    folder: Path
    backend: str

    def read(self) -> OperatorTimes:
        """All operators. Raises: InvalidInput without any table, MissingExtra without pyarrow."""
        tables: dict[str, list[NDArray[np.float64]]] = {}
        for name, rows in self._rows():
            tables.setdefault(name, []).append(rows)
        if not tables:
            fault = Fault(str(self.folder), "no-tables", f"wanted parquet tables of {self.backend} in it")
            raise InvalidInput([fault])
        merged = {name: np.concatenate(parts) for name, parts in tables.items()}
        source = f"aiconfigurator 095f58a, {self.folder.name}, {self.backend}"
        return OperatorTimes(self.folder.name, source, {name: _best(rows) for name, rows in merged.items()})

    def _rows(self) -> Iterator[tuple[str, NDArray[np.float64]]]:
        for path in sorted(self.folder.glob(f"*/{self.backend}/*/*_perf.parquet")) + self._nccl():
            columns = _columns(path)
            kind = path.name.removesuffix("_perf.parquet")
            yield from _READERS[kind](columns) if kind in _READERS else ()

    def _nccl(self) -> list[Path]:
        """The newest version of the library that engines share."""
        return sorted(self.folder.glob("comm/nccl/*/nccl_perf.parquet"))[-1:]


def _columns(path: Path) -> Columns:
    try:
        from pyarrow import parquet
    except ImportError as cause:
        raise MissingExtra("reading parquet needs pyarrow: pip install 'perfwise[data]'") from cause
    return {name: column.to_numpy() for name, column in zip(*_table(parquet.read_table(path)), strict=True)}


def _table(table: Any) -> tuple[list[str], list[Any]]:
    return table.column_names, table.columns


def _split(columns: Columns, *by: str) -> Iterator[tuple[tuple[Any, ...], Columns]]:
    """The rows of each combination of values."""
    keys = list(zip(*(columns[name].tolist() for name in by), strict=True))
    for wanted in sorted(set(keys)):
        chosen = np.array([key == wanted for key in keys])
        yield wanted, {name: column[chosen] for name, column in columns.items()}


def _stack(columns: Columns, *names: str) -> NDArray[np.float64]:
    seconds = columns["latency"].astype(np.float64) * 1e-3
    return np.column_stack([*(columns[name].astype(np.float64) for name in names), seconds])


def _best(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of equal shapes the fastest, as kernels are measured that no engine would pick; rows of size 0 are dropped."""
    rows = rows[(rows[:, :-1] > 0).all(axis=1) & (rows[:, -1] > 0)]
    shapes, which = np.unique(rows[:, :-1], axis=0, return_inverse=True)
    fastest = np.full(len(shapes), np.inf)
    np.minimum.at(fastest, which.ravel(), rows[:, -1])
    return np.column_stack([shapes, fastest])


def _format(name: str) -> str:
    return _FORMATS.get(name, name)


def _gemm(columns: Columns) -> Iterator[tuple[str, NDArray[np.float64]]]:
    for (dtype,), part in _split(columns, "gemm_dtype"):
        if _format(dtype) not in BYTES:
            continue
        rows = _stack(part, "k", "n", "m")
        even = (rows[:, 2] <= 16) | (
            rows[:, 2] % 2 == 0
        )  # every second m of the large ones is one more than its neighbour
        yield f"linear/{_format(dtype)}", rows[even]


def _attention(kind: str, length: str) -> Any:
    def read(columns: Columns) -> Iterator[tuple[str, NDArray[np.float64]]]:
        columns = {"window_size": np.zeros(len(columns["latency"])), **columns}
        columns["context"] = columns["isl"] if kind == "prefill" else columns["step"] + 1
        for (attn, kv, width, window), part in _split(
            columns, "attn_dtype", "kv_cache_dtype", "head_dim", "window_size"
        ):
            if _format(attn) == "bf16":
                rows = _stack(part, "num_heads", "num_key_value_heads", "batch_size", length)
                yield f"{kind}/{_format(kv)}/{width}/{int(window)}", rows

    return read


def _latent(kind: str) -> Any:
    def read(columns: Columns) -> Iterator[tuple[str, NDArray[np.float64]]]:
        columns["context"] = columns["isl"] if kind == "latent_prefill" else columns["step"] + 1
        for (kv,), part in _split(columns, "kv_cache_dtype"):
            yield f"{kind}/{_format(kv)}", _stack(part, "num_heads", "batch_size", "context")

    return read


def _moe(columns: Columns) -> Iterator[tuple[str, NDArray[np.float64]]]:
    spread = next(name for name in _SKEWED if name in set(columns["distribution"].tolist()))
    for (dtype, kind), part in _split(columns, "moe_dtype", "distribution"):
        if kind == spread:
            shape = ("hidden_size", "inter_size", "num_experts", "topk", "moe_tp_size", "moe_ep_size", "num_tokens")
            yield f"experts/{_format(dtype)}", _stack(part, *shape)


def _reduced(columns: Columns) -> Iterator[tuple[str, NDArray[np.float64]]]:
    if "backend" in columns:
        graph = np.array([not str(name).endswith("eager") for name in columns["backend"]])
        columns = {name: column[graph] for name, column in columns.items()}
    columns["bytes"] = columns["message_size"] * 2
    yield "all_reduce", _stack(columns, "num_gpus", "bytes")


def _nccl(columns: Columns) -> Iterator[tuple[str, NDArray[np.float64]]]:
    columns["bytes"] = columns["message_size"] * 2
    names = {"all_gather": "all_gather", "alltoall": "all_to_all", "reduce_scatter": "reduce_scatter"}
    for (dtype, kind), part in _split(columns, "nccl_dtype", "op_name"):
        if dtype == "half" and kind in names:
            yield names[kind], _stack(part, "num_gpus", "bytes")


_READERS: dict[str, Any] = {
    "gemm": _gemm,
    "context_attention": _attention("prefill", "context"),
    "generation_attention": _attention("decode", "context"),
    "context_mla": _latent("latent_prefill"),
    "generation_mla": _latent("latent_decode"),
    "moe": _moe,
    "custom_allreduce": _reduced,
    "nccl": _nccl,
}
