"""One configuration under a steady closed loop: what its times are made of, from the times of single steps."""

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfwise.catalog.devices import Device
from perfwise.catalog.models import Model
from perfwise.errors import InvalidOption, InvalidTask
from perfwise.serving.arithmetic import Formats, Plan, Work
from perfwise.serving.contracts import STEP, State
from perfwise.serving.profiles.operator_times import OperatorTimes
from perfwise.serving.timers.measured import Measured

__all__ = ["Configuration", "Refused", "Terms", "terms"]

_MEASURED_ON = "h100_sxm"  # shares of the peaks of devices without measurements of their own come from here
_BUDGET = 8192  # prompt tokens in one step, the default of the engines on these devices


class Refused(InvalidTask):
    """A configuration that nothing is predicted for; `reason` is stable, `message` tells people."""

    code = "not-predictable"

    def __init__(self, reason: str, message: str) -> None:
        self.reason, self.message = reason, message
        super().__init__(f"{message} ({reason})")


@dataclass(frozen=True, slots=True)
class Configuration:
    """A model on devices under a number of clients that each wait for their answer.

    Args:
        model, system: of the catalog.
        backend: vllm, trtllm or sglang; others are taken for vllm.
        prompt, output: tokens of every request.
        concurrency: requests in flight, over all copies and workers.
        plan: of a replica; of the decode workers where prompts have their own.
        formats: of the numbers.
        version: of the backend.
        prefill_plan: of the prefill workers, or None where each replica does both.
        prefill_workers, decode_workers: how many.
        precision: what the configuration is called; only compared.
        campaign: who measured, where it is a measurement; only compared.
        identity: for people.
    """

    model: str
    system: str
    backend: str
    prompt: int
    output: int
    concurrency: float
    plan: Plan = field(default_factory=Plan)
    formats: Formats = field(default_factory=Formats)
    version: str = ""
    prefill_plan: Plan | None = None
    prefill_workers: int = 1
    decode_workers: int = 1
    precision: str = "bf16"
    campaign: str = "own"
    identity: str = ""

    @property
    def mode(self) -> str:
        """`disagg` where prompts have their own workers, else `agg`."""
        return "agg" if self.prefill_plan is None else "disagg"

    @property
    def devices(self) -> int:
        """GPUs in all."""
        prefill = self.prefill_plan.devices * self.prefill_workers if self.prefill_plan else 0
        return prefill + self.plan.devices * self.decode_workers


@dataclass(frozen=True, slots=True)
class Terms:
    """Times that TTFT and TPOT are made of, seconds; and the batch that they hold for.

    Args:
        decode_s: a step of all running sequences at their mean context.
        stall_s: by what the prompts of the others lengthen the mean step while one answer is made.
        prompt_s: a prompt alone.
        mixed_s: a prompt in a step with the other sequences.
        wave_s: the prompts of all running sequences, one step's budget after the other.
        wait_s: for memory, until enough others are done.
        running: sequences that fit into memory at once, on one attention copy.
        offered: sequences on one attention copy.
        measured: whether every operator lies among measured ones of this very device.
    """

    decode_s: float
    stall_s: float
    prompt_s: float
    mixed_s: float
    wave_s: float
    wait_s: float
    running: float
    offered: float
    measured: bool

    @property
    def for_tpot(self) -> NDArray[np.float64]:
        """(4,): decode, stalls, one second, one second for each running sequence; to be weighted and added."""
        return np.array([self.decode_s, self.stall_s, 1.0, self.running])

    @property
    def for_ttft(self) -> NDArray[np.float64]:
        """(5,): one second, prompt, mixed step, wave, wait; to be weighted and added."""
        return np.array([1.0, self.prompt_s, self.mixed_s, self.wave_s, self.wait_s])


