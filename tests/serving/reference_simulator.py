"""A slow, plain simulator of Vidur's replica schedulers: what the serving engine is compared with.

It shares no code with the engine and is written to be checked by eye against Vidur's rules: one class for memory, one
for a replica's queues, one for the chain of events. Times are seconds, the tables' entries milliseconds per layer.

Source: microsoft/vidur, commit 7d47513 (MIT); Agrawal et al., MLSys 2024, arXiv:2405.05465.
Differs: no tensor parallelism, no CPU overhead; without a table of transfers, a pipeline's stages hand over at no cost.
"""

import heapq
import math
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

__all__ = [
    "BlockPool",
    "OutsideTables",
    "Replica",
    "Request",
    "Result",
    "Settings",
    "Tables",
    "Unfinished",
    "load_tables",
    "simulate",
    "toy_arrays",
    "toy_tables",
]

ATTENTION = ("attn_pre_proj", "attn_post_proj", "attn_rope", "attn_kv_cache_save")
MLP = ("mlp_up_proj", "mlp_down_proj", "mlp_act")
OPERATORS = (*ATTENTION, "input_layernorm", *MLP, "post_attention_layernorm", "add")
CONTEXT_STEP = 64  # tables of attention have one row for each so many tokens of context


class Unfinished(Exception):
    """Nothing can run any more and requests are left; `indices` names them."""

    def __init__(self, indices: list[int]) -> None:
        super().__init__(f"requests {indices} wait forever: none of them can be admitted and nothing else will arrive")
        self.indices = indices


class OutsideTables(Exception):
    """A step lies outside the tables' grid."""


@dataclass(slots=True, eq=False)
class Request:
    """One request; `prompt` and `output` are what restarts have made of them."""

    index: int
    arrival_s: float
    prompt: int
    output: int
    processed: int = 0
    prefilled: bool = False
    restarts: int = 0
    scheduled_s: float | None = None
    first_token_s: float | None = None
    completed_s: float | None = None

    def advance(self, tokens: int, now_s: float) -> None:
        """A batch with so many of its tokens has ended."""
        self.processed += tokens
        if self.processed == self.prompt:  # the prefill yields the first output token
            self.prefilled = True
            self.processed += 1
            if self.first_token_s is None:
                self.first_token_s = now_s
        if self.processed == self.prompt + self.output:
            self.completed_s = now_s

    def restart(self) -> None:
        """Lose all keys and values; what was processed, also a part of a prompt, becomes the prompt."""
        self.prompt, self.output = self.processed, self.prompt + self.output - self.processed
        self.processed, self.prefilled = 0, False
        self.restarts += 1


Members = list[tuple[Request, int]]


