"""Dynamic SplitFuse: every step has the same number of tokens, as far as there are any."""

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

__all__ = ["Splitfuse"]


@compilable(BUILD)
def build(
    now_s: float, requests: RowArray, replica: Row, running: Indices, batch: Indices, calls: Calls, state: State
) -> None:
    """One token for those that run, then parts of prompts until the budget is used up."""
    budget = int(state[0])
    limit = min(replica.max_members, int(state[1]))
    begun = step_decodes(now_s, requests, replica, running, batch, min(limit, budget), calls)
    left = step_prompts(requests, replica, running, batch, begun, limit, budget - replica.members)
    sort_by_arrival(requests, running, replica.running)
    while left > 0 and replica.members < limit:
        request = start_head(now_s, requests, replica, calls)
        if request < 0:
            break
        tokens = min(tokens_to_process(requests[request]), left)
        append(replica, batch, request, tokens)
        left -= tokens


@dataclass(frozen=True, slots=True)
class Splitfuse:
    """Dynamic SplitFuse: long prompts are split and short ones combined to fill a fixed budget of tokens exactly.

    Decodes come first and count. Where neither limit cuts decodes or begun prompts, it takes Sarathi's decisions.

    Args:
        budget_tokens: of every step, decodes included; DeepSpeed's default.
        max_sequences: the most requests in a step, beside the replica's own limit; DeepSpeed's default.
    Raises: InvalidOption for a limit below 1.

    Source: Holmes et al., DeepSpeed-FastGen: High-throughput Text Generation for LLMs via MII and DeepSpeed-Inference,
        2024, arXiv:2401.08671.
    Differs: a prompt takes the memory of all its tokens when its first part is admitted.
    """

    budget_tokens: int = 768
    max_sequences: int = 512
    build = staticmethod(build)

    def __post_init__(self) -> None:
        for name in ("budget_tokens", "max_sequences"):
            if getattr(self, name) < 1:
                raise InvalidOption(f"{name} must be at least 1, not {getattr(self, name)}")

    def state(self, shape: Shape) -> State:
        """(2,): budget_tokens, max_sequences."""
        return np.array([self.budget_tokens, self.max_sequences], dtype=np.float64)
