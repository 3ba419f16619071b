"""What every method that decides in the serving engine promises, and what the engine does with those that break it."""

import pickle
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from perfwise.core.family import Family
from perfwise.errors import InvalidCandidate
from perfwise.kit.compiled import compilable, is_compilable
from perfwise.serving.batching.inflight import Inflight
from perfwise.serving.batching.sarathi import Sarathi
from perfwise.serving.batching.vllm import Vllm
from perfwise.serving.contracts import EVICT
from perfwise.serving.dispatch.least_loaded import LeastLoaded
from perfwise.serving.dispatch.power_of_two import PowerOfTwo
from perfwise.serving.mechanism import append, start_head, tokens_to_process
from perfwise.serving.memory.reserved import Reserved
from perfwise.serving.preemption.recompute import Recompute
from perfwise.serving.preemption.swap import Swap
from perfwise.serving.retention.lru_prefix import LruPrefix
from perfwise.serving.simulator import Cluster
from perfwise.serving.still import NoControl, NoMigration
from tests.serving.hook_rows import shape_of
from tests.serving.small_runs import Linear, busy_trace, served, times, trace_of

HOOKS = {
    "batching": ("build",),
    "memory": ("admit", "extend", "release"),
    "preemption": ("victim", "evict", "resume"),
    "retention": ("lookup", "pin", "publish", "unpin", "reclaim", "turn_end"),
    "dispatch": ("choose",),
}
FAMILIES = {name: Family(f"perfwise.serving.{name}") for name in HOOKS}
INFOS = [info for family in FAMILIES.values() for info in family.describe()]
# Methods under other parameters than their defaults, where these change what is decided.
VARIANTS = {
    "batching": [Inflight(200, overlapped=True), Sarathi(8), Vllm(200)],
    "memory": [Reserved("power"), Reserved("longest")],
    "dispatch": [LeastLoaded("waiting"), LeastLoaded("requests"), PowerOfTwo("requests")],
}
METHODS = [(family, FAMILIES[family].get(name)()) for family in HOOKS for name in FAMILIES[family].names()]
VARIED = [*METHODS, *((family, method) for family, methods in VARIANTS.items() for method in methods)]
# What decides elsewhere while one family's method is on trial: the choices with most to go wrong.
AROUND = {
    "batching": Sarathi(48),
    "preemption": Recompute(),
    "retention": LruPrefix(),
    "dispatch": LeastLoaded(),
}
ROUGH = Linear(0.013, 0.00021, 1.7e-7)  # sums that are rounded

BUSY = 48  # requests in each of the four comparisons of a method

each_method = pytest.mark.parametrize(
    ("family", "method"), METHODS, ids=lambda value: getattr(value, "__name__", value)
)
each_variant = pytest.mark.parametrize(("family", "method"), VARIED, ids=repr)


def everything(run) -> list[bytes]:
    arrays = (run.requests, run.replicas, run.samples, run.gaps, run.slices)
    return [array.tobytes() for array in arrays] + [str((run.end_s, run.iterations)).encode()]


def policies(family: str, method: object) -> dict[str, Any]:
    return {**AROUND, family: method}


def cramped(replicas: int = 1, stages: int = 1, **fields: int) -> Cluster:
    """Memory for a few requests at a time, so that they are evicted."""
    given = {"blocks": 20, "block_tokens": 4, "max_requests": 12, "kv_bytes_per_token": 4096.0, **fields}
    return Cluster(replicas=replicas, stages=stages, **given)


def all_served(run) -> bool:
    rows, replicas = run.requests, run.replicas
    assert np.isfinite(rows.completed_s).all()
    assert (rows.arrival_s <= rows.scheduled_s).all()
    assert (rows.scheduled_s < rows.first_token_s).all()
    assert (rows.first_token_s <= rows.completed_s).all()
    assert (rows.blocks == 0).all()
    assert (rows.processed == rows.prompt + rows.output).all()
    assert (replicas.free_blocks + replicas.kept_blocks == replicas.total_blocks).all()
    assert (replicas.least_free_blocks >= 0).all()
    return bool((replicas.waiting == replicas.waiting_blocks).all() and not (replicas.holders | replicas.running).any())


