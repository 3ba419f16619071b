"""A benchmark of clients that each wait for their answer, served in simulation: what comes before the first tokens."""

import math
from dataclasses import dataclass, replace

import numpy as np

from perfwise.serving.contracts import Batching, Timer
from perfwise.serving.simulator import Cluster, Policies, Recording, simulate
from perfwise.serving.trace import Trace

__all__ = ["ClosedLoop", "FirstTokens", "first_tokens"]

_FEWEST_WAVES, _MOST_WAVES = 3, 10  # requests of a client
_ENOUGH = 200  # requests whose mean is steady where their lengths are drawn
_MOST_CLIENTS = 16_384  # simulated; the first tokens of more take longer in proportion
_MOST_TOKENS = 60_000_000  # made by all; longer answers change nothing before their first token
_FEWEST_TOKENS = 16  # of an answer
_BLOCK_TOKENS = 16
_NOTHING = Recording(samples=1)


@dataclass(frozen=True, slots=True)
class ClosedLoop:
    """Clients that begin at once and send their next request as soon as they have their answer.

    Args:
        clients: how many, at least 1.
        prompt, output: the most tokens of a request.
        shortest: lengths are drawn evenly from this share of the most to the most; 1: all are alike.
        turnaround_s: from the last token of an answer until the next request stands in the engine's queue.
    """

    clients: int
    prompt: int
    output: int
    shortest: float = 1.0
    turnaround_s: float = 0.005


@dataclass(frozen=True, slots=True)
class FirstTokens:
    """Mean times to the first token, seconds.

    Args:
        first_s: of the first request of every client, which all come at once.
        later_s: of the others. Where requests are alike they keep the order of the first wave, one behind the other.
    """

    first_s: float
    later_s: float


def first_tokens(loop: ClosedLoop, timer: Timer, batching: Batching, stages: int = 1) -> FirstTokens:
    """Serve the loop on one replica with memory for all; the same loop gives the same times."""
    clients = min(loop.clients, _MOST_CLIENTS)
    waves = min(max(math.ceil(_ENOUGH / clients), _FEWEST_WAVES), _MOST_WAVES)
    output = min(loop.output, max(_FEWEST_TOKENS, _MOST_TOKENS // (clients * waves)))
    trace = _trace(replace(loop, clients=clients, output=output), waves)
    blocks = 2 * clients * (-(-(loop.prompt + output) // _BLOCK_TOKENS) + 1)
    cluster = Cluster(blocks, block_tokens=_BLOCK_TOKENS, max_requests=clients * stages, stages=stages)
    run = simulate(trace.rows(), timer, cluster, Policies(batching), recording=_NOTHING)
    waited_s = (run.requests.first_token_s - run.requests.arrival_s) * (loop.clients / clients)
    return FirstTokens(float(waited_s[:clients].mean()), float(waited_s[clients:].mean()))


def _trace(loop: ClosedLoop, waves: int) -> Trace:
    """Wave by wave: the request of a client in the next wave stands `clients` rows further down."""
    count = loop.clients * waves
    follows = np.arange(count) + loop.clients
    first = np.arange(count) < loop.clients
    draw = np.random.default_rng(0)
    lengths = (draw.integers(math.ceil(loop.shortest * most), most, count, endpoint=True) for most in _most(loop))
    prompt, output = (np.maximum(each, 1) for each in lengths)
    return Trace(
        "closed loop",
        np.where(first, 0.0, np.nan),
        prompt,
        output,
        next_turn=np.where(follows < count, follows, -1),
        pause_s=np.where(first, 0.0, loop.turnaround_s),
    )


def _most(loop: ClosedLoop) -> tuple[int, int]:
    return loop.prompt, loop.output
