"""Times of one model's layers, as a profile of a whole engine gives them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perfwise.errors import Fault, InvalidInput

__all__ = ["LayerTimes"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class LayerTimes:
    """Seconds on one GPU of a tensor-parallel group, without exchanges.

    Args:
        source: who measured what.
        tensor: size of the group.
        body: (rows, 2) tokens, and time of all that depends on tokens alone, over all layers.
        head: (rows, 2) sequences that make a token, and time of head and sampler.
        decode: (rows, 3) sequences, context, time of attention over all layers.
        prefill: (rows, 3) prompt tokens, context before them, time of attention over all layers.
    """

    source: str
    tensor: int
    body: Array
    head: Array
    decode: Array
    prefill: Array

    def __post_init__(self) -> None:
        faults = []
        for name, width in (("body", 2), ("head", 2), ("decode", 3), ("prefill", 3)):
            rows = getattr(self, name)
            if rows.ndim != 2 or rows.shape[1] != width or len(rows) < 2:
                faults.append(
                    Fault(self.source, "wrong-shape", f"`{name}` has shape {rows.shape}, wanted (rows, {width})")
                )
            elif not (np.isfinite(rows).all() and (rows[:, -1] > 0).all()):
                faults.append(Fault(self.source, "not-a-time", f"`{name}` has times that are not positive numbers"))
        if faults:
            raise InvalidInput(faults)
