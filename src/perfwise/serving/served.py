"""`Served`: a trace and what came of serving it; what exports and pictures are made from."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from perfwise.serving.trace import Floats, Trace

__all__ = ["Served"]


def _no_rows() -> Floats:
    return np.zeros((0, 6))


@dataclass(frozen=True, slots=True)
class Served:
    """A trace and what came of it.

    Args:
        trace: as it was given.
        requests: (n,) rows of REQUEST after the run, in the order of the trace.
        samples: (samples, 6): time_s, replica, running, waiting, used_blocks, batch_tokens; in order of time.
        slices: (steps, 6): replica, start_s, end_s, members, tokens, prefill tokens of single steps.
    """

    trace: Trace
    requests: np.recarray[Any, Any]
    samples: Floats = field(default_factory=_no_rows)
    slices: Floats = field(default_factory=_no_rows)
