"""The serving engine: a trace served by a deployment -> outcome."""

from dataclasses import dataclass, field, fields, is_dataclass
from functools import cached_property

import perfwise
from perfwise.core.cost import Cost
from perfwise.core.json import Json, digest
from perfwise.core.outcome import Failure, Outcome, Provenance
from perfwise.errors import InvalidCandidate, InvalidInput, InvalidOption
from perfwise.serving.contracts import Timer
from perfwise.serving.simulator import Cluster, Policies, Recording, Simulation, simulate
from perfwise.serving.summary import DETAIL, Slo, summary
from perfwise.serving.trace import Trace

__all__ = ["ENGINE_VERSION", "Deployment", "Power", "ServingEngine", "ServingTask", "outcome_of"]

_LOADS_ONLY = Recording()

ENGINE_VERSION = "1"
"""Changes when the same trace under the same deployment could give another outcome."""


@dataclass(frozen=True, eq=False)
class ServingTask:
    """A trace to serve, and how well.

    Args:
        trace: what arrives.
        slo: what a request must reach to count; None: to complete.
        attainment: the share of requests that must reach it; below, the deployment has failed the task.
    """

    trace: Trace
    slo: Slo | None = None
    attainment: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.attainment <= 1:
            raise InvalidOption(f"an attainment is a share from 0 to 1, not {self.attainment}")

    @property
    def id(self) -> str:
        """The trace's."""
        return self.trace.id

    @cached_property
    def digest(self) -> str:
        """Of the trace and the objective."""
        return digest([self.trace.digest, self.slo.as_json() if self.slo else None, self.attainment])


@dataclass(frozen=True, slots=True)
class Power:
    """What a GPU draws, as shares of its limit.

    Args:
        limit_w: thermal design power of one GPU.
        idle: without work.
        decode: in steps that only decode; the median of 130 settings measured on A100.
        prefill: in steps with a prompt in them.

    Source: Patel et al., Splitwise, ISCA 2024, arXiv:2311.18677, and the power columns of Mutinifni/splitwise-sim at
        8f99e7d (A100: 0.6 on average over mostly decoding runs, peaks of 1.0 in prompts).
    Differs: two levels in place of a curve over batch and clock; the idle share is a round number of ours.
    """

    limit_w: float
    idle: float = 0.15
    decode: float = 0.6
    prefill: float = 1.0


@dataclass(frozen=True, eq=False)
class Deployment:
    """How a trace is served: which model on which GPUs, and by which rules.

    Args:
        id: unique within its set.
        timer: how long a step takes: a model on a GPU under a parallel plan.
        cluster: memory and number of the replicas.
        policies: who decides.
        candidate_set: what a reader calls it.
        gpu_hour_usd: price of one GPU for an hour; None: unknown.
        power: what a GPU draws; None: unknown.
        tick_s: time between ticks, for methods that act at ticks; 0: none.
        notes: doubts about the deployment's numbers, for people.
    """

    timer: Timer
    cluster: Cluster
    policies: Policies = field(default_factory=Policies)
    id: str = "0"
    candidate_set: str = "deployment"
    gpu_hour_usd: float | None = None
    power: Power | None = None
    tick_s: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def gpus(self) -> int:
        """Of all replicas."""
        return self.timer.devices * self.cluster.replicas

    @cached_property
    def digest(self) -> str:
        """Of everything that decides what comes out."""
        return digest(
            [
                self.timer.identity,
                self.timer.devices,
                _plain(self.cluster),
                _plain(self.policies),
                self.tick_s,
                self.gpu_hour_usd,
                _plain(self.power),
                list(self.notes),
            ]
        )

    def describe(self) -> dict[str, Json]:
        """What serves and how, as plain data."""
        return {
            "timer": self.timer.source,
            "gpus": self.gpus,
            "cluster": _plain(self.cluster),
            "policies": _plain(self.policies),
        }