def test_the_named_methods_are_there():
    named = {
        "batching": {"inflight", "orca", "sarathi", "splitfuse", "static", "vllm"},
        "memory": {"paged", "reserved"},
        "preemption": {"recompute", "swap"},
        "retention": {"lru_prefix", "none"},
        "dispatch": {"least_loaded", "power_of_two", "round_robin"},
    }
    assert all(names <= set(FAMILIES[family].names()) for family, names in named.items())


@pytest.mark.parametrize("info", INFOS, ids=lambda info: f"{info.family}.{info.name}")
def test_docstring_summarises_and_cites(info):
    assert info.summary.endswith((".", ";", ":"))
    assert len(info.source) > 20


@each_variant
def test_hooks_and_state_are_what_the_loop_takes(family, method):
    assert all(is_compilable(getattr(method, name)) for name in HOOKS[family])
    shape = shape_of(busy_trace(0), replicas=3)
    state = method.state(shape)
    assert (state.dtype, state.ndim) == (np.float64, 1)
    assert np.isfinite(state).all()
    assert state.tobytes() == method.state(shape).tobytes()
    assert pickle.loads(pickle.dumps(method)) == method


def compared(family: str, method: object, replicas: int, stages: int) -> None:
    trace = busy_trace(10 * replicas + stages, BUSY, rate_per_s=200.0 * replicas, longest=24)
    runs = [
        served(trace, cramped(replicas, stages), ROUGH, plain=plain, seed=5, **policies(family, method))
        for plain in (True, False)
    ]
    assert everything(runs[0]) == everything(runs[1])
    assert all_served(runs[0])


@pytest.mark.parametrize(("replicas", "stages"), [(3, 1), (1, 2)])
@each_variant
def test_plain_and_compiled_take_the_same_decisions(family, method, replicas, stages):
    compared(family, method, replicas, stages)


@pytest.mark.parametrize(("replicas", "stages"), [(1, 1), (3, 2)])
@each_method
def test_plain_and_compiled_agree_on_one_replica_and_on_all(family, method, replicas, stages):
    compared(family, method, replicas, stages)


def test_the_trace_that_both_paths_serve_has_all_that_can_go_wrong():
    """Else the comparison above compares nothing."""
    run = served(busy_trace(11, BUSY, rate_per_s=200.0, longest=24), cramped(), ROUGH, **AROUND)
    assert run.restarts > 5
    assert run.requests.hit_tokens.sum() > 100
    assert (run.requests.next_turn >= 0).sum() > 10
    assert run.replicas.least_free_blocks[0] == 0


@each_variant
def test_a_seed_decides_everything(family, method):
    trace = busy_trace(4, 300, rate_per_s=900.0, longest=24)
    runs = [served(trace, cramped(3), ROUGH, seed=9, **policies(family, method)) for _ in range(2)]
    assert everything(runs[0]) == everything(runs[1])


@pytest.mark.parametrize("stages", [1, 2])
@pytest.mark.parametrize(
    ("requests", "fields"),
    [
        pytest.param([(0, 5, 3)], {}, id="one request"),
        pytest.param([(0.01 * place, 7, 1) for place in range(30)], {}, id="output of one"),
        pytest.param([(0, 9 + place, 1 + place) for place in range(30)], {}, id="all at once"),
        pytest.param([(0, 9, 9), (0, 17, 20), (0.1, 3, 4)], {"block_tokens": 1, "blocks": 60}, id="block of one"),
        pytest.param([(0, 30, 34), (0, 8, 9), (0.1, 33, 31)], {"blocks": 16}, id="just fits the longest"),
        pytest.param([(0, 30, 34), (0, 8, 9), (0, 1, 1)], {"max_requests": 2}, id="one at a time"),
    ],
)
@each_variant
def test_edge_cases_are_served(family, method, requests, fields, stages):
    fields = {**fields, "max_requests": stages} if fields.get("max_requests") == 2 else fields
    run = served(trace_of(*requests), cramped(2, stages, **fields), **policies(family, method))
    assert all_served(run)


# Methods that are plain Python only, as somebody might write them first


class AnyReplica:
    """Dispatch with no thought of compiling: to the replica whose number the request's has as a remainder."""

    def state(self, shape):
        return np.zeros(1)

    def choose(self, now_s, requests, request, replicas, state):
        return max(range(len(replicas)), key=lambda index: (index == request % len(replicas), index))


