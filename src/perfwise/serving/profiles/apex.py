"""APEX: exchanges between GPUs by bytes, and matrix products."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from perfwise.serving.profiles._columns import numbers, texts
from perfwise.serving.profiles.operator_times import OperatorTimes

__all__ = ["Apex"]

_KINDS = {
    "all_reduce": "all_reduce",
    "all_gather": "all_gather",
    "alltoall": "all_to_all",
    "reduce_scatter": "reduce_scatter",
    "sendrecv": "send",
}


@dataclass(frozen=True, slots=True)
class Apex:
    """Read a folder of collectives, e.g. `comm/H100-SXM-80GB`, and a file of matrix products where there is one.

    Microseconds and kilobytes of 1,024 bytes; sizes of 0 are less than one and left out. Half precision.

    Args:
        folder: holds `all_reduce.csv` and so on.
        device: of the catalog.
        gemm: columns dtype, m, k, n, time(us).

    Source: microsoft/apex_plus at 8769096, MIT.
    """

    folder: Path
    device: str
    gemm: Path | None = None

    def read(self) -> OperatorTimes:
        """What there is in the folder. Raises: InvalidInput naming what is wrong."""
        tables = {}
        for file, kind in _KINDS.items():
            path = self.folder / f"{file}.csv"
            if path.exists():
                tables[kind] = _exchanges(path)
        if self.gemm is not None:
            m, k, n, took_us = numbers(self.gemm, "m", "k", "n", "time(us)")
            tables["linear/bf16"] = np.column_stack([k, n, m, took_us * 1e-6])
        return OperatorTimes(self.device, f"APEX 8769096, {self.folder.name}", tables)


def _exchanges(path: Path) -> NDArray[np.float64]:
    nodes, gpus, size_kb, took_us = numbers(path, "num_nodes", "num_gpus_per_node", "size(kb)", "time(us)")
    (dtype,) = texts(path, "dtype")
    wanted = (np.array(dtype) == "half") & (size_kb > 0) & (nodes == 1)
    return np.column_stack([gpus, size_kb * 1024, took_us * 1e-6])[wanted]
