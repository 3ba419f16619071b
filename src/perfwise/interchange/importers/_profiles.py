"""What the JSON of genai-perf and of its successor AIPerf have in common: one block of statistics a metric."""

from dataclasses import dataclass

from perfwise.core.json import Json
from perfwise.interchange.contracts import ResultFile
from perfwise.interchange.fields import amount, nested, text
from perfwise.kit.textfiles import Record

__all__ = ["Profile", "has_latencies", "profile_of"]

_COSTS = {
    "latency_s": "request_latency",
    "ttft_s": "time_to_first_token",
    "itl_s": "inter_token_latency",
    "span_s": "benchmark_duration",
}
_SECONDS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "sec": 1.0, "seconds": 1.0}
_TOLD = ("request_throughput", "output_token_throughput", "input_sequence_length", "output_sequence_length")


@dataclass(frozen=True, slots=True)
class Profile:
    """One profiled run.

    Args:
        costs: mean of each kind of time, in seconds.
        served, failed: requests; None where the file does not say.
        detail: other means, under their names and units.
    """

    costs: dict[str, float | None]
    served: float | None
    failed: float | None
    detail: dict[str, Json]


def has_latencies(file: ResultFile) -> bool:
    """Whether it has a request latency with a unit."""
    latency = file.document.get("request_latency")
    return isinstance(latency, dict) and "unit" in latency


def profile_of(root: Record) -> Profile:
    """Of the document; faults are noted, `unknown-unit` for a time in a unit never seen."""
    costs = {cost: _time_s(nested(root, name)) for cost, name in _COSTS.items()}
    detail: dict[str, Json] = {}
    for name in _TOLD:
        metric = nested(root, name)
        if metric.fields:
            detail[name] = {"unit": text(metric, "unit"), "avg": amount(metric, "avg")}
    spread = nested(root, "request_latency")
    factor = _SECONDS.get(text(spread, "unit"))
    for statistic in ("p50", "p90", "p99", "std"):
        value = amount(spread, statistic)
        if value is not None and factor is not None:
            detail[f"latency_{statistic}_s"] = value * factor
    served, failed = (amount(nested(root, name), "avg") for name in ("request_count", "error_request_count"))
    return Profile(costs, served, failed, detail)


def _time_s(metric: Record) -> float | None:
    if not metric.fields:
        return None
    unit, mean = text(metric, "unit"), amount(metric, "avg")
    if unit not in _SECONDS:
        metric.add("unknown-unit", f"{unit[:40]!r} is no unit of time that this perfwise knows from such files")
        return None
    return None if mean is None else mean * _SECONDS[unit]
