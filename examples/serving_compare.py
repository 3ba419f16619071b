"""Which batching method serves a bursty load better, and by how much? Generated traces, one GPU, the same core."""

from perfwise import Side, Study, compare
from perfwise.catalog.devices import Device
from perfwise.catalog.models import Model
from perfwise.serving.arithmetic import Formats, Plan
from perfwise.serving.arrivals.gamma import Gamma
from perfwise.serving.batching.orca import Orca
from perfwise.serving.batching.sarathi import Sarathi
from perfwise.serving.engine import Deployment, ServingEngine, ServingTask
from perfwise.serving.lengths.uniform import Uniform
from perfwise.serving.planning import Hardware, blocks_of
from perfwise.serving.simulator import Cluster, Policies
from perfwise.serving.summary import Slo
from perfwise.serving.timers.roofline import Roofline
from perfwise.serving.workload import generated

MODEL, DEVICE = Model.named("llama-3-8b"), Device.named("l40s")


def main() -> None:
    hardware = Hardware(MODEL, DEVICE, Plan(), Formats())
    timer, cluster = Roofline(MODEL, DEVICE), Cluster(blocks_of(hardware, block_tokens=16))
    tasks = [
        ServingTask(generated(f"day {day}", Gamma(rate_per_s=3, cv=2), Uniform(), count=300, seed=day), Slo(ttft_s=0.2))
        for day in range(8)
    ]
    plans = [
        Deployment(timer, cluster, Policies(batching=Orca()), candidate_set="whole prompts"),
        Deployment(timer, cluster, Policies(batching=Sarathi()), candidate_set="chunks of 512"),
    ]
    outcomes = list(Study.product(tasks, plans, ServingEngine()).run(ordered=True))
    for outcome in outcomes[:2]:
        print(f"{outcome.task}, {outcome.candidate_set}: {outcome.quality:.1%} in time")
    sides = [
        Side(plan.candidate_set, [one for one in outcomes if one.candidate_set == plan.candidate_set]) for plan in plans
    ]
    print(compare(*sides, cost="latency_s").verdict)
    for caveat in dict.fromkeys(caveat for outcome in outcomes for caveat in outcome.caveats):
        print(f"caveat: {caveat}")


if __name__ == "__main__":
    main()