def terms(configuration: Configuration) -> Terms:
    """Times of the steps that a request meets in the steady state.

    All sequences are as long, so over one answer each of the others brings one prompt: running - 1 prompts lengthen
    `output` steps. Sequences beyond what memory holds wait for whole answers of the others.

    Raises: Refused for what the catalog does not know or does not fit.
    Source: Little's law for the closed loop; the rest is arithmetic on the timer's steps.
    """
    key = (configuration.model, configuration.system, configuration.backend)
    try:
        state, work, device = _timer(*key, configuration.plan, configuration.formats)
        prefill = state
        if configuration.prefill_plan is not None:
            prefill, _, _ = _timer(*key, configuration.prefill_plan, configuration.formats)
    except InvalidOption as cause:  # e.g. heads that the GPUs cannot share
        raise Refused("no-plan", str(cause)) from cause
    offered = max(1.0, configuration.concurrency / configuration.decode_workers / configuration.plan.data)
    running = min(offered, _fit(configuration, work, device))
    batch, context = max(1, round(running)), configuration.prompt + configuration.output / 2
    prompt = configuration.prompt
    decode_s, known = _step_s(state, batch, context, 0, prompt)
    prompt_s, known_prompt = _step_s(prefill, 0, 0.0, 1, prompt)
    mixed_s, _ = _step_s(prefill if configuration.prefill_plan else state, batch - 1, context, 1, prompt)
    together = max(1, min(batch, _BUDGET // prompt))
    shared_s = _step_s(prefill, 0, 0.0, together, prompt)[0] / together
    prompts = running
    stall_s = (running - 1) / configuration.output * max(mixed_s - decode_s, 0.0)
    if configuration.prefill_plan is not None:
        stall_s = 0.0
        prompts = configuration.concurrency / configuration.prefill_workers / configuration.prefill_plan.data
    answer_s = (decode_s + stall_s) * configuration.output
    return Terms(
        decode_s=decode_s,
        stall_s=stall_s,
        prompt_s=prompt_s,
        mixed_s=mixed_s,
        wave_s=prompts * shared_s,
        wait_s=(offered - running) / running * answer_s,
        running=running,
        offered=offered,
        measured=known and known_prompt and configuration.system == _MEASURED_ON,
    )


def _fit(configuration: Configuration, work: Work, device: Device) -> float:
    """Sequences whose keys and values fit, half of their answer written on average."""
    tokens = work.kv_tokens(device, utilisation=0.92, reserved_bytes=2e9)
    length = configuration.prompt + 0.5 * configuration.output
    if work.kv_bytes_per_token * length > device.memory_bytes:
        raise Refused("does-not-fit", f"{length:,.0f} tokens of one request need more memory than a GPU has")
    if tokens < 4 * length and work.weight_bytes < device.memory_bytes:
        return np.inf  # measured systems do run there: with less reserved, or weights that are packed closer
    if tokens <= 0:
        need, have = work.weight_bytes / 1e9, device.memory_bytes / 1e9
        raise Refused("does-not-fit", f"{configuration.model} needs {need:.0f} GB on each GPU, which has {have:.0f} GB")
    return max(1.0, tokens / length)


@lru_cache(maxsize=512)
def _timer(model: str, system: str, backend: str, plan: Plan, formats: Formats) -> tuple[State, Work, Device]:
    device = Device.named(system)
    engine = "trtllm" if backend == "trtllm" else "vllm"
    timer = Measured(_operators(device.name, engine), Model.named(model), device, plan, formats)
    return timer.state(), timer.work, device


@lru_cache(maxsize=8)
def _operators(device: str, engine: str) -> OperatorTimes:
    """Measured on the device, or else on the one that the shares of the peaks are taken from.

    8-bit products of vLLM are measured with a quantisation of their inputs that a compiled model fuses away; TensorRT's
    kernels beside them bound what is left.
    """
    found = OperatorTimes.shipped(device, engine) or OperatorTimes.shipped(_MEASURED_ON, engine)
    other = OperatorTimes.shipped(found.device, "trtllm") if found else None
    assert found is not None, "the package ships them"
    assert other is not None
    if engine == "trtllm":
        return found
    eight = {
        f"linear/{name}@trtllm": rows
        for name in ("fp8", "fp8_block")
        if (rows := other.tables.get(f"linear/{name}")) is not None
    }
    return replace(found, tables={**found.tables, **eight})


def _step_s(state: State, decodes: int, context: float, prompts: int, length: int) -> tuple[float, bool]:
    """Seconds of a step of so many decodes and whole prompts, and whether it lies among measurements."""
    step: Any = np.zeros(1, STEP).view(np.recarray)[0]
    step.decodes, step.decode_context, step.longest_decode = decodes, int(decodes * context), int(context)
    step.prefills, step.prefill_tokens = prompts, prompts * length
    step.prefill_pairs, step.sampled = prompts * (length * (length + 1) // 2), decodes + prompts
    step.tokens = step.members = decodes + prompts * length
    Measured.time(step, state)
    return float(step.stage_s), not step.extrapolated
