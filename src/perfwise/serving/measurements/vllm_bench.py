"""vLLM's own load generator: the JSON of `vllm bench serve` and of benchmark_serving.py."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from perfwise.kit.textfiles import Faults, stem
from perfwise.serving.measurements._json import documents, looks_like, number
from perfwise.serving.measurements._loads import Answers, Lengths, Means, open_load, recorded, steady
from perfwise.serving.observation import Measurements, Observation
from perfwise.serving.trace import Wholes

__all__ = ["VllmBench"]


@dataclass(frozen=True)
class VllmBench:
    """One run a file, or several that were appended; with `--save-detailed` request by request.

    A detailed run is replayed at its own times. Of others the lengths are the means, and the load is so many clients
    (`--max-concurrency`) or a Poisson process of the rate.

    Source: vllm/benchmarks/serve.py of vllm-project/vllm, Apache-2.0: what it saves.
    """

    def accepts(self, path: Path) -> bool:
        """Whether it has the names that this tool saves."""
        return looks_like(path, "mean_ttft_ms", "total_input_tokens", "request_rate")

    def read(self, path: Path) -> Measurements:
        """One load for each run. Raises: InvalidInput."""
        faults, notes = Faults(), list[str]()
        runs = [each for each in documents(path, faults) if isinstance(each, dict)]
        faults.check()
        several = len(runs) > 1
        names = [f"{stem(path)}#{place}" if several else stem(path) for place, _ in enumerate(runs)]
        found = [_run(run, name, faults, notes) for run, name in zip(runs, names, strict=True)]
        faults.check()
        return Measurements(str(path), tuple(each for each in found if each is not None), None, tuple(notes))


def _run(run: dict[str, Any], name: str, faults: Faults, notes: list[str]) -> Observation | None:
    done = number(run.get("completed"))
    if not done >= 1:
        faults.add(name, "missing-field", f"`completed` must be at least 1, not {run.get('completed')!r}")
        return None
    if run.get("start_times") and run.get("input_lens"):
        return _detailed(run, name, faults, notes)
    means = Means(*(number(run.get(f"mean_{key}_ms"), "ms") for key in ("ttft", "tpot")))
    tokens = [number(run.get(key)) / done for key in ("total_input_tokens", "total_output_tokens")]
    if not all(each > 0 for each in tokens):
        faults.add(name, "missing-field", "`total_input_tokens` and `total_output_tokens` must be above 0")
        return None
    lengths = Lengths(*(round(each) for each in tokens))
    clients = number(run.get("max_concurrency"))
    if clients >= 1:
        return steady(name, lengths, int(clients), means, faults, int(done))
    return open_load(name, lengths, int(done), number(run.get("request_rate")), means, faults)


def _detailed(run: dict[str, Any], name: str, faults: Faults, notes: list[str]) -> Observation | None:
    sent_s, ttft_s = (np.array(run.get(key, []), np.float64) for key in ("start_times", "ttfts"))
    prompt, output = _lengths(run.get("input_lens")), _lengths(run.get("output_lens"))
    gaps = run.get("itls") or [[] for _ in sent_s]
    if not len(sent_s) == len(ttft_s) == len(prompt) == len(output) == len(gaps):
        faults.add(name, "unlike-columns", "start_times, ttfts, input_lens, output_lens and itls differ in length")
        return None
    tpot_s = np.array([sum(each) for each in gaps]) / np.maximum(output - 1, 1)
    served = (output > 0) & (ttft_s > 0) & (prompt > 0)
    if lost := int((~served).sum()):
        notes.append(f"{name}: {lost} requests without an answer are left out")
    return recorded(name, Answers(sent_s, prompt, output, ttft_s, tpot_s).only(served), faults)


def _lengths(values: Any) -> Wholes:
    return np.array([number(value) for value in values or []], np.float64).astype(np.int64)