@dataclass(frozen=True, slots=True)
class Tables:
    """Step times by table, and the order in which they are added.

    Args:
        arrays: as in the npz files; with operators where they are given, else with their sum.
        layers: of the whole model.
        several_factor: of attention when more than one request is in its phase; 1 without grouped queries.
    """

    arrays: dict[str, list[Any]]
    layers: int
    several_factor: float = 1.1

    def block_ms(self, members: Members) -> float:
        """One layer; additions in Vidur's order."""
        tokens = sum(count for _, count in members)
        padded = (tokens + 7) // 8 * 8
        decode, prefill = self._decode_ms(members), self._prefill_ms(members)
        if "add_ms_by_tokens" not in self.arrays:
            linear = self._at("linear_ms_per_layer_by_tokens", padded)
            return linear + self._at("kv_save_ms_by_tokens", tokens) + decode + prefill
        pre, post, rope, norm, up, down, act, post_norm, add = (
            self._at(f"{name}_ms_by_tokens", padded) for name in OPERATORS if name != "attn_kv_cache_save"
        )
        save = self._at("attn_kv_cache_save_ms_by_tokens", tokens)
        attention = pre + post + rope + save + decode + prefill + norm
        mlp = up + down + act + post_norm
        return (attention + mlp) + add

    def transfer_ms(self, members: Members) -> float:
        """From one pipeline stage to the next."""
        padded = (sum(count for _, count in members) + 7) // 8 * 8
        return self._at("send_recv_ms_by_tokens", padded) if "send_recv_ms_by_tokens" in self.arrays else 0.0

    def _decode_ms(self, members: Members) -> float:
        contexts = [request.processed for request, _ in members if request.prefilled]
        if not contexts:
            return 0.0
        row = (int(sum(contexts) / len(contexts)) + CONTEXT_STEP - 1) // CONTEXT_STEP
        return self._attention("decode_ms_by_batch_kv64", len(contexts), row, context=row, count=len(contexts))

    def _prefill_ms(self, members: Members) -> float:
        chunks = [(request.processed, count) for request, count in members if not request.prefilled]
        if not chunks:
            return 0.0
        row = sum((context + CONTEXT_STEP - 1) // CONTEXT_STEP for context, _ in chunks)
        column = round(math.sqrt(sum(count * count for _, count in chunks)))
        return self._attention("prefill_ms_by_kv64_chunk", row, column, context=row, count=len(chunks))

    def _attention(self, name: str, row: int, column: int, *, context: int, count: int) -> float:
        rows, columns = len(self.arrays[name]), len(self.arrays[name][0])
        last_context = (columns if name.startswith("decode") else rows) - 2  # behind it is a guard
        if row >= rows or column >= columns or context > last_context:
            raise OutsideTables(f"{name}[{row}, {column}] is asked, the table ends at context row {last_context}")
        return self.arrays[name][row][column] * (self.several_factor if count > 1 else 1.0)

    def _at(self, name: str, tokens: int) -> float:
        if tokens >= len(self.arrays[name]):
            raise OutsideTables(f"{name}[{tokens}] is asked, the table ends at {len(self.arrays[name]) - 1}")
        return self.arrays[name][tokens]


def load_tables(*paths: Path, layers: int = 32) -> Tables:
    """Tables from the npz with attention and, for the exact order of additions, the npz of single operators."""
    arrays = {}
    for path in paths:
        with np.load(path) as kept:
            arrays |= {name: kept[name].tolist() for name in kept.files}
    return Tables(arrays, layers)


def toy_arrays(*, tokens: int = 512, batch: int = 16, context: int = 1024) -> dict[str, np.ndarray]:
    """Tables under the npz files' names, summed and by operator, for hand-worked times.

    The k-th of the nine linear operators takes 0.1 k + 0.01 R ms, saving keys and values 0.001 T, decode attention
    0.2 b + 0.03 K / 64, prefill attention 0.05 kv / 64 + 0.02 chunk.
    """
    sizes, rows = np.arange(tokens + 1.0), np.minimum(np.arange(context // CONTEXT_STEP + 2), context // CONTEXT_STEP)
    linear = [name for name in OPERATORS if name != "attn_kv_cache_save"]
    arrays = {f"{name}_ms_by_tokens": 0.1 * k + 0.01 * sizes for k, name in enumerate(linear, 1)}
    arrays["linear_ms_per_layer_by_tokens"] = sum(arrays.values(), np.zeros(tokens + 1))
    arrays["attn_kv_cache_save_ms_by_tokens"] = arrays["kv_save_ms_by_tokens"] = 0.001 * sizes
    arrays["decode_ms_by_batch_kv64"] = 0.2 * np.arange(batch + 1)[:, None] + 0.03 * rows
    arrays["prefill_ms_by_kv64_chunk"] = 0.05 * rows[:, None] + 0.02 * sizes
    return arrays


def toy_tables(*, per_operator: bool = True, layers: int = 2) -> Tables:
    """The toy arrays, read by operator or summed."""
    names = [f"{name}_ms_by_tokens" for name in OPERATORS]
    arrays = {name: array.tolist() for name, array in toy_arrays().items() if per_operator or name not in names}
    return Tables(arrays, layers)


@dataclass(frozen=True, slots=True)
class Settings:
    """Of every replica. `batch_cap` is for all pipeline stages together."""

    scheduler: str
    chunk: int = 512
    max_batch_tokens: int = 4096
    blocks: int = 30208
    block_size: int = 16
    batch_cap: int = 128
    stages: int = 1

    @property
    def member_cap(self) -> int:
        """Requests in one batch."""
        return self.batch_cap // self.stages


class BlockPool:
    """Memory of a replica: who holds how many blocks."""

    def __init__(self, blocks: int, block_size: int) -> None:
        self.free, self.block_size = blocks, block_size
        self.watermark = int(0.01 * blocks)
        self.held: dict[Request, int] = {}

    def admits(self, request: Request) -> bool:
        """Whether the whole prompt fits and leaves the watermark free."""
        return self.free - self._prompt_blocks(request) >= self.watermark

    def admit(self, request: Request) -> None:
        """Take the whole prompt's blocks."""
        self.held[request] = self._prompt_blocks(request)
        self.free -= self.held[request]

    def grow(self, request: Request) -> None:
        """Take one block where the tokens no longer fit; the caller has seen that one is free."""
        if request.processed > self.block_size * self.held[request]:
            self.held[request] += 1
            self.free -= 1

    def release(self, request: Request) -> None:
        """Give back all."""
        self.free += self.held.pop(request)

    def _prompt_blocks(self, request: Request) -> int:
        return -(-request.prompt // self.block_size)


class Replica:
    """Queues and memory of one replica; `build` makes its next batch."""

    def __init__(self, index: int, settings: Settings) -> None:
        self.index, self.settings = index, settings
        self.pool = BlockPool(settings.blocks, settings.block_size)
        self.waiting: deque[Request] = deque()
        self.running: list[Request] = []  # unfinished, and in no batch in flight
        self.in_flight = 0
        self.stages: list[deque[Batch]] = [deque() for _ in range(settings.stages)]
        self.busy = [False] * settings.stages

    def build(self) -> Members:
        """The next batch; empty if nothing can run."""
        return {"vllm": self._build_vllm, "sarathi": self._build_sarathi}[self.settings.scheduler]()

    def _build_vllm(self) -> Members:
        members: Members = []
        longest = 0
        while self._may_admit(members):
            longest = max(longest, self.waiting[0].prompt)
            if (len(members) + 1) * longest > self.settings.max_batch_tokens:
                break
            request = self._admit()
            members.append((request, request.prompt))
        if members:
            return members
        self.running.sort(key=lambda request: request.arrival_s)
        while self.running and len(members) < self.settings.member_cap:
            request = self.running.pop(0)
            if self._make_room(request):
                members.append((request, 1))
        return members

    def _build_sarathi(self) -> Members:
        members: Members = []
        prefills, skipped = [], []
        while self.running and len(members) < self.settings.member_cap:
            request = self.running.pop(0)
            if not request.prefilled:
                prefills.append(request)
            elif self._make_room(request):
                members.append((request, 1))
        for request in prefills:
            tokens = self._chunk(request, members)
            if tokens:
                members.append((request, tokens))
            else:
                skipped.append(request)
        self.running = sorted(skipped + self.running, key=lambda request: request.arrival_s)
        while self._may_admit(members):
            tokens = self._chunk(self.waiting[0], members)
            if not tokens:
                break
            members.append((self._admit(), tokens))
        return members

    def _chunk(self, request: Request, members: Members) -> int:
        left = self.settings.chunk - sum(count for _, count in members)
        return max(0, min(request.prompt - request.processed, left))

    def _may_admit(self, members: Members) -> bool:
        return (
            bool(self.waiting)
            and len(self.pool.held) != self.settings.batch_cap
            and len(members) != self.settings.member_cap
            and self.pool.admits(self.waiting[0])
        )

    def _admit(self) -> Request:
        request = self.waiting.popleft()
        self.pool.admit(request)
        return request

    def _make_room(self, request: Request) -> bool:
        """A block is free for a decode, though it may not need it; False if the request itself had to go."""
        while self.pool.free < 1:
            victim = self.running.pop() if self.running else request
            victim.restart()
            self.pool.release(victim)
            self.waiting.appendleft(victim)
            if victim is request:
                return False
        self.pool.grow(request)
        return True


@dataclass(slots=True, eq=False)
class Batch:
    """Requests with their tokens on the way through a replica's pipeline; times are known when it starts."""

    replica: Replica
    members: Members
    block_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Formed:
    """A batch when it was formed: (index of request, tokens) in batch order."""

    time_s: float
    replica: int
    members: list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Result:
    """What happened; `requests` in the order in which they were given, `batches` if they were to be kept."""

    requests: list[Request]
    iterations: int
    restarts: int
    end_s: float
    batches: list[Formed]


@dataclass(slots=True)
class Simulation:
    """The chain of events; of equal times the event created first runs first."""

    tables: Tables
    replicas: list[Replica]
    dispatch: str
    keep_batches: bool = False
    now_s: float = 0.0
    iterations: int = 0
    created: int = 0
    dispatched: int = 0
    arrived: list[Request] = field(default_factory=list)
    batches: list[Formed] = field(default_factory=list)
    events: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = field(default_factory=list)

    def at(self, time_s: float, handle: Callable[..., None], *about: Any) -> None:
        """Create an event."""
        heapq.heappush(self.events, (time_s, self.created, handle, about))
        self.created += 1

    def run(self) -> None:
        """Until no event is left."""
        while self.events:
            self.now_s, _, handle, about = heapq.heappop(self.events)
            handle(*about)

    def arrival(self, request: Request) -> None:
        self.arrived.append(request)
        self.at(self.now_s, self.global_schedule)

    def global_schedule(self) -> None:
        self.arrived.sort(key=lambda request: request.arrival_s)
        chosen = set()
        for request in self.arrived:
            replica = self._choose()
            replica.waiting.append(request)
            chosen.add(replica.index)
        self.arrived = []
        for index in sorted(chosen):
            self.at(self.now_s, self.replica_schedule, self.replicas[index])

    def _choose(self) -> Replica:
        self.dispatched += 1
        if self.dispatch == "round_robin":
            return self.replicas[(self.dispatched - 1) % len(self.replicas)]
        assert self.dispatch == "least_outstanding", self.dispatch
        return min(self.replicas, key=lambda replica: len(replica.waiting))  # the first of equals

    def replica_schedule(self, replica: Replica) -> None:
        while replica.in_flight < replica.settings.stages:
            members = replica.build()
            if not members:
                break
            replica.in_flight += 1
            for request, _ in members:
                if request.scheduled_s is None:
                    request.scheduled_s = self.now_s
            if self.keep_batches:
                told = [(request.index, tokens) for request, tokens in members]
                self.batches.append(Formed(self.now_s, replica.index, told))
            self.at(self.now_s, self.stage_arrival, Batch(replica, members), 0)

    def stage_arrival(self, batch: Batch, stage: int) -> None:
        batch.replica.stages[stage].append(batch)
        self.at(self.now_s, self.stage_schedule, batch.replica, stage)

    def stage_schedule(self, replica: Replica, stage: int) -> None:
        if replica.busy[stage] or not replica.stages[stage]:
            return
        replica.busy[stage] = True
        batch = replica.stages[stage].popleft()
        if batch.block_ms is None:
            batch.block_ms = self.tables.block_ms(batch.members)
        stages = replica.settings.stages
        transfer_ms = 0.0 if stage == stages - 1 else self.tables.transfer_ms(batch.members)
        step_s = (batch.block_ms * (self.tables.layers // stages) + transfer_ms) * 1e-3
        self.at(self.now_s + step_s, self.stage_end, batch, stage)

    def stage_end(self, batch: Batch, stage: int) -> None:
        batch.replica.busy[stage] = False
        self.at(self.now_s, self.stage_schedule, batch.replica, stage)
        if stage == batch.replica.settings.stages - 1:
            self.at(self.now_s, self.batch_end, batch)
        else:
            self.at(self.now_s, self.stage_arrival, batch, stage + 1)

    def batch_end(self, batch: Batch) -> None:
        replica = batch.replica
        self.iterations += 1
        replica.in_flight -= 1
        for request, tokens in batch.members:
            request.advance(tokens, self.now_s)
            if request.completed_s is None:
                replica.running.append(request)
            else:
                replica.pool.release(request)
        self.at(self.now_s, self.replica_schedule, replica)


def simulate(
    requests: Iterable[tuple[float, int, int]],
    tables: Tables,
    *,
    scheduler: str,
    chunk: int = 512,
    max_batch_tokens: int = 4096,
    blocks: int = 30208,
    block_size: int = 16,
    batch_cap: int = 128,
    replicas: int = 1,
    dispatch: str = "round_robin",
    pipeline_stages: int = 1,
    keep_batches: bool = False,
) -> Result:
    """Serve (arrival_s, prompt, output) of each request to the end.

    Args:
        scheduler: "vllm" or "sarathi"; `max_batch_tokens` is for the first, `chunk` for the second.
        dispatch: "round_robin" or "least_outstanding".
    Raises: Unfinished if requests wait forever; OutsideTables.
    """
    assert tables.layers % pipeline_stages == 0
    settings = Settings(scheduler, chunk, max_batch_tokens, blocks, block_size, batch_cap, pipeline_stages)
    simulation = Simulation(tables, [Replica(i, settings) for i in range(replicas)], dispatch, keep_batches)
    served = [Request(index, *request) for index, request in enumerate(requests)]
    for request in served:
        simulation.at(request.arrival_s, simulation.arrival, request)
    simulation.run()
    left = [request.index for request in served if request.completed_s is None]
    if left:
        raise Unfinished(left)
    restarts = sum(request.restarts for request in served)
    return Result(served, simulation.iterations, restarts, simulation.now_s, simulation.batches)
