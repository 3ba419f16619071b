"""Published logs of measured systems, and what is known of the systems that wrote them.

APEX: microsoft/apex_plus 8769096, vLLM 0.6.0. Its run scripts say: 2TP and 4DP2TP run with a short context (so prompts
are not cut) and without vLLM's own all-reduce; 8TP and 4TP leave the long context of the models, for which vLLM 0.6.0
cuts prompts into chunks of 512 tokens; the frontend shares the engine's process; memory is used to 97 %, by Mistral
on two GPUs to 85 %. On 8 GPUs vLLM quantises Mistral on load, on 2 and 4 its checkpoint is quantised: other kernels.
Without vLLM's own all-reduce NCCL's times count, as APEX measured them.

LLMServingSim: casys-kaist/LLMServingSim 5daddb2, vLLM 0.19.0, chunks of 2,048 tokens. Layers are priced by its own
profile of the same model and device; GPUs talk over PCIe at the 16 GB/s that its configurations declare.
"""

import csv
import gzip
import json
import os
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from perfwise.catalog.devices import Device
from perfwise.catalog.models import Model
from perfwise.serving.arithmetic import Formats, Plan
from perfwise.serving.batching.sarathi import Sarathi
from perfwise.serving.batching.vllm import Vllm
from perfwise.serving.calibration import Setting
from perfwise.serving.observation import Observation
from perfwise.serving.planning import Hardware, blocks_of
from perfwise.serving.profiles.layer_times import LayerTimes
from perfwise.serving.profiles.llmservingsim import LLMServingSim
from perfwise.serving.profiles.operator_times import OperatorTimes
from perfwise.serving.reading import read_trace
from perfwise.serving.replay import System
from perfwise.serving.simulator import Cluster, Policies
from perfwise.serving.timers._curves import TOKENS
from perfwise.serving.timers.measured import Measured
from perfwise.serving.timers.profiled import Profiled
from perfwise.serving.trace import Trace

DATA = Path(os.environ.get("PERFWISE_DATA") or Path(__file__).parents[3] / "shared" / "data") / "serving"
APEX_MODELS = {"llama": "llama-3-70b", "mistral": "mistral-large-2407"}
LINK_BYTES_PER_S = 16e9  # as LLMServingSim's configurations declare it
LINK_S = 20e-6


@dataclass(frozen=True)
class Case:
    """One log: what it belongs to, what was measured, and what served it."""

    model: str
    plan: str
    observation: Observation
    system: System


def apex() -> tuple[list[Case], Counter[str]]:
    """The clean logs of vLLM, and why each other one is left out."""
    folder = DATA / "apex_validation"
    found, left_out = [], Counter[str]()
    with (folder / "apex_logs_summary.csv").open() as file:
        for row in csv.DictReader(file):
            requests = folder / "requests" / (row["file"].replace("/", "_") + ".csv.gz")
            reason = _unusable(row, requests)
            if reason:
                left_out[reason] += 1
            else:
                found.append(_apex(row, requests))
    return found, left_out


def _unusable(row: dict[str, str], requests: Path) -> str:
    if row["tpot_broken"] == "True":
        return "SGLang: the TPOT line is wrong by orders of magnitude"
    if row["empty"] == "True":
        return "empty file"
    if row["counters_accumulated"] == "True":
        return "counters of an earlier run are in its means"
    return "" if requests.exists() else "the lengths of its requests are not public"