@dataclass(frozen=True)
class ServingEngine:
    """Serves a trace by a deployment, in simulation.

    Args:
        plain: run uncompiled, see `simulate`.
    """

    plain: bool = False

    @property
    def provenance(self) -> Provenance:
        """Of every outcome: the same trace and deployment give the same numbers on any machine."""
        return Provenance(
            engine="serving",
            engine_version=ENGINE_VERSION,
            meter="simulation",
            meter_identity=ENGINE_VERSION,
            interpreter="perfwise.serving",
            versions=(("perfwise", perfwise.__version__),),
        )

    def key(self, task: ServingTask, candidate: Deployment, seed: int) -> str:
        """Equal for attempts that cannot differ."""
        return digest([task.digest, candidate.digest, self.provenance.comparable(), seed])

    def run(self, task: ServingTask, candidate: Deployment, seed: int) -> Outcome:
        """One attempt. A deployment that cannot serve the trace has failed; that is its outcome, not an error."""
        try:
            simulation = self.simulate(task, candidate, seed)
        except (InvalidInput, InvalidCandidate) as fault:
            first = fault.faults[0] if isinstance(fault, InvalidInput) else None
            failure = (
                Failure(first.code, f"{first.where}: {first.message}") if first else Failure(fault.code, fault.args[0])
            )
            return self._outcome(task, candidate, seed, 0.0, Cost(), failure, (), {})
        return outcome_of(self, task, candidate, seed, simulation)

    def simulate(
        self, task: ServingTask, candidate: Deployment, seed: int, recording: Recording = _LOADS_ONLY
    ) -> Simulation:
        """The run itself, request by request. Raises: as `perfwise.serving.simulator.simulate`."""
        trace = task.trace
        return simulate(
            trace.rows(),
            candidate.timer,
            candidate.cluster,
            candidate.policies,
            prefixes=trace.prefixes,
            prefix_tokens=trace.prefix_tokens,
            recording=recording,
            tick_s=candidate.tick_s,
            plain=self.plain,
            seed=seed,
        )

    def _outcome(
        self,
        task: ServingTask,
        candidate: Deployment,
        seed: int,
        quality: float,
        cost: Cost,
        failure: Failure | None,
        caveats: tuple[str, ...],
        detail: dict[str, Json],
    ) -> Outcome:
        return Outcome(
            task=task.id,
            candidate_set=candidate.candidate_set,
            candidate=candidate.id,
            seed=seed,
            key=self.key(task, candidate, seed),
            quality=quality,
            cost=cost,
            failure=failure,
            caveats=caveats,
            provenance=self.provenance,
            detail={"deployment": candidate.describe(), **detail},
        )


def outcome_of(
    engine: ServingEngine, task: ServingTask, candidate: Deployment, seed: int, simulation: Simulation
) -> Outcome:
    """What a run amounts to.

    Quality is the share of requests within the objective, or 1 without one: a run that ends has served all. Costs are
    `gpu_s` over all GPUs until the last completion, `latency_s`, the mean time from arrival to completion, `span_s`,
    and `price_usd` and `energy_j` where the deployment knows what they follow from.
    """
    numbers = summary(
        simulation.requests,
        task.slo,
        trace=task.trace,
        replicas=simulation.replicas,
        gaps=simulation.gaps,
        end_s=simulation.end_s,
    )
    goodput = numbers["goodput"]
    quality = 1.0
    if isinstance(goodput, dict):
        share = goodput["share"]
        assert isinstance(share, float)
        quality = share
    failure = None
    if quality < task.attainment:
        failure = Failure(
            "slo-missed", f"{quality:.1%} of the requests are in time; {task.attainment:.1%} are asked for"
        )
    detail: dict[str, Json] = {
        DETAIL: numbers,
        "iterations": simulation.iterations,
        "restarts": simulation.restarts,
        "extrapolated_steps": int(simulation.replicas.extrapolated.sum()),
    }
    return engine._outcome(
        task,
        candidate,
        seed,
        quality,
        _cost(candidate, simulation),
        failure,
        _caveats(task, candidate, simulation),
        detail,
    )


def _cost(candidate: Deployment, simulation: Simulation) -> Cost:
    span_s, requests = simulation.end_s, simulation.requests
    amounts = {"gpu_s": candidate.gpus * span_s, "span_s": span_s}
    if len(requests):
        amounts["latency_s"] = float((requests.completed_s - requests.arrival_s).mean())
    if candidate.gpu_hour_usd is not None:
        amounts["price_usd"] = candidate.gpu_hour_usd * amounts["gpu_s"] / 3600
    if candidate.power is not None:
        amounts["energy_j"] = _energy_j(candidate.power, candidate.timer.devices, simulation)
    return Cost(**amounts)


def _energy_j(power: Power, devices: int, simulation: Simulation) -> float:
    """Of all GPUs; a replica's GPUs draw alike."""
    prefill_s, busy_s = simulation.replicas.prefill_s.sum(), simulation.replicas.busy_s.sum()
    idle_s = len(simulation.replicas) * simulation.end_s - busy_s
    shares_s = power.prefill * prefill_s + power.decode * (busy_s - prefill_s) + power.idle * max(idle_s, 0.0)
    return float(power.limit_w * devices * shares_s)


def _caveats(task: ServingTask, candidate: Deployment, simulation: Simulation) -> tuple[str, ...]:
    told = [*task.trace.notes, *candidate.notes]
    band = candidate.timer.band
    if band is None:
        told.append(f"step times by {candidate.timer.source}: no error band is known")
    else:
        told.append(
            f"step times by {candidate.timer.source}: in 8 cases of 10 a measured TTFT is {band.ttft_low:.2f} to "
            f"{band.ttft_high:.2f} times the predicted one, a TPOT {band.tpot_low:.2f} to {band.tpot_high:.2f} times "
            f"({band.source})"
        )
    if outside := int(simulation.replicas.extrapolated.sum()):
        share = outside / max(simulation.iterations, 1)
        told.append(f"{share:.1%} of the steps lie outside what was measured; their times are extrapolated")
    return tuple(told)


def _plain(value: object) -> Json:
    """A frozen dataclass as plain data, with the name of its method."""
    if is_dataclass(value) and not isinstance(value, type):
        inner = {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
        return {"method": type(value).__name__, **inner}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return repr(value)
