"""The columns of a table of requests."""

import numpy as np
from numpy.typing import NDArray

from perfwise.serving.served import Served

__all__ = ["request_columns"]


def request_columns(served: Served) -> dict[str, NDArray[np.float64] | NDArray[np.int64]]:
    """By name: prompt and output as they were given, times in seconds, NaN where they have not come."""
    return {
        "arrived_at": served.requests.arrival_s,
        "prefill": served.trace.prompt,
        "decode": served.trace.output,
        "scheduled_at": served.requests.scheduled_s,
        "prefill_completed_at": served.requests.first_token_s,
        "completed_at": served.requests.completed_s,
    }
