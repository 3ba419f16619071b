"""Columns of CSV files of measurements, gzipped or not."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from perfwise.kit.textfiles import Faults, csv_records

__all__ = ["numbers", "texts"]

Array = NDArray[np.float64]


def texts(path: Path, *names: str) -> list[list[str]]:
    """The named columns as text. Raises: InvalidInput naming all columns that the file lacks."""
    faults = Faults()
    rows = [record.fields for record in csv_records(path, faults)]
    if not rows:
        faults.add(path, "empty-file", "the file holds no rows")
    for name in names:
        if rows and name not in rows[0]:
            faults.add(f"{path}:1", "missing-column", f"lacks the column {name!r}")
    faults.check()
    return [[str(row.get(name, "")) for row in rows] for name in names]


def numbers(path: Path, *names: str) -> list[Array]:
    """The named columns as numbers. Raises: InvalidInput naming every cell that is none."""
    faults, found = Faults(), []
    for name, column in zip(names, texts(path, *names), strict=True):
        values = np.zeros(len(column))
        for place, text in enumerate(column):
            try:
                values[place] = float(text)
            except ValueError:
                faults.add(f"{path}:{place + 2}", "not-a-number", f"{name} is {text!r}")
        found.append(values)
    faults.check()
    return found
