"""What is said of a trace before it is served: rate, burstiness, lengths, what its prompts share."""

import numpy as np

from perfwise.core.json import Json
from perfwise.serving.summary import distribution
from perfwise.serving.trace import Floats, Trace, Wholes

__all__ = ["reused_tokens", "trace_summary"]


def trace_summary(trace: Trace) -> dict[str, Json]:
    """A trace as nested plain data; what is not defined is None.

    Returns: `requests`; `duration_s` from the first to the last known arrival; `rate_per_s` = gaps / duration;
        `burstiness`, the coefficient of variation of the gaps (1 for Poisson arrivals, above it bursts); `prompt` and
        `output` tokens with mean, p50, p90, p99, max and sum; `prefix` with the share of requests that have hashes,
        the number of different ones and `reuse_share`, the most of all prompt tokens that an endless prefix cache
        could have; `conversations`, `later_turns` and `notes`.
    """
    times = trace.arrival_s[np.isfinite(trace.arrival_s)]
    gaps = np.diff(times)
    duration_s = float(times[-1] - times[0])
    return {
        "requests": len(trace),
        "duration_s": duration_s,
        "rate_per_s": len(gaps) / duration_s if duration_s > 0 else None,
        "burstiness": float(gaps.std() / gaps.mean()) if duration_s > 0 else None,
        "prompt": _tokens(trace.prompt),
        "output": _tokens(trace.output),
        "prefix": {
            "requests_share": float((trace.prefix_count > 0).mean()),
            "hashes": int(trace.prefixes.max()) + 1 if len(trace.prefixes) else 0,
            "reuse_share": float(reused_tokens(trace).sum() / trace.prompt.sum()),
        },
        "conversations": len(np.unique(trace.conversation[trace.conversation >= 0])),
        "later_turns": int((~np.isfinite(trace.arrival_s)).sum()),
        "notes": list(trace.notes),
    }


def reused_tokens(trace: Trace) -> Wholes:
    """(n,) leading prompt tokens of each request whose hashes an earlier request had: what an endless cache would have.

    An upper bound of the hits of any prefix cache: it takes every earlier request as cached, and counts a last part
    that is not full with the tokens that the prompt has in it.
    """
    # (request, position) of every hash, whatever parts of `prefixes` the requests point to
    request = np.repeat(np.arange(len(trace)), trace.prefix_count)
    begins = np.cumsum(trace.prefix_count) - trace.prefix_count
    position = np.arange(len(request)) - begins[request]
    hashes = trace.prefixes[trace.prefix_start[request] + position]
    first = np.full(len(trace.prefixes), len(trace), np.int64)
    np.minimum.at(first, hashes, request)
    is_new = first[hashes] >= request
    known = trace.prefix_count.copy()
    np.minimum.at(known, request[is_new], position[is_new])
    return np.minimum(known * trace.prefix_tokens, trace.prompt)


def _tokens(tokens: Wholes) -> dict[str, Json]:
    values: Floats = tokens.astype(np.float64)
    return {**(distribution(values) or {}), "sum": int(tokens.sum())}
