"""One configuration under a steady closed loop: what its times are made of, from the times of single steps."""

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfwise.catalog.devices import Device
from perfwise.catalog.models import Model
from perfwise.errors import InvalidOption, InvalidTask
from perfwise.kit.compiled import is_compiled
from perfwise.serving import loop
from perfwise.serving.arithmetic import Formats, Plan, Work
from perfwise.serving.batching.inflight import Inflight
from perfwise.serving.batching.sarathi import Sarathi
from perfwise.serving.batching.vllm import Vllm
from perfwise.serving.closed_loop import ClosedLoop, FirstTokens, first_tokens
from perfwise.serving.contracts import STEP, State
from perfwise.serving.profiles.operator_times import OperatorTimes
from perfwise.serving.timers.measured import Measured

__all__ = ["Configuration", "Refused", "Terms", "is_ready", "terms"]

_MEASURED_ON = "h100_sxm"  # shares of the peaks of devices without measurements of their own come from here
_BUDGET = 8192  # prompt tokens in one step, the default of the engines on these devices
_PREFILL_TOKENS = 16_384  # SGLang's default of a step that has prompts alone
_ROOM = 1500  # tokens of a step beside a prompt and the decodes, as aiconfigurator launches the engines
_TURNAROUND_S = {"trtllm": 0.010}  # a request's way through TensorRT's server, in round milliseconds
_USUAL_TURNAROUND_S = 0.005
_SHORTEST = {"own": 1.0, "ix": 0.8}  # of the lengths drawn: genai-perf's deviation of 0, InferenceMAX's range ratio


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
        first_s: until the first token where all clients begin at once.
        later_s: the same for their later requests.
        turn_s: between two completions, so what a request waits where one client has no place.
        wait_s: for memory, until enough others are done.
        running: sequences that fit into memory at once, on one attention copy.
        offered: sequences on one attention copy.
        measured: whether every operator lies among measured ones of this very device.
    """

    decode_s: float
    stall_s: float
    prompt_s: float
    mixed_s: float
    first_s: float
    later_s: float
    turn_s: float
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
        """(6,): one second, later requests, first ones, a turn, waiting for memory, a mixed step; see `for_tpot`."""
        return np.array([1.0, self.later_s, self.first_s, self.turn_s, self.wait_s, self.mixed_s])


def is_ready() -> bool:
    """Whether all that `terms` runs is compiled already; if not, the first call takes up to half a minute longer."""
    hooks = (loop.simulate, Measured.time, Sarathi.build, Inflight.build, Vllm.build)
    return all(is_compiled(hook) for hook in hooks)


def terms(configuration: Configuration) -> Terms:
    """Times of the steps that a request meets in the steady state.

    All sequences are as long, so over one answer each of the others brings one prompt: running - 1 prompts lengthen
    `output` steps. Sequences beyond what memory holds wait for whole answers of the others. What comes before a first
    token is simulated: who sends alike requests at once keeps sending them one behind the other, and each waits for
    the prompts of those before it.

    Raises: Refused for what the catalog does not know or does not fit.
    Source: Little's law for the closed loop; steps as ai-dynamo/aiconfigurator at 095f58a launches the engines; loads
        as its genai-perf runs and InferenceMAX's benchmark_serving make them.
    """
    key = (configuration.model, configuration.system, configuration.backend)
    try:
        timer, state = _timer(*key, configuration.plan, configuration.formats)
        prefill = state
        if configuration.prefill_plan is not None:
            _, prefill = _timer(*key, configuration.prefill_plan, configuration.formats)
    except InvalidOption as cause:  # e.g. heads that the GPUs cannot share
        raise Refused("no-plan", str(cause)) from cause
    offered = max(1.0, configuration.concurrency / configuration.decode_workers / configuration.plan.data)
    running = min(offered, _fit(configuration, timer.work, timer.device))
    batch, context = max(1, round(running)), configuration.prompt + configuration.output / 2
    prompt = configuration.prompt
    decode_s, known = _step_s(state, batch, context, 0, prompt)
    prompt_s, known_prompt = _step_s(prefill, 0, 0.0, 1, prompt)
    mixed_s, _ = _step_s(prefill if configuration.prefill_plan else state, batch - 1, context, 1, prompt)
    stall_s = (running - 1) / configuration.output * max(mixed_s - decode_s, 0.0)
    if configuration.prefill_plan is not None:
        stall_s = 0.0
        together = max(1, min(batch, _BUDGET // prompt))
        shared_s = _step_s(prefill, 0, 0.0, together, prompt)[0] / together
        prompts = configuration.concurrency / configuration.prefill_workers / configuration.prefill_plan.data
        before = FirstTokens(first_s=prompts * shared_s, later_s=prompt_s)
    else:
        before = _before_first_tokens(configuration, max(1, round(offered)))
    answer_s = (decode_s + stall_s) * configuration.output
    return Terms(
        decode_s=decode_s,
        stall_s=stall_s,
        prompt_s=prompt_s,
        mixed_s=mixed_s,
        first_s=before.first_s,
        later_s=before.later_s,
        turn_s=answer_s / offered,
        wait_s=(offered - running) / running * answer_s,
        running=running,
        offered=offered,
        measured=known and known_prompt and configuration.system == _MEASURED_ON,
    )


def _before_first_tokens(configuration: Configuration, clients: int) -> FirstTokens:
    """Simulated on one attention copy."""
    each = configuration
    shortest = _SHORTEST.get(each.campaign, 1.0)
    return _simulated(
        (each.model, each.system, each.backend, each.plan, each.formats),
        ClosedLoop(clients, each.prompt, each.output, shortest, _TURNAROUND_S.get(each.backend, _USUAL_TURNAROUND_S)),
        _rules(each, clients),
    )


@lru_cache(maxsize=8192)
def _simulated(
    served: tuple[str, str, str, Plan, Formats], load: ClosedLoop, rules: Sarathi | Inflight | Vllm
) -> FirstTokens:
    timer, _ = _timer(*served)
    return first_tokens(load, timer, rules, timer.plan.pipeline)


def _rules(configuration: Configuration, clients: int) -> Sarathi | Inflight | Vllm:
    """How the engine makes its steps: prompts in chunks, whole beside the decodes, or before them."""
    if configuration.backend == "sglang":
        return Vllm(max(_PREFILL_TOKENS, configuration.prompt))
    budget = clients + configuration.prompt + _ROOM
    if configuration.backend == "trtllm":
        return Inflight(budget, overlapped=True)
    return Sarathi(budget if configuration.campaign == "own" else _BUDGET)


def _fit(configuration: Configuration, work: Work, device: Device) -> float:
    """Sequences whose keys and values fit: half of their answer is written on average, and TensorRT reserves it all."""
    tokens = work.kv_tokens(device, utilisation=0.92, reserved_bytes=2e9)
    length = configuration.prompt + (1.0 if configuration.backend == "trtllm" else 0.5) * configuration.output
    if work.kv_bytes_per_token * length > device.memory_bytes:
        raise Refused("does-not-fit", f"{length:,.0f} tokens of one request need more memory than a GPU has")
    if tokens < 4 * length and work.weight_bytes < device.memory_bytes:
        return np.inf  # measured systems do run there: with less reserved, or weights that are packed closer
    if tokens <= 0:
        need, have = work.weight_bytes / 1e9, device.memory_bytes / 1e9
        raise Refused("does-not-fit", f"{configuration.model} needs {need:.0f} GB on each GPU, which has {have:.0f} GB")
    return max(1.0, tokens / length)


@lru_cache(maxsize=512)
def _timer(model: str, system: str, backend: str, plan: Plan, formats: Formats) -> tuple[Measured, State]:
    device = Device.named(system)
    engine = "trtllm" if backend == "trtllm" else "vllm"
    timer = Measured(_operators(device.name, engine), Model.named(model), device, plan, formats)
    return timer, timer.state()


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