@dataclass(frozen=True)
class ToPrefill:
    """Dispatch of a disaggregated cluster: new requests go to the least loaded replica of role 0."""

    def state(self, shape):
        return np.zeros(1)

    def choose(self, now_s, requests, request, replicas, state):
        return min((row.waiting + row.holders, row.index) for row in replicas if row.role == 0)[1]


@dataclass(frozen=True)
class ToDecode:
    """Migration of a disaggregated cluster: a processed prompt goes to the emptiest replica of role 1."""

    transfer_s: float = 0.004

    def state(self, shape):
        return np.zeros(1)

    def hand_over(self, now_s, requests, request, replicas, state):
        if replicas[requests[request].replica].role == 1:
            return -1
        requests[request].transfer_s = self.transfer_s
        return min((row.waiting + row.holders, row.index) for row in replicas if row.role == 1)[1]

    def rebalance(self, now_s, requests, replicas, running, moves, state):
        return 0


@dataclass(frozen=True)
class Levelling:
    """Migration at ticks: the replica with most requests gives its last one to the one with fewest."""

    def state(self, shape):
        return np.zeros(1)

    def hand_over(self, now_s, requests, request, replicas, state):
        return -1

    def rebalance(self, now_s, requests, replicas, running, moves, state):
        fullest, emptiest = int(np.argmax(replicas.holders)), int(np.argmin(replicas.holders))
        if replicas.holders[fullest] < replicas.holders[emptiest] + 2:
            return 0
        request = running[fullest, replicas.holders[fullest] - 1]
        requests[request].transfer_s = 0.01
        moves[0] = request, emptiest
        return 1


@dataclass(frozen=True)
class SlowAtNight:
    """Control: every second tenth of a second all clocks run at half speed."""

    def state(self, shape):
        return np.zeros(1)

    def tick(self, now_s, requests, replicas, state):
        state[0] += 1
        replicas.speed[:] = 0.5 if int(now_s * 10) % 2 else 1.0


PLAIN_ONLY = {
    "dispatch": {"dispatch": AnyReplica()},
    "migration at ticks": {"migration": Levelling(), "tick_s": 0.005},
    "control": {"control": SlowAtNight(), "tick_s": 0.02},
    "all": {"dispatch": AnyReplica(), "migration": Levelling(), "control": SlowAtNight(), "tick_s": 0.005},
}


@pytest.mark.parametrize("stages", [1, 2])
@pytest.mark.parametrize("options", PLAIN_ONLY.values(), ids=PLAIN_ONLY)
def test_a_method_of_plain_python_runs_through_the_same_contract(options, stages):
    run = served(busy_trace(7, 40, rate_per_s=300.0, longest=24), cramped(3, stages), ROUGH, **{**AROUND, **options})
    assert all_served(run)
    if "migration" in options:
        assert run.replicas.moved.sum() > 0


@pytest.mark.parametrize("preemption", [Recompute(), Swap()])
@pytest.mark.parametrize("stages", [1, 2])
def test_prefill_and_decode_can_be_apart(preemption, stages):
    trace = busy_trace(7, 40, rate_per_s=300.0, longest=24)
    cluster = cramped(4, stages, roles=(0, 0, 1, 1))
    options = {**AROUND, "preemption": preemption, "dispatch": ToPrefill(), "migration": ToDecode()}
    run = served(trace, cluster, ROUGH, **options)
    assert all_served(run)
    longer = trace.output > 1
    # Who has more than one token to make ends at a decode replica, and came there once (a restart is served there).
    assert set(run.requests.replica[longer]) == {2, 3}
    assert run.replicas.moved.tolist()[:2] == [0, 0]
    assert run.replicas.moved[2:].sum() == longer.sum()


def test_handing_over_takes_the_transfer_and_no_token_is_computed_twice():
    cluster = Cluster(100, replicas=2, roles=(0, 1))
    run = served(trace_of((0, 8, 3)), cluster, dispatch=ToPrefill(), migration=ToDecode(0.25))
    prefill_s, decode_s = 2.0**-6 + 8 * 2.0**-10, 2.0**-6 + 2.0**-10
    assert run.requests.first_token_s[0] == prefill_s
    assert run.requests.completed_s[0] == prefill_s + 0.25 + 2 * decode_s
    assert run.replicas.tokens.tolist() == [8, 2]
    assert run.replicas.free_blocks.tolist() == [100, 100]


