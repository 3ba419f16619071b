"""What the options of a command say -> a task and deployments."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from perfwise.errors import InvalidOption

if TYPE_CHECKING:
    from perfwise.serving.contracts import Timer
    from perfwise.serving.engine import Deployment, ServingTask
    from perfwise.serving.planning import Hardware
    from perfwise.serving.simulator import Policies

__all__ = ["Machines", "Memory", "Rules", "deployment", "load_with_notice", "task", "unused_bounds"]

_MOST_TOKENS = 1 << 40  # of a memory: products of numbers below stay whole in a float
_MOST_PLACES = 1 << 24  # for requests on all replicas, which the loop reserves room for
_MOST_REPLICAS = 1 << 16


@dataclass(frozen=True, slots=True)
class Machines:
    """Options that name a model on GPUs."""

    tables: Path | None
    model: str | None
    device: str | None
    tensor: int = 1
    pipeline: int = 1
    expert: int = 1
    data: int = 1
    weights: str = "bf16"
    kv_format: str = "bf16"
    timer: str | None = None
    calibration: Path | None = None

    @property
    def described(self) -> str:
        """What serves, for people."""
        if self.tables is not None:
            return f"the tables {self.tables.name}"
        plan = {"tp": self.tensor, "pp": self.pipeline, "ep": self.expert, "dp": self.data}
        split = "".join(f" {name}={count}" for name, count in plan.items() if count > 1)
        return f"{self.model} on {self.device}{split}"


@dataclass(frozen=True, slots=True)
class Memory:
    """Options that say how much a replica holds."""

    blocks: int | None
    block_size: int
    batch_cap: int
    replicas: int


@dataclass(frozen=True, slots=True)
class Rules:
    """Options that name the methods."""

    batching: str
    memory: str
    preemption: str
    retention: str
    dispatch: str
    max_batch_tokens: int | None = None
    chunk: int | None = None

    @property
    def described(self) -> str:
        """The methods, for people: the batching method, and of the others those that are no default."""
        others = {
            self.memory: "paged",
            self.preemption: "recompute",
            self.retention: "none",
            self.dispatch: "round_robin",
        }
        return " + ".join([self.batching, *(name for name, default in others.items() if name != default)])


def task(
    requests: Path,
    form: str | None,
    speedup: float,
    slo: tuple[float | None, float | None, float | None],
    attainment: float,
) -> "ServingTask":
    """The trace and its objective. Raises: InvalidInput, InvalidOption."""
    from perfwise.serving.arrivals.replay import Replay
    from perfwise.serving.engine import ServingTask
    from perfwise.serving.reading import read_trace
    from perfwise.serving.summary import Slo
    from perfwise.serving.workload import rearrived

    trace = read_trace(requests, form)
    if speedup != 1.0:
        trace = rearrived(trace, Replay(speedup))
    if all(bound is None for bound in slo):
        if attainment:
            raise InvalidOption("an attainment needs an objective: --slo-ttft, --slo-tpot or --slo-e2e")
        return ServingTask(trace)
    return ServingTask(trace, Slo(*slo), attainment)


def deployment(
    name: str, machines: Machines, memory: Memory, rules: Rules, gpu_hour_usd: float | None = None
) -> "Deployment":
    """What serves. Raises: InvalidOption, InvalidInput, InvalidCandidate for a model that does not fit."""
    from perfwise.serving.engine import Deployment, Power
    from perfwise.serving.planning import BLOCKS_OF_TABLES, blocks_of
    from perfwise.serving.simulator import Cluster

    _check_sizes(memory)
    timer, hardware = _timer(machines)
    notes: list[str] = []
    blocks = memory.blocks
    if blocks is None and hardware is None:
        blocks = BLOCKS_OF_TABLES
        notes.append(f"memory of {blocks:,} blocks is assumed: tables do not tell; --blocks does")
    elif blocks is None and hardware is not None:
        blocks = blocks_of(hardware, memory.block_size)
    assert blocks is not None
    return Deployment(
        timer,
        Cluster(
            blocks,
            memory.replicas,
            memory.block_size,
            memory.batch_cap,
            machines.pipeline,
            hardware.kv_bytes_per_token if hardware else 131_072.0,
        ),
        policies(rules),
        candidate_set=name,
        gpu_hour_usd=gpu_hour_usd,
        power=Power(hardware.device.limit_w) if hardware else None,
        notes=tuple(notes),
    )


def _check_sizes(memory: Memory) -> None:
    """Sizes that no machine has would end in a simulator without memory. Raises: InvalidOption."""
    if memory.replicas > _MOST_REPLICAS:
        raise InvalidOption(f"--replicas takes at most {_MOST_REPLICAS:,}, not {memory.replicas:,}")
    if memory.batch_cap * memory.replicas > _MOST_PLACES:
        raise InvalidOption(
            f"--batch-cap {memory.batch_cap:,} on --replicas {memory.replicas:,} is more than the {_MOST_PLACES:,} "
            "requests that are simulated at a time; lower one of them"
        )
    if memory.block_size * (memory.blocks or 1) > _MOST_TOKENS:
        raise InvalidOption(
            f"--blocks times --block-size is at most {_MOST_TOKENS:,} tokens, not "
            f"{memory.block_size * (memory.blocks or 1):,}"
        )


def policies(rules: Rules) -> "Policies":
    """The methods by name."""
    from perfwise.serving.planning import chosen
    from perfwise.serving.simulator import Policies

    return Policies(
        batching=chosen("batching", rules.batching, **_bounds(rules)),
        memory=chosen("memory", rules.memory),
        preemption=chosen("preemption", rules.preemption),
        retention=chosen("retention", rules.retention),
        dispatch=chosen("dispatch", rules.dispatch),
    )


def _bounds(rules: Rules) -> dict[str, object]:
    """Both spellings of a step's bound, under each name that a method may have for it."""
    return {
        "max_batch_tokens": rules.max_batch_tokens,
        "chunk_tokens": rules.chunk,
        "budget_tokens": rules.chunk if rules.chunk is not None else rules.max_batch_tokens,
    }


