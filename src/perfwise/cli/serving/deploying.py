"""What the options of a command say -> a task and deployments."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfwise.serving.contracts import Timer
    from perfwise.serving.engine import Deployment, ServingTask
    from perfwise.serving.planning import Hardware
    from perfwise.serving.simulator import Policies

__all__ = ["Machines", "Memory", "Rules", "deployment", "load_with_notice", "task"]


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


def task(
    requests: Path,
    form: str | None,
    speedup: float,
    slo: tuple[float | None, float | None, float | None],
    attainment: float,
) -> "ServingTask":
    """The trace and its objective. Raises: InvalidInput, InvalidOption."""
    from perfwise.errors import InvalidOption
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


def _timer(machines: Machines) -> "tuple[Timer, Hardware | None]":
    from perfwise.catalog.devices import Device
    from perfwise.errors import InvalidOption
    from perfwise.serving.arithmetic import Formats, Plan
    from perfwise.serving.planning import Hardware, model_named, timer_of_hardware, timer_of_tables

    if machines.tables is not None:
        if machines.model or machines.device:
            raise InvalidOption("--tables already says how long a step takes; leave out --model and --device")
        return timer_of_tables(machines.tables), None
    if not machines.model or not machines.device:
        raise InvalidOption("what serves? Name --model and --device, or give step times with --tables")
    plan = Plan(machines.tensor, machines.pipeline, machines.data, machines.expert)
    formats = Formats(machines.weights, kv=machines.kv_format)
    hardware = Hardware(model_named(machines.model), Device.named(machines.device), plan, formats)
    return timer_of_hardware(hardware, machines.timer, machines.calibration), hardware


def load_with_notice(tell: Callable[[str], None]) -> None:
    """Compile the simulator if this machine has not done so, and say beforehand why that takes long."""
    from perfwise.serving.simulator import is_ready

    if not is_ready():
        tell("First run: compiling the simulator for this machine. It takes about half a minute, once.")
