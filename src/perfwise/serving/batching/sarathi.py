"""Sarathi-Serve: decodes never wait for a prompt; prompts are processed in chunks beside them."""

from dataclasses import dataclass

import numpy as np

from perfwise.errors import InvalidOption
from perfwise.kit.compiled import compilable
from perfwise.serving.contracts import BUILD, Calls, Indices, Row, RowArray, Shape, State
from perfwise.serving.mechanism import (
    append,
    sort_by_arrival,
    start_head,
    step_decodes,
    step_prompts,
    tokens_to_process,
)

__all__ = ["Sarathi"]


@compilable(BUILD)
def build(
    now_s: float, requests: RowArray, replica: Row, running: Indices, batch: Indices, calls: Calls, state: State
) -> None:
    """One token for all that run, then chunks of prompts up to the budget: begun ones first, then the queue's."""
    budget = int(state[0])
    begun = step_decodes(now_s, requests, replica, running, batch, replica.max_members, calls)
    left = step_prompts(requests, replica, running, batch, begun, replica.max_holders, budget - replica.members)
    sort_by_arrival(requests, running, replica.running)
    while left > 0 and replica.members < replica.max_members:
        request = start_head(now_s, requests, replica, calls)
        if request < 0:
            break
        tokens = min(tokens_to_process(requests[request]), left)
        append(replica, batch, request, tokens)
        left -= tokens


@dataclass(frozen=True, slots=True)
class Sarathi:
    """Chunked prefill without stalls: decodes first, then prompt chunks up to a budget of tokens a step.

    Args:
        chunk_tokens: the most tokens of a step, decodes included.
    Raises: InvalidOption for a number below 1.

    Source: Agrawal et al., Taming Throughput-Latency Tradeoff in LLM Inference with Sarathi-Serve, OSDI 2024,
        arXiv:2403.02310, as simulated by Vidur, commit 7d47513.
    """

    chunk_tokens: int = 512
    build = staticmethod(build)

    def __post_init__(self) -> None:
        if self.chunk_tokens < 1:
            raise InvalidOption(f"chunk_tokens must be at least 1, not {self.chunk_tokens}")

    def state(self, shape: Shape) -> State:
        """(1,): chunk_tokens."""
        return np.array([self.chunk_tokens], dtype=np.float64)
