"""One simulation: checks what comes in, lays out the arrays, runs the loop, reads what came of it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfwise.errors import Fault, InvalidCandidate, InvalidInput, InvalidOption
from perfwise.kit.compiled import compiled, is_compilable, is_compiled
from perfwise.kit.events import EVENT
from perfwise.serving import loop
from perfwise.serving.batching.vllm import Vllm
from perfwise.serving.contracts import (
    REPLICA,
    STEP,
    Batching,
    Control,
    Dispatch,
    Memory,
    Migration,
    Preemption,
    Retention,
    Shape,
    State,
    Timer,
)
from perfwise.serving.dispatch.round_robin import RoundRobin
from perfwise.serving.memory.paged import Paged
from perfwise.serving.preemption.recompute import Recompute
from perfwise.serving.retention.none import Nothing
from perfwise.serving.still import NoControl, NoMigration

__all__ = ["Cluster", "Policies", "Recording", "Simulation", "is_ready", "plain_methods", "simulate"]

_EVENTS_PER_REPLICA = 3  # a wake, and one for each stage
_BY_REPLICA = {
    "memory": ("admit", "extend", "release"),
    "preemption": ("victim", "evict", "resume"),
    "retention": ("lookup", "pin", "publish", "unpin", "reclaim", "turn_end"),
    "batching": ("build",),
}
_BY_CLUSTER = {"dispatch": ("choose",), "migration": ("hand_over", "rebalance"), "control": ("tick",)}
_GAP_BINS = 100_001  # 0.1 ms each, up to 10 s
_PATIENCE = 100_000  # steps without a completion that nobody minds


@dataclass(frozen=True, slots=True)
class Policies:
    """Which method decides at each decision point."""

    batching: Batching = field(default_factory=Vllm)
    memory: Memory = field(default_factory=Paged)
    preemption: Preemption = field(default_factory=Recompute)
    retention: Retention = field(default_factory=Nothing)
    dispatch: Dispatch = field(default_factory=RoundRobin)
    migration: Migration = field(default_factory=NoMigration)
    control: Control = field(default_factory=NoControl)


@dataclass(frozen=True, slots=True)
class Cluster:
    """Equal replicas of one model.

    Args:
        blocks: of keys and values on a replica.
        replicas: how many.
        block_tokens: tokens in a block.
        max_requests: the most that hold memory on a replica at a time.
        stages: pipeline stages; a batch has at most max_requests // stages members.
        kv_bytes_per_token: of one token, on all devices of a replica; what swapping and moving must carry.
        roles: a number for each replica, for methods that tell them apart; empty: all 0.
    """

    blocks: int
    replicas: int = 1
    block_tokens: int = 16
    max_requests: int = 128
    stages: int = 1
    kv_bytes_per_token: float = 0.0
    roles: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for name in ("blocks", "replicas", "block_tokens", "max_requests", "stages"):
            if getattr(self, name) < 1:
                raise InvalidOption(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.max_requests < self.stages:
            raise InvalidOption(
                f"max_requests ({self.max_requests}) must be at least the pipeline's stages ({self.stages}): a batch "
                "has at most one share of them"
            )
        if self.roles and len(self.roles) != self.replicas:
            raise InvalidOption(f"{len(self.roles)} roles are given for {self.replicas} replicas")


@dataclass(frozen=True, slots=True)
class Recording:
    """How much of a run is kept for pictures.

    Args:
        samples: of each replica's load, spread evenly over the steps.
        slices: the first so many steps, one by one.
    """

    samples: int = 4096
    slices: int = 0


@dataclass(frozen=True, slots=True)
class Simulation:
    """What came of serving a trace.

    Args:
        requests: rows of REQUEST, in the order of the trace.
        replicas: rows of REPLICA.
        end_s: time of the last event.
        iterations: batches that ended, on all replicas.
        loop_cpu_s: CPU time of the loop itself.
        samples: (n, 6): columns as in `loop.SAMPLE_COLUMNS`.
        gaps: (bins,): how many times between tokens fell into each 0.1 ms; the last bin is open.
        slices: (n, 6): replica, start_s, end_s, members, tokens, prefill tokens of the first steps.
    """

    requests: np.recarray[Any, Any]
    replicas: np.recarray[Any, Any]
    end_s: float
    iterations: int
    loop_cpu_s: float
    samples: NDArray[np.float64]
    gaps: NDArray[np.int64]
    slices: NDArray[np.float64]

    @property
    def restarts(self) -> int:
        """How often a request lost its memory."""
        return int(self.requests.restarts.sum())


def is_ready(policies: Policies, timer: Timer) -> bool:
    """Whether loop and hooks are compiled already; if not, the first simulation takes up to half a minute longer."""
    families = {**_BY_REPLICA, **_BY_CLUSTER}
    hooks = [getattr(getattr(policies, family), name) for family, names in families.items() for name in names]
    return all(is_compiled(hook) for hook in (loop.simulate, timer.time, *hooks) if is_compilable(hook))


def plain_methods(policies: Policies) -> list[str]:
    """Class names of the methods that cannot be compiled; one of them makes a run a thousand times slower."""
    found = []
    for family, names in {**_BY_REPLICA, **_BY_CLUSTER}.items():
        method = getattr(policies, family)
        if not all(is_compilable(getattr(method, name)) for name in names):
            found.append(type(method).__name__)
    return found


def simulate(
    requests: np.recarray[Any, Any],
    timer: Timer,
    cluster: Cluster,
    policies: Policies = Policies(),
    *,
    prefixes: NDArray[np.int64] | None = None,
    prefix_tokens: int = 0,
    recording: Recording = Recording(),
    tick_s: float = 0.0,
    plain: bool = False,
    seed: int = 0,
) -> Simulation:
    """Serve a trace.

    Args:
        requests: fresh rows of REQUEST, sorted by arrival; left alone.
        timer: how long a step takes.
        cluster: what serves.
        policies: how.
        prefixes: prefix hashes as numbers from 0, which the requests' rows point into.
        prefix_tokens: tokens behind one prefix hash.
        recording: what is kept for pictures.
        tick_s: time between ticks, 0 for none.
        plain: run uncompiled: the same decisions, a thousand times slower. Methods that cannot be compiled always do.
        seed: of methods that draw.
    Raises: InvalidInput with the code `request-too-long` for requests that no replica could ever hold; InvalidCandidate
        when a method breaks its contract or never schedules; MissingExtra without numba.
    """
    rows = requests.copy()
    _check_lengths(rows, cluster)
    _check_admission(rows, cluster, policies.memory, seed)
    hashes = np.zeros(0, np.int64) if prefixes is None else np.array(prefixes, np.int64)
    shape = _shape(rows, hashes, prefix_tokens, cluster, seed)
    run, replicas = _run(rows, shape, cluster, policies, tick_s), _replicas(cluster)
    samples, slices = np.zeros((recording.samples, len(loop.SAMPLE_COLUMNS))), np.zeros((recording.slices, 6))
    gaps = np.zeros(_GAP_BINS, np.int64)
    bound = _bound(policies, timer, shape)
    scratch = _scratch(rows, cluster, moving=bool(run.moving))
    arrays = (run, rows, _order(rows), hashes, replicas, *scratch, samples, gaps, slices)
    serve: Callable[[], Any] = partial(loop.simulate, *arrays, *bound)
    if not plain and all(is_compilable(each) for each in bound if callable(each)):
        fast = [compiled(each) if callable(each) else each for each in bound]
        serve = compiled(loop.simulate).prepared(*arrays, *fast)
    before_s = time.thread_time()
    serve()
    loop_cpu_s = time.thread_time() - before_s
    if run.status:
        raise _broken(run, rows, policies)
    samples, slices = samples[: run.samples], slices[: run.slices]
    return Simulation(rows, replicas, float(run.end_s), int(run.iterations), loop_cpu_s, samples, gaps, slices)


def _check_lengths(rows: np.recarray[Any, Any], cluster: Cluster) -> None:
    """A request that outgrows a whole replica would wait, or be restarted, for ever."""
    room = cluster.blocks * cluster.block_tokens
    too_long = np.flatnonzero(rows.prompt + rows.output > room)
    if len(too_long):
        raise InvalidInput(
            [
                Fault(
                    f"request {index}",
                    "request-too-long",
                    f"{rows.prompt[index]} + {rows.output[index]} tokens do not fit into {cluster.blocks} blocks of "
                    f"{cluster.block_tokens} ({room} tokens); shorten it or give a replica more memory",
                )
                for index in too_long
            ]
        )


def _check_admission(rows: np.recarray[Any, Any], cluster: Cluster, memory: Memory, seed: int) -> None:
    """A prompt that not even an empty replica admits would wait for ever; memory may keep some blocks free."""
    long = np.flatnonzero(rows.prompt + rows.output > 0.9 * cluster.blocks * cluster.block_tokens)
    tried, faults = rows[long].copy().view(np.recarray), []
    state = memory.state(_shape(rows, np.zeros(0, np.int64), 0, cluster, seed))
    for place, index in enumerate(long):
        replica = _replicas(cluster)[0]
        if not memory.admit(0.0, tried, place, replica, _own(state)):
            text = f"a prompt of {rows.prompt[index]} tokens finds {replica.short_blocks} block(s) too few on an empty "
            text += (
                f"replica of {cluster.blocks}, some of which {type(memory).__name__} keeps free; give it more memory"
            )
            faults.append(Fault(f"request {index}", "request-too-long", text))
    if faults:
        raise InvalidInput(faults)


def _shape(
    rows: np.recarray[Any, Any], hashes: NDArray[np.int64], prefix_tokens: int, cluster: Cluster, seed: int
) -> Shape:
    return Shape(
        replicas=cluster.replicas,
        requests=len(rows),
        prefixes=int(hashes.max()) + 1 if len(hashes) else 0,
        prefix_tokens=prefix_tokens,
        total_blocks=cluster.blocks,
        block_tokens=cluster.block_tokens,
        max_tokens=int((rows.prompt + rows.output).max()) if len(rows) else 1,
        kv_bytes_per_token=cluster.kv_bytes_per_token,
        seed=seed,
    )


def _run(rows: np.recarray[Any, Any], shape: Shape, cluster: Cluster, policies: Policies, tick_s: float) -> Any:
    run = np.zeros(1, loop.RUN).view(np.recarray)[0]
    run.tick_s = tick_s
    run.patience = _PATIENCE + 4 * shape.max_tokens * cluster.max_requests * cluster.replicas
    run.moving = type(policies.migration) is not NoMigration
    run.unfinished = len(rows)
    run.stride = 1
    return run


def _replicas(cluster: Cluster) -> np.recarray[Any, Any]:
    replicas = np.zeros(cluster.replicas, REPLICA).view(np.recarray)
    replicas.index = np.arange(cluster.replicas)
    replicas.role = cluster.roles or 0
    replicas.total_blocks = replicas.free_blocks = replicas.least_free_blocks = cluster.blocks
    replicas.block_tokens = cluster.block_tokens
    replicas.first_waiting = replicas.last_waiting = -1
    replicas.max_holders = cluster.max_requests
    replicas.max_members = cluster.max_requests // cluster.stages
    replicas.stages = cluster.stages
    replicas.speed = 1.0
    return replicas


def _order(rows: np.recarray[Any, Any]) -> NDArray[np.int64]:
    """Requests whose arrival is known, sorted by it; equal ones in the order of the trace."""
    known = np.flatnonzero(~np.isnan(rows.arrival_s))
    return known[np.argsort(rows.arrival_s[known], kind="stable")]


def _scratch(rows: np.recarray[Any, Any], cluster: Cluster, *, moving: bool) -> tuple[Any, ...]:
    """What the loop works in: step, events, running, flights with their sizes and stages, moves."""
    followers = int((rows.next_turn >= 0).sum())
    room = cluster.replicas * (cluster.stages + _EVENTS_PER_REPLICA) + followers + (len(rows) if moving else 0)
    width = cluster.max_requests + 1
    return (
        np.zeros(1, STEP).view(np.recarray),
        np.zeros(room + 8, EVENT).view(np.recarray),
        np.zeros((cluster.replicas, width), np.int64),
        np.zeros((cluster.replicas, cluster.stages, 2, width), np.int64),
        np.zeros((cluster.replicas, cluster.stages), np.int64),
        np.zeros((cluster.replicas, cluster.stages)),
        np.zeros((cluster.replicas * width if moving else 1, 2), np.int64),
    )


def _bound(policies: Policies, timer: Timer, shape: Shape) -> list[Any]:
    """Hooks and states in the order in which the loop takes them."""
    bound: list[Any] = []
    for family, names in _BY_REPLICA.items():
        method = getattr(policies, family)
        bound += [getattr(method, name) for name in names]
        bound.append(np.tile(_own(method.state(shape)), (shape.replicas, 1)))
    bound += [timer.time, _own(timer.state())]
    for family, names in _BY_CLUSTER.items():
        method = getattr(policies, family)
        bound += [getattr(method, name) for name in names]
        bound.append(_own(method.state(shape)))
    return bound


def _own(state: State) -> State:
    """A copy that the loop may write to."""
    return np.array(state, np.float64, order="C")


def _broken(run: Any, rows: np.recarray[Any, Any], policies: Policies) -> Exception:
    """What to say of a run that did not end well."""
    status, subject = loop.STATUS[run.status], int(run.subject)
    names = {name: type(getattr(policies, name)).__name__ for name in ("batching", "dispatch", "migration")}
    left = int(np.isnan(rows.completed_s).sum())
    text = {
        "stuck": f"{left} of {len(rows)} requests are never served, the first is request {subject}: nothing is due "
        f"and {names['batching']} schedules nothing; is its token budget below a prompt's length, or memory too small?",
        "no-progress": f"replica {subject} took {run.since_completion} steps without completing a request, {left} are "
        f"left: {names['batching']} evicts them for ever",
        "bad-target": f"{names['dispatch']} or {names['migration']} sent request {subject} to a replica that is not "
        "there, or moved one that cannot move now",
        "bad-batch": f"{names['batching']} gave request {subject} tokens that it cannot process",
        "bad-time": f"the timer gave a step of replica {subject} a time that is not above 0",
    }[status]
    return InvalidCandidate(text, code=status)
