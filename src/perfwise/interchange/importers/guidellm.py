"""guidellm: benchmarks.json of `guidellm benchmark`."""

from dataclasses import dataclass

from perfwise.core.json import Json
from perfwise.interchange.contracts import ResultFile, Results
from perfwise.interchange.fields import amount, nested, parts, refuse_version, text
from perfwise.interchange.measured import Origin, Shelf
from perfwise.interchange.serving import SERVER_UNKNOWN, served_share
from perfwise.kit.textfiles import Faults, Record

__all__ = ["GuideLlm"]

_SETTINGS = ("rate", "streams", "max_concurrency", "time_scale")
_COSTS = {"ttft_s": "time_to_first_token_ms", "tpot_s": "time_per_output_token_ms", "itl_s": "inter_token_latency_ms"}


@dataclass(frozen=True)
class GuideLlm:
    """A task is a strategy with its load, such as `constant rate=4`; its cost is the mean latency of served requests.

    Quality is the share of requests that were served among those that ended. Requests of one run share its queue: they
    are no repeats, so that there are no samples and guidellm's interval of the mean stays in the detail.

    Source: `guidellm/benchmark/schemas/report.py` of guidellm 0.5.0 (format 1) and 0.8.1 (format 2). Reports of 0.3 and
    before have no version and are refused.
    """

    def accepts(self, file: ResultFile) -> bool:
        """Whether it has benchmarks with metrics of requests."""
        benchmarks = file.document.get("benchmarks")
        first = benchmarks[0] if isinstance(benchmarks, list) and benchmarks else None
        return isinstance(first, dict) and {"metrics", "requests"} <= first.keys()

    def read(self, file: ResultFile) -> list[Results]:
        """All benchmarks. Raises: InvalidInput naming every fault."""
        faults, shelf = Faults(), Shelf()
        root = file.root(faults)
        about = nested(root, "metadata")
        version = about.fields.get("version")
        if isinstance(version, bool) or version not in (1, 2):
            refuse_version(root, "guidellm", version, "1 and 2")
            faults.check()
        origin = Origin(
            "guidellm",
            "client's clock",
            "mean over the served requests",
            versions=(("guidellm", text(about, "guidellm_version")), ("python", text(about, "python_version"))),
        )
        for benchmark in parts(root, "benchmarks"):
            _add(benchmark, file.set_name, origin, text(about, "platform"), shelf)
        faults.check()
        return [Results(tuple(shelf.outcomes))]


def _add(benchmark: Record, candidate_set: str, origin: Origin, client: str, shelf: Shelf) -> None:
    config, metrics = nested(benchmark, "config"), nested(benchmark, "metrics")
    totals = nested(metrics, "request_totals")
    latency = nested(nested(metrics, "request_latency"), "successful")
    costs = {"latency_s": amount(latency, "mean"), "span_s": amount(benchmark, "duration")}
    for cost, name in _COSTS.items():
        mean_ms = amount(nested(nested(metrics, name), "successful"), "mean")
        costs[cost] = None if mean_ms is None else mean_ms / 1000
    served, failed = amount(totals, "successful"), amount(totals, "errored")
    quality, failure = served_share(served, failed)
    if not served:
        costs = {"span_s": costs["span_s"]}  # means of nothing are written as 0
    interval = nested(latency, "mean_ci")
    detail: dict[str, Json] = {
        "requests": served,
        "failed_requests": failed,
        "incomplete_requests": amount(totals, "incomplete"),
        "client": client,
        "latency_stddev_s": amount(latency, "std_dev"),
        "latency_interval_s": [amount(interval, "lower"), amount(interval, "upper")] if interval.fields else None,
    }
    shelf.add(
        _load(nested(config, "strategy")),
        candidate_set,
        origin,
        costs,
        quality=quality,
        failure=failure,
        caveats=(SERVER_UNKNOWN,),
        detail=detail,
    )


def _load(strategy: Record) -> str:
    """`constant rate=4 max_concurrency=8`."""
    settings = [f"{name}={value:g}" for name in _SETTINGS if (value := amount(strategy, name)) is not None]
    return " ".join([strategy.text("type_"), *settings])
