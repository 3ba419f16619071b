"""Times of single operators as somebody measured them on one device."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from perfwise.errors import Fault, InvalidInput

__all__ = ["COLUMNS", "OperatorTimes"]

Array = NDArray[np.float64]

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "linear": ("k", "n", "m", "seconds"),
    "decode": ("heads", "kv_heads", "batch", "context", "seconds"),
    "prefill": ("heads", "kv_heads", "batch", "prompt", "seconds"),
    "latent_decode": ("heads", "batch", "context", "seconds"),
    "latent_prefill": ("heads", "batch", "prompt", "seconds"),
    "experts": ("hidden", "inner", "experts", "active", "tensor", "groups", "tokens", "seconds"),
    "all_reduce": ("gpus", "bytes", "seconds"),
    "all_gather": ("gpus", "bytes", "seconds"),
    "all_to_all": ("gpus", "bytes", "seconds"),
    "reduce_scatter": ("gpus", "bytes", "seconds"),
    "send": ("gpus", "bytes", "seconds"),
}
"""What the columns of each kind of operator are; all shapes are of one GPU, times of one layer."""


@dataclass(frozen=True, slots=True, eq=False)
class OperatorTimes:
    """Measured times by kind of operator and number format.

    Args:
        device: the catalog's name of it.
        source: who measured, with what.
        tables: `kind/variant` -> (rows, columns as in `COLUMNS`). Variants: a number format for `linear` and `experts`,
            `format of keys and values/head width/window` for `decode` and `prefill`, the former for latent attention,
            nothing for exchanges.
    """

    device: str
    source: str
    tables: Mapping[str, Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        faults = []
        for name, rows in self.tables.items():
            columns = COLUMNS.get(name.split("/")[0])
            if columns is None or rows.ndim != 2 or rows.shape[1] != len(columns):
                faults.append(Fault(self.source, "wrong-shape", f"`{name}` has shape {rows.shape}, wanted {columns}"))
            elif not (np.isfinite(rows).all() and (rows[:, -1] > 0).all()):
                faults.append(Fault(self.source, "not-a-time", f"`{name}` has times that are not positive numbers"))
        if faults:
            raise InvalidInput(faults)

    def variants(self, kind: str) -> list[str]:
        """Variants of a kind that there are."""
        return [name.partition("/")[2] for name in self.tables if name.split("/")[0] == kind]

    def merged(self, other: "OperatorTimes") -> "OperatorTimes":
        """These, and what only the other has."""
        return OperatorTimes(self.device, f"{self.source}; {other.source}", {**other.tables, **self.tables})

    def save(self, path: Path | str) -> None:
        """Write an .npz that `load` reads; numbers as float32."""
        named = {name: rows.astype(np.float32) for name, rows in self.tables.items()}
        np.savez_compressed(path, _device=self.device, _source=self.source, **named)  # type: ignore[arg-type]

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Read what `save` wrote. Raises: InvalidInput for anything else."""
        try:
            with np.load(path, allow_pickle=False) as found:
                tables = {name: found[name].astype(np.float64) for name in found.files if not name.startswith("_")}
                return cls(str(found["_device"]), str(found["_source"]), tables)
        except (OSError, ValueError, KeyError, BadZipFile) as cause:
            fault = Fault(str(path), "not-operator-times", f"wanted an .npz of operator times: {cause}")
            raise InvalidInput([fault]) from cause

    @classmethod
    def shipped(cls, device: str, backend: str) -> Self | None:
        """What comes with the package for a device and a serving engine, or None."""
        file = resources.files("perfwise.serving.profiles") / "shipped" / f"{device}_{backend}.npz"
        if not file.is_file():
            return None
        with resources.as_file(file) as path:
            return cls.load(path)
