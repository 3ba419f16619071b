"""Orca: the batch is chosen anew for each step, and prompts join whole."""

from dataclasses import dataclass

import numpy as np

from perfwise.kit.compiled import compilable
from perfwise.serving.contracts import BUILD, Calls, Indices, Row, RowArray, Shape, State
from perfwise.serving.mechanism import (
    NO_BUDGET,
    append,
    sort_by_arrival,
    start_head,
    step_decodes,
    step_prompts,
    tokens_to_process,
)

__all__ = ["Orca"]


@compilable(BUILD)
def build(
    now_s: float, requests: RowArray, replica: Row, running: Indices, batch: Indices, calls: Calls, state: State
) -> None:
    """All that run, in order of arrival, then whole prompts from the queue beside them."""
    sort_by_arrival(requests, running, replica.running)
    begun = step_decodes(now_s, requests, replica, running, batch, replica.max_members, calls)
    step_prompts(requests, replica, running, batch, begun, replica.max_members, NO_BUDGET)
    while replica.members < replica.max_members:
        request = start_head(now_s, requests, replica, calls)
        if request < 0:
            break
        append(replica, batch, request, tokens_to_process(requests[request]))


@dataclass(frozen=True, slots=True)
class Orca:
    """Iteration-level scheduling: requests join and leave between any two steps, first come, first served.

    Prompts are processed whole, beside the decodes of others, which wait for them. The number of requests is the only
    limit of a batch. With `memory=Reserved("longest")` it is the system of the paper.

    Source: Yu et al., Orca: A Distributed Serving System for Transformer-Based Generative Models, OSDI 2022.
    Differs: attention of a mixed batch is timed by whatever the timer knows of mixed steps; selective batching is not
        modelled.
    """

    build = staticmethod(build)

    def state(self, shape: Shape) -> State:
        """Nothing to remember."""
        return np.zeros(1)
