"""In-flight batching: whole prompts beside the decodes, up to a budget of tokens a step."""

from dataclasses import dataclass

import numpy as np

from perfwise.errors import InvalidOption
from perfwise.kit.compiled import compilable
from perfwise.serving.contracts import BUILD, Calls, Indices, Row, RowArray, Shape, State
from perfwise.serving.mechanism import (
    NO_BUDGET,
    append,
    sort_by_arrival,
    start_head,
    step_decodes,
    step_prompts,
    tokens_to_start,
)

__all__ = ["Inflight"]


@compilable(BUILD)
def build(
    now_s: float, requests: RowArray, replica: Row, running: Indices, batch: Indices, calls: Calls, state: State
) -> None:
    """One token for all that run, then whole prompts of the queue's head while they fit into the budget."""
    begun = step_decodes(now_s, requests, replica, running, batch, replica.max_members, calls)
    step_prompts(requests, replica, running, batch, begun, replica.max_members, NO_BUDGET)
    sort_by_arrival(requests, running, replica.running)
    left = int(state[0]) - replica.members
    known_s = state[2] if state[1] > 0.0 and replica.members > 0 else now_s
    state[2] = now_s
    while replica.waiting > 0 and replica.members < replica.max_members:
        tokens = tokens_to_start(requests, replica.first_waiting, replica, calls)
        if tokens > left or requests[replica.first_waiting].arrival_s > known_s:
            break
        request = start_head(now_s, requests, replica, calls)
        if request < 0:
            break
        append(replica, batch, request, tokens)
        left -= tokens


@dataclass(frozen=True, slots=True)
class Inflight:
    """Decodes and whole prompts in one step, as far as a budget of tokens allows.

    Args:
        max_batch_tokens: of a step, decodes included; TensorRT-LLM's default. A longer prompt is never served.
        overlapped: plan a step while the one before it runs, so that it knows only the requests that had come before
            that one began; an idle replica begins at once.
    Raises: InvalidOption for a number below 1.

    Source: NVIDIA TensorRT-LLM, in-flight batching with max_num_tokens, without chunked context and with or without the
        overlap scheduler, nvidia.github.io/TensorRT-LLM.
    """

    max_batch_tokens: int = 8192
    overlapped: bool = False
    build = staticmethod(build)

    def __post_init__(self) -> None:
        if self.max_batch_tokens < 1:
            raise InvalidOption(f"max_batch_tokens must be at least 1, not {self.max_batch_tokens}")

    def state(self, shape: Shape) -> State:
        """(3,): max_batch_tokens, whether overlapped, when the step before began."""
        return np.array([self.max_batch_tokens, self.overlapped, 0.0], dtype=np.float64)
