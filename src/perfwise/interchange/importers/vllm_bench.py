"""vLLM: the JSON of `vllm bench serve --save-result` and `--append-result`."""

from dataclasses import dataclass

from perfwise.core.json import Json
from perfwise.interchange.contracts import ResultFile, Results
from perfwise.interchange.fields import amount, amounts, moment, text
from perfwise.interchange.measured import Origin, Shelf
from perfwise.interchange.serving import SERVER_UNKNOWN, served_share
from perfwise.kit.textfiles import Faults, Record, json_records

__all__ = ["VllmBench"]

_MARKS = {"endpoint_type", "backend", "model_id", "request_throughput", "completed"}
_MEANS = {"latency_s": "mean_e2el_ms", "ttft_s": "mean_ttft_ms", "tpot_s": "mean_tpot_ms", "itl_s": "mean_itl_ms"}


@dataclass(frozen=True)
class VllmBench:
    """A task is a load, such as `1000 prompts rate=inf`; its costs are mean latencies over the served requests.

    `latency_s` is there with `--percentile-metrics` naming e2el or with `--save-detailed`; `span_s` is the whole run.
    Quality is the share of prompts that were served. The file has no version: it is known by the names of its fields.

    Source: `vllm/benchmarks/serve.py` of vllm-project/vllm 009e6d4.
    """

    def accepts(self, file: ResultFile) -> bool:
        """Whether it, or its first line, has backend, model and throughput."""
        return any({"completed", "request_throughput"} <= names and len(_MARKS & names) > 2 for names in _names(file))

    def read(self, file: ResultFile) -> list[Results]:
        """The one result, or one a line. Raises: InvalidInput naming every fault."""
        faults, shelf = Faults(), Shelf()
        records = [file.root(faults)] if file.document else list(json_records(file.path, faults))
        for record in records:
            _add(record, file.set_name, shelf)
        faults.check()
        dates = [date for record in records if (date := moment(record, "date"))]
        return [Results(tuple(shelf.outcomes), min(dates, default=None))]


def _names(file: ResultFile) -> tuple[set[str], ...]:
    return set(file.document), set(file.first_line)


def _add(record: Record, candidate_set: str, shelf: Shelf) -> None:
    costs: dict[str, float | None] = {"span_s": amount(record, "duration")}
    for cost, name in _MEANS.items():
        mean_ms = amount(record, name)
        costs[cost] = None if mean_ms is None else mean_ms / 1000
    if costs["latency_s"] is None:
        costs["latency_s"] = _mean_latency_s(record)
    served, prompts = amount(record, "completed"), amount(record, "num_prompts")
    failed = amount(record, "failed")
    if failed is None and None not in (served, prompts):
        failed = max(0.0, (prompts or 0) - (served or 0))
    quality, failure = served_share(served, failed)
    if failure is not None:
        costs = {"span_s": costs["span_s"]}  # means of nothing are written as 0
    detail: dict[str, Json] = {name: text(record, name) for name in ("model_id", "backend", "label")}
    tokens = {name: amount(record, name) for name in ("total_input_tokens", "total_output_tokens")}
    detail |= {"requests": served, "failed_requests": failed, **tokens}
    origin = Origin("vllm bench", "client's clock", "mean over the served requests")
    shelf.add(
        _load(record),
        candidate_set,
        origin,
        costs,
        quality=quality,
        failure=failure,
        caveats=(SERVER_UNKNOWN,),
        detail=detail,
    )


def _mean_latency_s(record: Record) -> float | None:
    """Of the requests that a detailed result lists with their latency and without an error."""
    latencies, errors = amounts(record, "latencies"), record.items("errors", ())
    if len(errors) != len(latencies):
        return None
    served = [latency for latency, error in zip(latencies, errors, strict=True) if not error]
    return sum(served) / len(served) if served else None


def _load(record: Record) -> str:
    known = [f"{text(record, 'num_prompts') or 'some'} prompts", f"rate={text(record, 'request_rate') or 'inf'}"]
    concurrency = text(record, "max_concurrency")
    return " ".join([*known, f"concurrency={concurrency}"] if concurrency else known)
