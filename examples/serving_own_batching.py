"""A batching method of your own: all decodes, and at most one new prompt a step, so that no step gets very long."""

from dataclasses import dataclass

import numpy as np

from perfwise.catalog.devices import Device
from perfwise.catalog.models import Model
from perfwise.kit.compiled import compilable
from perfwise.serving.arrivals.poisson import Poisson
from perfwise.serving.batching.orca import Orca
from perfwise.serving.contracts import BUILD, Calls, Indices, Row, RowArray, Shape, State
from perfwise.serving.engine import Deployment, ServingEngine, ServingTask
from perfwise.serving.lengths.uniform import Uniform
from perfwise.serving.mechanism import NO_BUDGET, append, start_head, step_decodes, step_prompts, tokens_to_process
from perfwise.serving.simulator import Cluster, Policies
from perfwise.serving.timers.roofline import Roofline
from perfwise.serving.workload import generated


@compilable(BUILD)
def build(
    now_s: float, requests: RowArray, replica: Row, running: Indices, batch: Indices, calls: Calls, state: State
) -> None:
    """The functions of `mechanism` keep the books; a method says only what is in the batch, and in which order."""
    begun = step_decodes(now_s, requests, replica, running, batch, replica.max_members, calls)
    step_prompts(requests, replica, running, batch, begun, replica.max_members, NO_BUDGET)
    prompts = 0
    while prompts < state[0] and replica.members < replica.max_members:
        request = start_head(now_s, requests, replica, calls)  # takes memory; -1 where nobody waits or nothing fits
        if request < 0:
            break
        append(replica, batch, request, tokens_to_process(requests[request]))
        prompts += 1


@dataclass(frozen=True)
class FewPrompts:
    """Decodes first, then at most so many new prompts.

    Source: ours; an example.
    """

    prompts_per_step: int = 1
    build = staticmethod(build)

    def state(self, shape: Shape) -> State:
        """(1,): new prompts a step."""
        return np.array([self.prompts_per_step], dtype=np.float64)


def main() -> None:
    timer = Roofline(Model.named("llama-3-8b"), Device.named("l40s"))
    task = ServingTask(generated("rush", Poisson(rate_per_s=5), Uniform((200, 1500), (20, 200)), count=400))
    for batching in (Orca(), FewPrompts(1), FewPrompts(4)):
        plan = Deployment(timer, Cluster(20_000), Policies(batching=batching))
        outcome = ServingEngine().run(task, plan, seed=0)
        gap_ms, mean_s = 1e3 * outcome.detail["summary"]["worst_gap_s"]["p99"], outcome.cost["latency_s"]
        print(f"{batching}: worst gap between tokens {gap_ms:.0f} ms, mean latency {mean_s:.2f} s")


if __name__ == "__main__":
    main()
