"""Vidur: linear layers of one model by tokens and tensor-parallel size."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from perfwise.serving.profiles._columns import numbers, texts
from perfwise.serving.profiles.operator_times import OperatorTimes

__all__ = ["Vidur"]


@dataclass(frozen=True, slots=True)
class Vidur:
    """Read `mlp.csv`, and `all_reduce.csv` of the same device's network where it is given.

    Medians, milliseconds. Times of exchanges are of the slowest rank: the others wait for it.

    Args:
        mlp: columns time_stats.<operator>.median, n_head, n_kv_head, n_embd, n_expanded_embd, num_tokens,
            num_tensor_parallel_workers.
        device: of the catalog.
        all_reduce: columns time_stats.all_reduce.median, num_workers, size in bytes.

    Source: microsoft/vidur at 7d47513, MIT.
    """

    mlp: Path
    device: str
    all_reduce: Path | None = None

    def read(self) -> OperatorTimes:
        """Matrix products in bf16, and all-reduces. Raises: InvalidInput naming what is wrong."""
        tables = {"linear/bf16": self._linear()}
        if self.all_reduce is not None:
            tables["all_reduce"] = _slowest(self.all_reduce)
        return OperatorTimes(self.device, f"Vidur 7d47513, {self.mlp.parent.name}", tables)

    def _linear(self) -> NDArray[np.float64]:
        shape = ("n_head", "n_kv_head", "n_embd", "n_expanded_embd", "num_tokens", "num_tensor_parallel_workers")
        heads, kv_heads, hidden, inner, tokens, tensor = numbers(self.mlp, *shape)
        (gated,) = texts(self.mlp, "use_gated_mlp")
        width = hidden / heads
        up = inner * np.where(np.array(gated) == "True", 2, 1)
        widths = {
            "attn_pre_proj": (hidden, (heads + 2 * np.maximum(kv_heads, tensor)) * width / tensor),
            "attn_post_proj": (hidden / tensor, hidden),
            "mlp_up_proj": (hidden, up / tensor),
            "mlp_down_proj": (inner / tensor, hidden),
        }
        rows = []
        for operator, (k, n) in widths.items():
            (latency_ms,) = numbers(self.mlp, f"time_stats.{operator}.median")
            rows.append(np.column_stack([k, n, tokens, latency_ms * 1e-3]))
        return _median(np.concatenate(rows))


def _median(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """One row for each shape."""
    shapes, which = np.unique(rows[:, :-1], axis=0, return_inverse=True)
    seconds = [np.median(rows[which.ravel() == place, -1]) for place in range(len(shapes))]
    return np.column_stack([shapes, seconds])


def _slowest(path: Path) -> NDArray[np.float64]:
    gpus, size, latency_ms = numbers(path, "num_workers", "size", "time_stats.all_reduce.median")
    shapes, which = np.unique(np.column_stack([gpus, size]), axis=0, return_inverse=True)
    seconds = np.zeros(len(shapes))
    np.maximum.at(seconds, which.ravel(), latency_ms * 1e-3)
    return np.column_stack([shapes, seconds])
