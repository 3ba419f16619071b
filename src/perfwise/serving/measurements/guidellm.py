"""GuideLLM: the JSON report of `guidellm benchmark`, with one or several loads."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from perfwise.kit.textfiles import Faults, stem
from perfwise.serving.measurements._json import at, column, documents, looks_like, number
from perfwise.serving.measurements._loads import Answers, Lengths, Means, recorded, steady
from perfwise.serving.observation import Measurements, Observation

__all__ = ["GuideLlm"]


@dataclass(frozen=True)
class GuideLlm:
    """Each benchmark of the report is a load.

    Where all its requests are in the report they are replayed at their own times; else as clients of the mean
    concurrency and the mean lengths.

    Source: src/guidellm/schemas of vllm-project/guidellm, Apache-2.0: what a report holds; earlier reports name the
        start of a request `start_time`.
    """

    def accepts(self, path: Path) -> bool:
        """Whether it has the names of a report."""
        return looks_like(path, "benchmarks") and looks_like(path, "time_to_first_token_ms")

    def read(self, path: Path) -> Measurements:
        """One load for each benchmark. Raises: InvalidInput."""
        faults, notes = Faults(), list[str]()
        found = documents(path, faults)
        faults.check()
        benchmarks = at(found[0], "benchmarks") if found else None
        loads = []
        for place, benchmark in enumerate(benchmarks if isinstance(benchmarks, list) else []):
            load = _load(benchmark, f"{stem(path)}#{place}", faults, notes)
            loads += [load] if load is not None else []
        faults.check()
        return Measurements(str(path), tuple(loads), None, tuple(notes))


def _load(benchmark: Any, name: str, faults: Faults, notes: list[str]) -> Observation | None:
    metrics, served = at(benchmark, "metrics"), at(benchmark, "requests", "successful")
    total = number(at(metrics, "request_totals", "successful"))
    rows = served if isinstance(served, list) else []
    if rows and not total > len(rows):
        return _requests(rows, name, faults)

    def mean(metric: str) -> float:
        return number(at(metrics, metric, "successful", "mean"))

    clients, prompt, output = (
        mean(each) for each in ("request_concurrency", "prompt_token_count", "output_token_count")
    )
    if not (clients > 0 and prompt > 0 and output > 0):
        notes.append(f"{name}: without lengths or concurrency, left out")
        return None
    means = Means(*(mean(f"{each}_ms") * 1e-3 for each in ("time_to_first_token", "inter_token_latency")))
    return steady(name, Lengths(round(prompt), round(output)), max(1, round(clients)), means, faults)


def _requests(rows: list[Any], name: str, faults: Faults) -> Observation | None:
    start_s, earlier_s = (column(rows, each) for each in ("request_start_time", "start_time"))
    start_s = np.where(np.isnan(start_s), earlier_s, start_s)
    prompt, output = (column(rows, each) for each in ("prompt_tokens", "output_tokens"))
    ttft_s, tpot_s = (column(rows, f"{each}_ms") * 1e-3 for each in ("time_to_first_token", "inter_token_latency"))
    known = np.isfinite(start_s) & (prompt > 0) & (output > 0)
    if not known.any():
        faults.add(name, "missing-field", "no request has request_start_time, prompt_tokens and output_tokens")
        return None
    return recorded(name, Answers(start_s, prompt, output, ttft_s, tpot_s).only(known), faults)
