"""AIPerf and GenAI-Perf: the summary as JSON or CSV, or AIPerf's record of every request."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from perfwise.kit.textfiles import Faults, beginning, stem, text_of
from perfwise.serving.measurements._json import at, column, documents, looks_like, number
from perfwise.serving.measurements._loads import Answers, Lengths, Means, open_load, recorded, steady
from perfwise.serving.observation import Measurements, Observation

__all__ = ["AiPerf"]

_REQUESTS = 100  # of an open load whose number nobody wrote down
_TITLES = {
    "time to first token": "time_to_first_token",
    "inter token latency": "inter_token_latency",
    "request latency": "request_latency",
    "output sequence length": "output_sequence_length",
    "input sequence length": "input_sequence_length",
    "request throughput": "request_throughput",
    "request count": "request_count",
}


@dataclass(frozen=True)
class AiPerf:
    """`profile_export_aiperf.json` or `.csv`, the same of GenAI-Perf, or `profile_export.jsonl`.

    Records of requests are replayed at their own times. A summary gives mean lengths; its load is the rate or the
    concurrency that its configuration names, or by Little's law throughput times latency.

    Source: docs/reference/json-export-schema.md and docs/tutorials/working-with-profile-exports.md of
        ai-dynamo/aiperf, Apache-2.0; the CSV as GenAI-Perf's exporter writes it.
    """

    def accepts(self, path: Path) -> bool:
        """Whether it is one of these."""
        record = looks_like(path, "metadata", "metrics", "request_start_ns")
        summary = looks_like(path, "time_to_first_token", "input_sequence_length", "unit") and not record
        text = beginning(path).lower() if path.is_file() else ""
        return record or summary or (text.startswith("metric,avg") and "time to first token (" in text)

    def read(self, path: Path) -> Measurements:
        """One load. Raises: InvalidInput."""
        faults, notes = Faults(), list[str]()
        if beginning(path).lower().startswith("metric,"):
            load = _summary(_table(path, faults), {}, stem(path), faults)
        else:
            found = documents(path, faults)
            faults.check()
            if found and "metadata" in found[0]:
                load = _records(found, stem(path), faults, notes)
            else:
                document = found[0] if found else {}
                load = _summary(document, document.get("input_config") or {}, stem(path), faults)
        faults.check()
        return Measurements(str(path), (load,) if load else (), None, tuple(notes))


def _table(path: Path, faults: Faults) -> dict[str, Any]:
    """The CSV as the JSON has it."""
    metrics: dict[str, Any] = {}
    for row in csv.reader(io.StringIO(text_of(path, faults))):
        title, _, unit = (row[0] if row else "").partition(" (")
        name = _TITLES.get(title.strip().lower())
        if name and len(row) > 1:
            try:
                metrics[name] = {"avg": float(row[1].replace(",", "")), "unit": unit.rstrip(")")}
            except ValueError:
                faults.add(path, "not-a-number", f"{row[0]} must have a number behind it, not {row[1]!r}")
    return metrics


def _summary(metrics: Mapping[str, Any], config: Any, name: str, faults: Faults) -> Observation | None:
    def mean(metric: str) -> float:
        return number(at(metrics, metric, "avg"))

    def mean_s(metric: str) -> float:
        return number(at(metrics, metric, "avg"), str(at(metrics, metric, "unit")))

    prompt, output = mean("input_sequence_length"), mean("output_sequence_length")
    count = mean("request_count")
    clients, rate = _named(config, "concurrency"), _named(config, "request_rate")
    if not clients >= 1 and not rate > 0:
        little = mean("request_throughput") * mean_s("request_latency")
        clients = max(1.0, round(little)) if np.isfinite(little) else np.nan
    if not (prompt > 0 and output > 0 and (clients >= 1 or rate > 0)):
        faults.add(name, "missing-field", "lengths, and a concurrency, a rate or throughput and latency, are needed")
        return None
    means = Means(mean_s("time_to_first_token"), mean_s("inter_token_latency"))
    requests, lengths = int(count) if count >= 1 else None, Lengths(round(prompt), round(output))
    if clients >= 1:
        return steady(name, lengths, int(clients), means, faults, requests)
    return open_load(name, lengths, requests or _REQUESTS, rate, means, faults)


def _named(config: Any, key: str) -> float:
    """The first number of that name anywhere inside; NaN without one."""
    if isinstance(config, dict):
        own = number(config.get(key))
        inner = (_named(value, key) for value in config.values())
        return own if np.isfinite(own) else next((each for each in inner if np.isfinite(each)), np.nan)
    if isinstance(config, list):
        return next((each for each in (_named(value, key) for value in config) if np.isfinite(each)), np.nan)
    return np.nan


def _records(rows: list[Any], name: str, faults: Faults, notes: list[str]) -> Observation | None:
    served = [row for row in rows if at(row, "error") is None and at(row, "metadata", "benchmark_phase") != "warmup"]
    if len(served) < len(rows):
        notes.append(f"{name}: {len(rows) - len(served)} requests that failed or warmed up are left out")
    start_s = column(served, "metadata", "request_start_ns") * 1e-9
    prompt, output = (column(served, "metrics", f"{each}_sequence_length", "value") for each in ("input", "output"))
    ttft_s, tpot_s = (_timed(served, each) for each in ("time_to_first_token", "inter_token_latency"))
    known = np.isfinite(start_s) & (prompt > 0) & (output > 0)
    if not known.any():
        faults.add(name, "missing-field", "no record has request_start_ns and both sequence lengths")
        return None
    return recorded(name, Answers(start_s, prompt, output, ttft_s, tpot_s).only(known), faults)


def _timed(rows: list[Any], metric: str) -> Any:
    values = [at(row, "metrics", metric) for row in rows]
    return np.array([number(at(value, "value"), str(at(value, "unit"))) for value in values], np.float64)
