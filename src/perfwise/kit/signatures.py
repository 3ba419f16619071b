"""What compiled functions take and return."""

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Bundle", "Kind", "Record", "Rows", "Signature", "Table"]


@dataclass(frozen=True, slots=True)
class Rows:
    """A one-dimensional array of structured rows; `rows[i].field` reads and writes."""

    dtype: np.dtype[Any]


@dataclass(frozen=True, slots=True)
class Record:
    """One row of such an array, by reference."""

    dtype: np.dtype[Any]


@dataclass(frozen=True, slots=True)
class Table:
    """An array of numbers in C order."""

    kind: str
    dimensions: int = 1


@dataclass(frozen=True, slots=True)
class Bundle:
    """A named tuple whose parts are given in its order."""

    name: type
    parts: tuple["Kind", ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function takes and returns: "f8", "i8", "i4", "u8", "u1", "b1" for numbers, "none", and the kinds above.

    A signature among the arguments of another stands for a function that is handed in.
    """

    returns: "Kind"
    takes: tuple["Kind", ...]


Kind = str | Rows | Record | Table | Bundle | Signature
