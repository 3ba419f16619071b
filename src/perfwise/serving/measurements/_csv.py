"""Columns that the CSV files of measurements share."""

from collections.abc import Mapping

import numpy as np

from perfwise.serving.observation import SETTINGS
from perfwise.serving.trace import Floats
from perfwise.serving.traces._columns import Column, Columns, floats, texts

__all__ = ["GROUP", "LATENCIES", "named", "seconds", "settings"]

GROUP = texts("group", optional=True)
LATENCIES: tuple[Column, ...] = (
    floats("ttft_ms", optional=True, empty=np.nan),
    floats("tpot_ms", optional=True, empty=np.nan),
)


def seconds(columns: Columns, name: str, count: int) -> Floats:
    """A column of milliseconds; NaN where the file lacks it."""
    found = columns.get(name)
    return found * 1e-3 if len(found) else np.full(count, np.nan)


def named(columns: Columns, name: str, count: int) -> list[str]:
    """A column of names; empty where the file lacks it."""
    found = columns.get(name)
    return [str(each).strip() for each in found] if len(found) else [""] * count


def settings(columns: Columns, row: int) -> Mapping[str, str]:
    """What the row says of its own system."""
    cells = {name: str(columns.get(name)[row]).strip() for name in SETTINGS if len(columns.get(name))}
    return {name: cell for name, cell in cells.items() if cell}
