"""A dispatcher of your own: long prompts apart from short ones. Plain Python first, then the same function compiled."""

from dataclasses import dataclass

import numpy as np

from perfwise.catalog.devices import Device
from perfwise.catalog.models import Model
from perfwise.kit.compiled import compilable
from perfwise.serving.arrivals.poisson import Poisson
from perfwise.serving.batching.orca import Orca
from perfwise.serving.contracts import CHOOSE, Row, RowArray, Shape, State
from perfwise.serving.dispatch.round_robin import RoundRobin
from perfwise.serving.lengths.uniform import Uniform
from perfwise.serving.simulator import Cluster, Policies, simulate
from perfwise.serving.timers.roofline import Roofline
from perfwise.serving.workload import generated


def choose(now_s: float, requests: RowArray, request: int, replicas: RowArray, state: State) -> int:
    """The last replica for a long prompt; of the others the one with the fewest requests, the first of equals."""
    last = replicas.shape[0] - 1
    if last == 0 or requests[request].prompt > state[0]:
        return last
    best = 0
    for index in range(1, last):
        if _requests(replicas[index]) < _requests(replicas[best]):
            best = index
    return best


@compilable()  # called by a hook, so it needs no signature
def _requests(replica: Row) -> int:
    return replica.waiting + replica.holders


@dataclass(frozen=True)
class LongApart:
    """The last replica gets the prompts above a length, the others share the rest.

    Source: ours; an example.
    """

    long_tokens: int = 1000
    choose = staticmethod(choose)  # plain Python: nothing else is needed

    def state(self, shape: Shape) -> State:
        """(1,): what counts as long."""
        return np.array([self.long_tokens], dtype=np.float64)


@dataclass(frozen=True)
class LongApartCompiled(LongApart):
    """The same rules; the signature lets the loop run as one compiled whole."""

    choose = staticmethod(compilable(CHOOSE)(choose))


def main() -> None:
    timer = Roofline(Model.named("llama-3-8b"), Device.named("l40s"))
    rows = generated("mixed", Poisson(rate_per_s=30), Uniform(prompt=(50, 2000), output=(5, 60)), count=200).rows()
    served = {}
    for dispatch in (RoundRobin(), LongApart(), LongApartCompiled()):
        policies = Policies(batching=Orca(), dispatch=dispatch)
        run = served[type(dispatch)] = simulate(rows, timer, Cluster(20_000, replicas=3), policies)
        ttft_s = run.requests.first_token_s - run.requests.arrival_s
        short = run.requests.prompt <= LongApart().long_tokens
        means_ms = [1e3 * ttft_s[which].mean() for which in (short, ~short)]
        print(
            "{}: mean TTFT {:.0f} ms of short prompts, {:.0f} ms of long ones".format(
                type(dispatch).__name__, *means_ms
            )
        )
    same = np.array_equal(served[LongApart].requests.completed_s, served[LongApartCompiled].requests.completed_s)
    print(f"plain and compiled agree to the last bit: {same}")


if __name__ == "__main__":
    main()
