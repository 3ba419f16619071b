"""Small runs for tests: a timer of three numbers, traces with turns and prefixes, and what the steps were."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from perfwise.kit.compiled import compilable
from perfwise.serving.contracts import TIME
from perfwise.serving.simulator import Cluster, Policies, Recording, Simulation, simulate
from perfwise.serving.trace import Trace

__all__ = ["Linear", "busy_trace", "prefixed", "serve", "served", "steps", "times", "trace_of"]

TIMES = ("scheduled_s", "first_token_s", "last_token_s", "completed_s", "worst_gap_s")


@compilable(TIME)
def _time(step: Any, state: Any) -> None:
    step.stage_s = state[0] + state[1] * step.tokens + state[2] * (step.prefill_pairs + step.decode_context)
    step.last_stage_s = step.stage_s
    step.flops = 0.0
    step.extrapolated = 0


@dataclass(frozen=True)
class Linear:
    """base_s + token_s * tokens + pair_s * query-key pairs, in each stage; powers of two, so that sums are exact."""

    base_s: float = 2.0**-6
    token_s: float = 2.0**-10
    pair_s: float = 0.0
    time = staticmethod(_time)
    devices = 1
    source = "three numbers"
    band = None

    @property
    def identity(self) -> str:
        return repr(self)

    def state(self):
        return np.array([self.base_s, self.token_s, self.pair_s])


def trace_of(*requests: tuple[float, int, int]) -> Trace:
    """Independent requests: (arrival_s, prompt, output)."""
    arrival_s, prompt, output = zip(*requests, strict=True)
    return Trace("small", np.array(arrival_s, float), np.array(prompt), np.array(output))


def prefixed(
    requests: Sequence[tuple[float, int, int]], parts: Iterable[Sequence[Any]], *, prefix_tokens: int, **columns: Any
) -> Trace:
    """Requests whose prompts begin with the parts given; equal beginnings get equal hashes."""
    numbers: dict[tuple[Any, ...], int] = {}
    chains = [[numbers.setdefault(tuple(own[: end + 1]), len(numbers)) for end in range(len(own))] for own in parts]
    counts = np.array([len(chain) for chain in chains])
    arrival_s, prompt, output = zip(*requests, strict=True)
    return Trace(
        "prefixed",
        np.array(arrival_s, float),
        np.array(prompt),
        np.array(output),
        prefixes=np.array([number for chain in chains for number in chain]),
        prefix_start=np.cumsum(counts) - counts,
        prefix_count=counts,
        prefix_tokens=prefix_tokens,
        **columns,
    )


def busy_trace(seed: int, count: int = 60, *, rate_per_s: float = 40.0, longest: int = 60) -> Trace:
    """Conversations of one to three turns that grow, some behind a common beginning, and single requests."""
    draw = np.random.default_rng(seed)
    per_hash, requests, parts, next_turn, pause_s, conversation = 8, [], [], [], [], []
    now_s, row = 0.0, 0
    while row < count:
        now_s += float(draw.exponential(1 / rate_per_s))
        turns = min(int(draw.integers(1, 4)), count - row)
        common = ["system"] * int(draw.integers(0, 3))
        prompt = per_hash * len(common)
        for turn in range(turns):
            prompt += int(draw.integers(1, longest // 3))
            output = int(draw.integers(1, longest // 2))
            ends = range(per_hash * (len(common) + 1), prompt + per_hash, per_hash)  # the last part may be short
            parts.append([*common, *((row - turn, min(end, prompt)) for end in ends)])
            requests.append((now_s if turn == 0 else np.nan, prompt, output))
            next_turn.append(row + 1 if turn + 1 < turns else -1)
            pause_s.append(0.0 if turn == 0 else float(draw.exponential(0.05)))
            conversation.append(row - turn)
            row += 1
            prompt += output if turn + 1 < turns else 0
    columns = {"next_turn": next_turn, "pause_s": pause_s, "conversation": conversation}
    arrays = {name: np.array(column) for name, column in columns.items()}
    return prefixed(requests, parts, prefix_tokens=per_hash, **arrays)


def served(trace: Trace, cluster: Cluster, timer: Any = Linear(), **options: Any) -> Simulation:
    """The run; options are those of `simulate`, or the policies' by name."""
    families = {name: options.pop(name) for name in list(options) if name in Policies.__dataclass_fields__}
    settings = {"recording": Recording(samples=64, slices=4096), **options}
    prefixes = {"prefixes": trace.prefixes, "prefix_tokens": trace.prefix_tokens}
    return simulate(trace.rows(), timer, cluster, Policies(**families), **prefixes, **settings)


def serve(*requests: tuple[float, int, int], blocks: int = 1000, **options: Any) -> Simulation:
    """Independent requests on one replica, unless the options say otherwise; plain, so that steps can be debugged."""
    shape = {name: options.pop(name) for name in list(options) if name in Cluster.__dataclass_fields__}
    return served(trace_of(*requests), Cluster(blocks, **shape), **{"plain": True, **options})


def steps(simulation: Simulation) -> list[tuple[int, int, int]]:
    """(members, tokens, prefill tokens) of every step."""
    return [(int(row[3]), int(row[4]), int(row[5])) for row in simulation.slices]


def times(simulation: Simulation) -> list[bytes]:
    """All times of all requests, to the last bit."""
    return [simulation.requests[name].tobytes() for name in TIMES]
