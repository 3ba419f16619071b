"""`Series` and `MetricTable`: numbers over time, as the detectors and the rankings of causes take them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from perfwise.errors import InvalidTask

__all__ = ["LARGEST", "Floats", "MetricTable", "Series", "filled"]

Floats = NDArray[np.float64]

LARGEST = 1e100
"""Values beyond it, whose squares could not be added up, count as missing when they are read."""


@dataclass(frozen=True, eq=False)
class Series:
    """One number over time.

    Args:
        name: e.g. `checkout.latency`.
        times_s: (points,), ascending, no two equal.
        values: (points,), NaN where there is none; never beyond 1e100.
        labels: (points,), whether a point belongs to an anomaly; None: not known.
        notes: what a reader must know, e.g. that rows came out of order.
    Raises: InvalidTask for what is no such series.
    """

    name: str
    times_s: Floats
    values: Floats
    labels: NDArray[np.bool_] | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_times(self.name, self.times_s)
        for what, column in (("values", self.values), ("labels", self.labels)):
            if column is not None and column.shape != self.times_s.shape:
                raise InvalidTask(f"{self.name}: {len(self.times_s)} times and {what} of shape {column.shape}")
        _check_values(self.name, self.values)

    def __len__(self) -> int:
        return len(self.times_s)

    @cached_property
    def digest(self) -> str:
        """Of times, values and labels."""
        return _digest(self.times_s, self.values, self.labels if self.labels is not None else np.zeros(0))


@dataclass(frozen=True, eq=False)
class MetricTable:
    """Several series on the same times.

    Args:
        times_s: (points,), ascending, no two equal.
        names: of the series, all different.
        values: (points, series), NaN where there is none; never beyond 1e100.
        labels: (points,), of all series together; None: not known.
        notes: what a reader must know.
    Raises: InvalidTask for what is no such table.
    """

    times_s: Floats
    names: tuple[str, ...]
    values: Floats
    labels: NDArray[np.bool_] | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_times("the table", self.times_s)
        if self.values.shape != (len(self.times_s), len(self.names)):
            wanted = (len(self.times_s), len(self.names))
            raise InvalidTask(f"{wanted[0]} times and {wanted[1]} series have no values of shape {self.values.shape}")
        if len(set(self.names)) != len(self.names):
            twice = sorted({name for name in self.names if self.names.count(name) > 1})
            raise InvalidTask(f"two series have the name {twice[0]!r}; names differ")
        _check_values("the table", self.values)

    def series(self, name: str) -> Series:
        """One of them. Raises: InvalidTask naming what there is."""
        if name not in self.names:
            raise InvalidTask(f"there is no series {name!r}; there are {_listed(self.names)}")
        column = np.ascontiguousarray(self.values[:, self.names.index(name)])
        return Series(name, self.times_s, column, self.labels, self.notes)

    @cached_property
    def digest(self) -> str:
        """Of times, names and values."""
        return _digest(self.times_s, np.frombuffer("\0".join(self.names).encode(), np.uint8), self.values)


def filled(values: Floats) -> Floats:
    """The values, with straight lines where they are missing. Raises: InvalidTask where all are missing."""
    known = np.flatnonzero(~np.isnan(values))
    if known.size == 0:
        raise InvalidTask("the series has no value at all")
    if known.size == len(values):
        return values
    return np.interp(np.arange(len(values)), known, values[known])


def _check_times(name: str, times_s: Floats) -> None:
    if times_s.ndim != 1 or not np.isfinite(times_s).all():
        raise InvalidTask(f"{name}: times are one column of finite seconds")
    if (np.diff(times_s) <= 0).any():
        raise InvalidTask(f"{name}: times must ascend, no two equal; sort them and join what has the same time")


def _check_values(name: str, values: Floats) -> None:
    if (np.abs(values) > LARGEST).any():  # false for NaN
        raise InvalidTask(f"{name}: a value lies beyond {LARGEST:g} or is infinite; give NaN where there is no number")


def _digest(*arrays: NDArray[np.generic]) -> str:
    whole = hashlib.sha256()
    for array in arrays:
        whole.update(f"{array.dtype.str}{array.shape}".encode())
        whole.update(np.ascontiguousarray(array).tobytes())
    return whole.hexdigest()[:32]


def _listed(names: Sequence[str], most: int = 10) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