def test_a_family_of_plain_choices_changes_nothing():
    trace = busy_trace(7, 40, longest=24)
    run = served(trace, cramped(), ROUGH, **AROUND)
    still = served(trace, cramped(), ROUGH, **AROUND, migration=NoMigration(), control=NoControl(), tick_s=0.01)
    assert times(still) == times(run)


# Methods that break their contract


@dataclass(frozen=True)
class Never(Vllm):
    """Schedules nothing."""

    def build(self, now_s, requests, replica, running, batch, calls, state):
        replica.members = 0


@compilable(EVICT)
def _forget(now_s, requests, request, replica, state):
    requests[request].processed = 0
    requests[request].prefilled = 0


@dataclass(frozen=True)
class Forgetful(Recompute):
    """A victim's tokens are lost, so that it needs as much memory again, and has to go again."""

    evict = staticmethod(_forget)


@dataclass(frozen=True)
class Sends:
    """Dispatch to a replica that is not there."""

    target: int

    def state(self, shape):
        return np.zeros(1)

    def choose(self, now_s, requests, request, replicas, state):
        return self.target


@dataclass(frozen=True)
class Moves(NoMigration):
    """Hands over, or moves at a tick, where that cannot be."""

    over: int = -1
    move: tuple[int, int] | None = None

    def hand_over(self, now_s, requests, request, replicas, state):
        return self.over

    def rebalance(self, now_s, requests, replicas, running, moves, state):
        if self.move is None:
            return 0
        moves[0] = self.move
        return 1


@dataclass(frozen=True)
class Gives(Vllm):
    """Gives so many tokens more than there are."""

    more_in_prefill: int = 0
    more_in_decode: int = 0

    def build(self, now_s, requests, replica, running, batch, calls, state):
        if replica.running:
            append(replica, batch, running[0], 1 + self.more_in_decode)
            replica.running -= 1
        elif (request := start_head(now_s, requests, replica, calls)) >= 0:
            append(replica, batch, request, tokens_to_process(requests[request]) + self.more_in_prefill)


@dataclass(frozen=True)
class Says(Linear):
    """A timer that says this."""

    answer_s: float = 0.0
    last_answer_s: float = 1.0

    def time(self, step, state):
        step.stage_s, step.last_stage_s = self.answer_s, self.last_answer_s


BROKEN = {
    "stuck": [{"batching": Never()}],
    "bad-target": [
        {"dispatch": Sends(-1)},
        {"dispatch": Sends(2)},
        {"migration": Moves(over=2)},
        {"migration": Moves(move=(0, 7)), "tick_s": 0.001},
        {"migration": Moves(move=(2, 1)), "tick_s": 0.001},  # it waits
    ],
    "bad-batch": [
        {"batching": Gives(more_in_prefill=1)},
        {"batching": Gives(more_in_prefill=-8)},
        {"batching": Gives(more_in_decode=1)},
        {"batching": Gives(more_in_decode=-1)},
    ],
    "bad-time": [{"timer": Says(answer_s=answer_s)} for answer_s in (0.0, -1.0, float("nan"), float("inf"))]
    + [{"timer": Says(1.0, last_answer_s=float("nan"))}],
}


@pytest.mark.parametrize(
    ("status", "options"),
    [(status, options) for status, several in BROKEN.items() for options in several],
    ids=str,
)
def test_a_broken_contract_is_named_and_ends_the_run(status, options):
    trace, cluster = trace_of(*[(0, 8, 3)] * 3), Cluster(100, replicas=2, max_requests=1)
    with pytest.raises(InvalidCandidate, match=rf"\[{status}\]$") as raised:
        served(trace, cluster, **{"plain": True, **options})
    named = [type(each).__name__ for name, each in options.items() if name not in ("tick_s", "timer")]
    assert all(name in str(raised.value) for name in named)


def test_eviction_for_ever_is_found():
    with pytest.raises(InvalidCandidate, match=r"1 are left.*\[no-progress\]$"):
        served(trace_of((0, 4, 12)), Cluster(4, block_tokens=4), batching=Sarathi(), preemption=Forgetful())


def test_ticks_alone_do_not_keep_a_stuck_run_alive():
    with pytest.raises(InvalidCandidate, match=r"\[stuck\]$"):
        served(trace_of((0, 8, 3)), Cluster(100), batching=Never(), tick_s=1.0)
