"""Names of conversations as numbers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfwise.serving.trace import Wholes

__all__ = ["numbered"]


def numbered(names: NDArray[Any]) -> Wholes:
    """0, 1, ... by first appearance; -1 for an empty name."""
    known: dict[str, int] = {}
    stripped = (str(name).strip() for name in names)
    return np.array([known.setdefault(name, len(known)) if name else -1 for name in stripped], np.int64)