def _apex(row: dict[str, str], requests: Path) -> Case:
    tensor, eight_bits = int(row["plan"][-3]), row["weights_fp8"] == "True"
    hardware = Hardware(
        Model.named(APEX_MODELS[row["model"]]),
        Device.named("h100_sxm"),
        Plan(tensor),
        Formats("fp8", kv="fp8") if eight_bits else Formats(),
    )
    times = OperatorTimes.shipped("h100_sxm", "vllm")
    assert times is not None
    if tensor == 2:
        times = OperatorTimes(times.device, times.source, {**times.tables, "all_reduce": _nccl()})
    timer = Measured(times, hardware.model, hardware.device, hardware.plan, hardware.formats)
    used = 0.85 if eight_bits and tensor == 2 else 0.97
    cluster = Cluster(int(timer.work.kv_tokens(hardware.device, used)) // 16, max_requests=256)
    policies = Policies(batching=Vllm(131_072) if tensor == 2 else Sarathi(512))
    name = row["file"].partition("/")[2]
    observation = Observation(
        name,
        read_trace(requests),
        float(row["ttft_s"]),
        float(row["tpot_s"]),
        over_tokens=True,
        group=name.rpartition("_")[0] if row["replica"] else name,
    )
    kind = "" if not eight_bits else ", quantised on load" if tensor == 8 else ", quantised before"
    system = System(timer.curves, cluster, policies, hardware.setting)
    return Case(hardware.model.name + kind, row["plan"], observation, system)


def _nccl() -> np.ndarray:
    """(rows, 3) GPUs, bytes, seconds of NCCL's all-reduce on H100."""
    path = DATA / "apex_profiles" / "comm" / "H100-SXM-80GB" / "all_reduce.csv"
    with path.open() as file:
        rows = [row for row in csv.DictReader(file) if row["dtype"] == "half" and float(row["size(kb)"]) > 0]
    return np.array(
        [(float(r["num_gpus_per_node"]), float(r["size(kb)"]) * 1024, float(r["time(us)"]) * 1e-6) for r in rows]
    )


@dataclass(frozen=True)
class Requests:
    """Latencies of each request of a log, seconds; and its span."""

    ttft_s: np.ndarray
    tpot_s: np.ndarray
    e2e_s: np.ndarray
    output: np.ndarray

    @property
    def span_s(self) -> float:
        """Until the last answer, had the first request come at 0."""
        return float(self.end_s.max())

    end_s: np.ndarray


def llmservingsim() -> list[tuple[Case, Requests]]:
    """The three logs of 300 requests."""
    return [
        _llmservingsim("RTX4090/Llama-3.1-8B", "meta-llama/Llama-3.1-8B", "llama-3-8b", "rtx_4090", Plan(), 256),
        _llmservingsim("RTXPRO6000/Qwen3-32B", "Qwen/Qwen3-32B", "qwen3-32b", "rtx_pro_6000", Plan(2), 128),
        _llmservingsim(
            "RTXPRO6000/Qwen3-30B-A3B-Instruct-2507",
            "Qwen/Qwen3-30B-A3B-Instruct-2507",
            "qwen3-30b-a3b",
            "rtx_pro_6000",
            Plan(1, 1, 2, 2),
            128,
        ),
    ]


def _llmservingsim(
    log: str, profile: str, model_name: str, device_name: str, plan: Plan, sequences: int
) -> tuple[Case, Requests]:
    root = DATA / "llmservingsim"
    log_folder = root / "bench" / "examples" / log / "vllm"
    requests, trace = _requests(log_folder, log)
    model = Model.named(model_name)
    device = replace(Device.named(device_name), node_bytes_per_s=LINK_BYTES_PER_S / 0.8)  # the roofline takes 80 %
    folder = root / "profiler" / "perf" / log.partition("/")[0] / profile / "bf16" / f"tp{plan.tensor}"
    times = LLMServingSim(folder, model).read()
    curves = Profiled(times, model, device, Plan(plan.tensor)).curves
    if plan.data > 1:
        curves = replace(curves, body=_exchanged(model, plan, _dealt(times, model, plan, folder)))
    meta = json.loads((log_folder / "meta.json").read_text())
    hardware = Hardware(model, device, plan, Formats())
    blocks = meta.get("kv_cache", {}).get("num_gpu_blocks") or blocks_of(hardware, 16) // plan.data
    # each attention copy has its own queue, cache and requests: a replica of the simulator
    cluster = Cluster(blocks, plan.data, max_requests=sequences)
    observation = Observation(log, trace, float(requests.ttft_s.mean()), float(requests.tpot_s.mean()))
    system = System(curves, cluster, Policies(batching=Sarathi(2048)), hardware.setting)
    return Case(model.name, hardware.setting.plan, observation, system), requests


def _requests(folder: Path, name: str) -> tuple[Requests, Trace]:
    with gzip.open(folder / "requests.jsonl.gz", "rt") as file:
        rows = sorted((json.loads(line) for line in file), key=lambda row: row["queued_ts"])
    columns = {key: np.array([row[key] for row in rows], float) for key in rows[0] if key != "request_id"}
    queued_s, first_s, last_s = (columns[key] for key in ("queued_ts", "first_token_ts", "last_token_ts"))
    prompt, output = (columns[key].astype(int) for key in ("input_toks", "output_toks"))
    tpot_s = (last_s - first_s) / np.maximum(output - 1, 1)
    found = Requests(first_s - queued_s, tpot_s, last_s - queued_s, output, last_s - queued_s[0])
    return found, Trace(name, queued_s - queued_s[0], prompt, output)


def _dealt(times: LayerTimes, model: Model, plan: Plan, folder: Path) -> np.ndarray:
    """(rows, 2) the profile's body where experts are dealt to GPUs that each get the tokens of all copies.

    A GPU holds 1 / groups of the experts and computes 1 / groups of the pairs of token and expert; uniform routing.
    """
    body = times.body.copy()
    own = LLMServingSim(folder, model)
    with gzip.open(folder / "moe.csv.gz", "rt") as file:
        rows = np.array([[float(value) for value in row.values()] for row in csv.DictReader(file)])
    body[:, 1] -= own._experts(body[:, 0]) * model.layers
    for row in body:
        tokens = row[0] * plan.data
        missed = (1 - model.active_experts / model.experts) ** tokens
        touched, pairs = model.experts / plan.expert * (1 - missed), tokens / plan.expert
        sizes = np.unique(rows[:, 0])
        at_size = [_between(rows[rows[:, 0] == size][:, 1:], touched) for size in sizes]
        row[1] += float(np.interp(pairs, sizes, at_size)) * 1e-6 * model.layers
    return body


def _between(rows: np.ndarray, wanted: float) -> float:
    order = np.argsort(rows[:, 0])
    return float(np.interp(wanted, rows[order, 0], rows[order, 1]))


def _exchanged(model: Model, plan: Plan, body: np.ndarray) -> np.ndarray:
    """(tokens,) with vLLM's exchange of experts: the other copies' tokens are gathered, their sums scattered back."""
    tokens = np.arange(TOKENS + 1.0)
    moved = 2.0 * model.hidden * tokens * (plan.data - 1)
    exchange = 2 * model.layers * (LINK_S + moved / LINK_BYTES_PER_S)
    grown = np.interp(tokens, body[:, 0], body[:, 1])
    slope = (body[-1, 1] - np.interp(body[-1, 0] / 2, body[:, 0], body[:, 1])) / (body[-1, 0] / 2)
    return grown + slope * np.maximum(tokens - body[-1, 0], 0.0) + exchange


@dataclass(frozen=True)
class StaticBatch:
    """A batch of equal prompts and its answers, without a scheduler: mean of the repeats."""

    prompt: int
    batch: int
    output: int
    prompt_s: float
    token_s: float


def splitwise() -> tuple[dict[tuple[str, int], list[StaticBatch]], Counter[str]]:
    """Llama-2-70B by device and tensor-parallel size, and why other rows are left out."""
    left_out, repeats = Counter[str](), dict[tuple[str, int], dict[tuple[int, int, int], list[tuple[float, float]]]]()
    with gzip.open(DATA / "splitwise_sim" / "perf_model.csv.gz", "rt") as file:
        for row in csv.DictReader(file):
            if row["model"] != "llama2-70b":
                left_out["bloom-176b is not in the catalog"] += 1
            elif row["hardware"].endswith("pcap"):
                left_out["a power cap: the clocks are unknown"] += 1
            else:
                key = ("a100_sxm" if "a100" in row["hardware"] else "h100_sxm", int(row["tensor_parallel"]))
                shape = tuple(int(row[name]) for name in ("prompt_size", "batch_size", "token_size"))
                times = (float(row["prompt_time"]) * 1e-3, float(row["token_time"]) * 1e-3)
                repeats.setdefault(key, {}).setdefault(shape, []).append(times)
    found = {}
    for key, shapes in repeats.items():
        means = [StaticBatch(*shape, *np.mean(times, axis=0)) for shape, times in sorted(shapes.items())]
        slower = {(row.prompt, row.batch): row.prompt_s for row in means}
        fits = [row.prompt_s >= slower.get((row.prompt, row.batch // 2), 0.0) for row in means]
        found[key] = [row for row, yes in zip(means, fits, strict=True) if yes]
        left_out["a batch's prompts are faster than half as many: it did not fit"] += fits.count(False)
    return found, left_out


def splitwise_system(device: str, tensor: int) -> System:
    """An engine of 2023, which launches every kernel of every step."""
    times = OperatorTimes.shipped(device, "vllm")
    assert times is not None
    model, accelerator = Model.named("llama-2-70b"), Device.named(device)
    curves = replace(Measured(times, model, accelerator, Plan(tensor)).curves, graph_members=0)
    return System(curves, Cluster(1), Policies(), Setting(model.name, device, f"tp{tensor}"))
