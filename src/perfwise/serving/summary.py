"""What is said of a run: latencies, throughput, goodput, fairness, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from perfwise.core.json import Json
from perfwise.errors import InvalidOption
from perfwise.serving.latencies import Latencies, latencies
from perfwise.serving.trace import Floats, Trace, Wholes

__all__ = ["DETAIL", "STATISTICS", "Slo", "distribution", "jain", "summary"]

DETAIL = "summary"
"""Where an outcome's `detail` holds the summary of its run."""

STATISTICS = ("mean", "p50", "p90", "p99", "max")

_GAP_BIN_S = 1e-4  # as the loop counts times between tokens


@dataclass(frozen=True, slots=True)
class Slo:
    """Service level objective: what a request must reach to count. A bound that is None does not bind.

    Args:
        ttft_s: longest time to first token.
        tpot_s: longest time per output token, over the output that was asked for; met by outputs of one token.
        e2e_s: longest time from arrival to completion.
    """

    ttft_s: float | None = None
    tpot_s: float | None = None
    e2e_s: float | None = None

    def __post_init__(self) -> None:
        for name in ("ttft_s", "tpot_s", "e2e_s"):
            value = getattr(self, name)
            if value is not None and not 0 < value < float("inf"):
                raise InvalidOption(f"an objective's {name} must be a finite time above 0 s, not {value}")

    def met(self, latency: Latencies) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """(n,) which requests reached it; one that has not completed did not."""
        bounds = ((latency.ttft_s, self.ttft_s), (latency.tpot_as_asked_s, self.tpot_s), (latency.e2e_s, self.e2e_s))
        reached = np.isfinite(latency.e2e_s)
        for times_s, bound_s in bounds:
            if bound_s is not None:
                reached &= ~(times_s > bound_s)
        return reached

    def as_json(self) -> dict[str, Json]:
        """Plain data."""
        return {"ttft_s": self.ttft_s, "tpot_s": self.tpot_s, "e2e_s": self.e2e_s}


def summary(
    requests: np.recarray[Any, Any],
    slo: Slo | None = None,
    *,
    trace: Trace | None = None,
    replicas: np.recarray[Any, Any] | None = None,
    gaps: Wholes | None = None,
    end_s: float | None = None,
) -> dict[str, Json]:
    """A run as nested plain data; what is not known or not defined is None.

    Args:
        requests: (n,) rows of REQUEST after the run.
        slo: for goodput.
        trace: with prompt and output as asked for, which restarts change in the rows; None: the rows' own.
        replicas: rows of REPLICA after the run, for utilisation.
        gaps: (bins,) how many times between tokens fell into each 0.1 ms, the last bin open, for TBT.
        end_s: when the run ended; None: with the last completion.
    Returns: `ttft_s`, `tpot_s`, `tpot_as_asked_s`, `tbt_s`, `e2e_s`, `scheduling_delay_s`, `worst_gap_s`, each with
        mean, p50, p90, p99 (linear between neighbours) and max over the completed requests; `throughput`, `goodput`,
        `fairness`, `prefix_cache`, `replicas`; `requests`, `completed`, `restarts`, `end_s`.
    """
    prompt, output = (requests.prompt, requests.output) if trace is None else (trace.prompt, trace.output)
    latency, done = latencies(requests, output), np.isfinite(requests.completed_s)
    ended_s = end_s if end_s is not None else float(requests.completed_s[done].max()) if done.any() else 0.0
    return {
        "requests": len(requests),
        "completed": int(done.sum()),
        "end_s": ended_s,
        "ttft_s": distribution(latency.ttft_s[done]),
        "tpot_s": distribution(latency.tpot_s[done]),
        "tpot_as_asked_s": distribution(latency.tpot_as_asked_s[done]),
        "tbt_s": None if gaps is None else _of_counts(gaps, _GAP_BIN_S),
        "e2e_s": distribution(latency.e2e_s[done]),
        "scheduling_delay_s": distribution(latency.scheduling_delay_s[done]),
        "worst_gap_s": distribution(latency.worst_gap_s[done]),
        "throughput": _throughput(prompt[done], output[done], ended_s),
        "goodput": None if slo is None else _goodput(slo, latency, ended_s),
        "fairness": _fairness(latency.slowdown[done], requests.conversation[done]),
        "restarts": int(requests.restarts.sum()),
        "prefix_cache": {
            "hit_tokens": int(requests.hit_tokens.sum()),
            "hit_share": float(requests.hit_tokens.sum() / prompt.sum()),
        },
        "replicas": None if replicas is None else _replicas(replicas, ended_s),
    }


