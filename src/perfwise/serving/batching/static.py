"""Static batching: a batch is served to its end before the next one starts."""

from dataclasses import dataclass

import numpy as np

from perfwise.kit.compiled import compilable
from perfwise.serving.contracts import BUILD, Calls, Indices, Row, RowArray, Shape, State
from perfwise.serving.mechanism import (
    NO_BUDGET,
    append,
    start_head,
    step_decodes,
    step_prompts,
    tokens_to_process,
)

__all__ = ["Static"]


@compilable(BUILD)
def build(
    now_s: float, requests: RowArray, replica: Row, running: Indices, batch: Indices, calls: Calls, state: State
) -> None:
    """The batch that runs, as far as it is unfinished; when nobody of it is left, the queue's head as a new one."""
    begun = step_decodes(now_s, requests, replica, running, batch, replica.max_members, calls)
    step_prompts(requests, replica, running, batch, begun, replica.max_members, NO_BUDGET)
    if replica.members > 0:
        return
    while replica.members < replica.max_members:
        request = start_head(now_s, requests, replica, calls)
        if request < 0:
            break
        append(replica, batch, request, tokens_to_process(requests[request]))


@dataclass(frozen=True, slots=True)
class Static:
    """Request-level scheduling: a batch is filled from the queue, prefilled at once and decoded until all have ended.

    Nobody joins in between, so late requests wait for the longest output. With pipeline stages each holds a batch of
    its own. A batch has as many requests as the replica allows and memory has room for; no budget of tokens limits it.

    Source: NVIDIA FasterTransformer as described by Yu et al., Orca, OSDI 2022, section 3.1, and simulated by Vidur.
    Differs: a request that ends gives its answer and its memory back at once, and its place costs no time any more;
        FasterTransformer pads the batch to its end.
    """

    build = staticmethod(build)

    def state(self, shape: Shape) -> State:
        """Nothing to remember."""
        return np.zeros(1)