def unused_bounds(rules: Rules) -> list[str]:
    """Bounds of a step that were given to a method without such a bound, for people."""
    from dataclasses import fields

    from perfwise.serving.planning import chosen

    batching = chosen("batching", rules.batching)
    has = {each.name for each in fields(batching)}
    given = {
        "--max-batch-tokens": (rules.max_batch_tokens, {"max_batch_tokens", "budget_tokens"}),
        "--chunk": (rules.chunk, {"chunk_tokens", "budget_tokens"}),
    }
    return [
        f"{rules.batching} has no such bound, so {option} says nothing"
        for option, (value, names) in given.items()
        if value is not None and not names & has
    ]


_BESIDE_TABLES = {
    "model": ("model", None),
    "device": ("device", None),
    "tp": ("tensor", 1),
    "ep": ("expert", 1),
    "dp": ("data", 1),
    "weights": ("weights", "bf16"),
    "kv-format": ("kv_format", "bf16"),
    "timer": ("timer", None),
    "calibration": ("calibration", None),
}
"""Options that frozen tables leave nothing to say, with their fields and defaults."""


def _timer(machines: Machines) -> "tuple[Timer, Hardware | None]":
    from perfwise.catalog.devices import Device
    from perfwise.serving.arithmetic import Formats, Plan
    from perfwise.serving.planning import Hardware, model_named, timer_of_hardware, timer_of_tables

    if machines.tables is not None:
        if beside := [f"--{name}" for name, value in _BESIDE_TABLES.items() if getattr(machines, value[0]) != value[1]]:
            raise InvalidOption(f"--tables already says how long a step takes; leave out {', '.join(beside)}")
        return timer_of_tables(machines.tables, machines.pipeline), None
    if not machines.model or not machines.device:
        raise InvalidOption("what serves? Name --model and --device, or give step times with --tables")
    plan = Plan(machines.tensor, machines.pipeline, machines.data, machines.expert)
    formats = Formats(machines.weights, kv=machines.kv_format)
    hardware = Hardware(model_named(machines.model), Device.named(machines.device), plan, formats)
    return timer_of_hardware(hardware, machines.timer, machines.calibration), hardware


def load_with_notice(tell: Callable[[str], None], plans: "Sequence[Deployment]") -> None:
    """Say beforehand why a run takes long: it compiles the simulator first, or a method is plain Python."""
    from perfwise.serving.simulator import is_ready, plain_methods

    found = [plain_methods(plan.policies) for plan in plans]
    if plain := dict.fromkeys(name for names in found for name in names):
        tell(
            f"note: {', '.join(plain)}: plain Python, so steps take about a thousand times longer than compiled; "
            "compilable(SIGNATURE) marks what can be compiled"
        )
    compiled = [plan for plan, names in zip(plans, found, strict=True) if not names]
    if not all(is_ready(plan.policies, plan.timer) for plan in compiled):
        tell("First run: compiling the simulator for this machine. It takes about half a minute, once.")