def distribution(values: Floats) -> dict[str, Json] | None:
    """Mean, percentiles (linear between neighbours) and greatest of the values that are not NaN; None without any."""
    known = values[~np.isnan(values)]
    if not len(known):
        return None
    p50, p90, p99 = np.percentile(known, (50, 90, 99))
    numbers = (known.mean(), p50, p90, p99, known.max())
    return {name: float(number) for name, number in zip(STATISTICS, numbers, strict=True)}


def jain(values: Floats) -> float | None:
    """Jain's index, (sum x)^2 / (n sum x^2): 1 where all are equal, 1 / n where one has everything; None without any.

    Source: Jain, Chiu and Hawe, A Quantitative Measure of Fairness and Discrimination, DEC-TR-301, 1984.
    """
    squares = len(values) * float(np.square(values).sum())
    return float(values.sum()) ** 2 / squares if squares > 0 else None


def _of_counts(counts: Wholes, width_s: float) -> dict[str, Json] | None:
    """Statistics of counted values, each taken as the middle of its bin; the last bin as its lower end."""
    total = int(counts.sum())
    if not total:
        return None
    middles = (np.arange(len(counts)) + 0.5) * width_s
    middles[-1] -= 0.5 * width_s
    reached = np.cumsum(counts)
    at = [int(np.searchsorted(reached, share * total)) for share in (0.5, 0.9, 0.99, 1.0)]
    numbers = (float(counts @ middles) / total, *(float(middles[place]) for place in at))
    return dict(zip(STATISTICS, numbers, strict=True))


def _throughput(prompt: Wholes, output: Wholes, end_s: float) -> dict[str, Json] | None:
    if not end_s > 0:
        return None
    made, taken = float(output.sum()), float(prompt.sum())
    return {
        "requests_per_s": len(output) / end_s,
        "output_tokens_per_s": made / end_s,
        "tokens_per_s": (made + taken) / end_s,
    }


def _goodput(slo: Slo, latency: Latencies, end_s: float) -> Mapping[str, Json]:
    met = int(slo.met(latency).sum())
    rate = met / end_s if end_s > 0 else None
    return {"share": met / len(latency.e2e_s), "requests_per_s": rate, "slo": slo.as_json()}


def _fairness(slowdown: Floats, conversation: Wholes) -> Mapping[str, Json]:
    """Jain's index over the slowdowns of requests, and over the mean slowdowns of conversations."""
    inside = conversation >= 0
    names, numbers = np.unique(conversation[inside], return_inverse=True)
    sums = np.bincount(numbers, slowdown[inside], minlength=len(names))
    means = sums / np.bincount(numbers, minlength=len(names))
    return {"jain_requests": jain(slowdown), "jain_conversations": jain(means)}


def _replicas(replicas: np.recarray[Any, Any], end_s: float) -> Mapping[str, Json]:
    """Share of the time in which a replica's first stage worked, and of its blocks that were ever in use at once."""
    used = 1 - replicas.least_free_blocks / replicas.total_blocks
    return {
        "count": len(replicas),
        "utilisation": float(replicas.busy_s.mean() / end_s) if end_s > 0 else None,
        "kv_peak_share": float(used.max()),
        "preemptions": int(replicas.preemptions.sum()),
    }
