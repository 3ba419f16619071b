"""The latencies of requests after a run, by their names in the field."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from perfwise.serving.trace import Floats, Wholes

__all__ = ["Latencies", "latencies"]


@dataclass(frozen=True, slots=True)
class Latencies:
    """One value a request, in seconds; NaN where it is not defined or has not come.

    Args:
        ttft_s: time to first token: from arrival to the first output token.
        tpot_s: time per output token after the first: (completion - first token) / (output - 1) for outputs above 1.
            As in Vidur's records the output is what was left after the last restart; without restarts it is what was
            asked for.
        tpot_as_asked_s: the same over the output that was asked for, which is what a user sees.
        e2e_s: from arrival to completion.
        scheduling_delay_s: from arrival to the first time in a batch.
        worst_gap_s: longest time between two output tokens, for outputs above 1.
        slowdown: e2e over the time since the request was first scheduled, at least 1; no unit.

    Source: Zhong et al., DistServe, OSDI 2024, arXiv:2401.09670; Agrawal et al., Vidur, MLSys 2024, arXiv:2405.05465.
    """

    ttft_s: Floats
    tpot_s: Floats
    tpot_as_asked_s: Floats
    e2e_s: Floats
    scheduling_delay_s: Floats
    worst_gap_s: Floats
    slowdown: Floats


def latencies(requests: np.recarray[Any, Any], output: Wholes | None = None) -> Latencies:
    """The latencies of a run.

    Args:
        requests: (n,) rows of REQUEST after the run.
        output: (n,) output tokens as they were asked for; None: as the rows have them.
    """
    asked = np.asarray(requests.output if output is None else output)
    after_first_s = requests.completed_s - requests.first_token_s
    e2e_s = requests.completed_s - requests.arrival_s
    return Latencies(
        ttft_s=requests.first_token_s - requests.arrival_s,
        tpot_s=_per_token(after_first_s, np.asarray(requests.output)),
        tpot_as_asked_s=_per_token(after_first_s, asked),
        e2e_s=e2e_s,
        scheduling_delay_s=requests.scheduled_s - requests.arrival_s,
        worst_gap_s=np.where((asked > 1) & np.isfinite(after_first_s), requests.worst_gap_s, np.nan),
        slowdown=e2e_s / (requests.completed_s - requests.scheduled_s),
    )


def _per_token(time_s: Floats, output: Wholes) -> Floats:
    return np.where(output > 1, time_s / np.maximum(output - 1, 1), np.nan)
