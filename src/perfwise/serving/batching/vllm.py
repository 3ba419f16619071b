"""vLLM's first scheduler: prompts before decodes, each prompt whole."""

from dataclasses import dataclass

import numpy as np

from perfwise.errors import InvalidOption
from perfwise.kit.compiled import compilable
from perfwise.serving.contracts import BUILD, Calls, Indices, Row, RowArray, Shape, State
from perfwise.serving.mechanism import append, sort_by_arrival, start_head, step_decodes, tokens_to_start

__all__ = ["Vllm"]


@compilable(BUILD)
def build(
    now_s: float, requests: RowArray, replica: Row, running: Indices, batch: Indices, calls: Calls, state: State
) -> None:
    """Whole prompts of the queue's head, padded to the longest; if there are none, one token for all that run."""
    longest = 0
    while replica.waiting > 0 and replica.members < replica.max_members:
        tokens = tokens_to_start(requests, replica.first_waiting, replica, calls)
        longest = max(longest, tokens)
        if (replica.members + 1) * longest > state[0]:
            break
        request = start_head(now_s, requests, replica, calls)
        if request < 0:
            break
        append(replica, batch, request, tokens)
    if replica.members == 0:
        sort_by_arrival(requests, running, replica.running)
        step_decodes(now_s, requests, replica, running, batch, replica.max_members, calls)


@dataclass(frozen=True, slots=True)
class Vllm:
    """Prefill first: admit whole prompts while they fit, else decode.

    A prefill step has at most `max_batch_tokens` tokens, counted as members times the longest prompt; no decode runs
    beside it. Decodes run in the order of arrival; a request of the tail gives its memory to one that needs it.

    Args:
        max_batch_tokens: of a prefill step, padded.
    Raises: InvalidOption for a number below 1.

    Source: Kwon et al., Efficient Memory Management for Large Language Model Serving with PagedAttention, SOSP 2023,
        arXiv:2309.06180, as simulated by Vidur, commit 7d47513.
    """

    max_batch_tokens: int = 4096
    build = staticmethod(build)

    def __post_init__(self) -> None:
        if self.max_batch_tokens < 1:
            raise InvalidOption(f"max_batch_tokens must be at least 1, not {self.max_batch_tokens}")

    def state(self, shape: Shape) -> State:
        """(1,): max_batch_tokens."""
        return np.array([self.max_batch_tokens], dtype=np.float64)
