"""Mean latencies of an observed load as a simulation has them."""

from dataclasses import dataclass

import numpy as np

from perfwise.serving.calibration import Setting
from perfwise.serving.loop import SAMPLE_COLUMNS
from perfwise.serving.observation import Observation
from perfwise.serving.simulator import Cluster, Policies, Simulation, simulate
from perfwise.serving.timers._curves import Curves
from perfwise.serving.trace import Floats

__all__ = ["Replayed", "System", "replay"]

_TOKENS = SAMPLE_COLUMNS.index("batch_tokens")


@dataclass(frozen=True, slots=True, eq=False)
class System:
    """What served a load, as far as it is known.

    Args:
        curves: step times before any correction.
        cluster: memory, replicas, the most requests at a time.
        policies: who decides.
        setting: names of model, device and plan.
    """

    curves: Curves
    cluster: Cluster
    policies: Policies
    setting: Setting


@dataclass(frozen=True, slots=True)
class Replayed:
    """Means of a simulated load, in the terms of its observation; NaN where no request has them.

    Args:
        ttft_s, tpot_s: as the observation's.
        running: the most requests that ran on a replica.
        tokens: the most tokens of a step.
    """

    ttft_s: float
    tpot_s: float
    running: float
    tokens: float


def replay(observation: Observation, system: System, curves: Curves) -> Replayed:
    """Serve the observed load with these curves.

    Clients of a closed loop send their next request when an answer ends: with C clients the request after the first C
    is sent at the first completion, and so on.

    Raises: as `simulate`.
    """
    trace, cluster = observation.trace, system.cluster
    rows = trace.rows()
    if observation.clients:
        rows.arrival_s[:] = 0.0
        share = -(-observation.clients // cluster.replicas)
        cluster = Cluster(
            cluster.blocks,
            cluster.replicas,
            cluster.block_tokens,
            max(min(share, cluster.max_requests), cluster.stages),
            cluster.stages,
            cluster.kv_bytes_per_token,
            cluster.roles,
        )
    run = simulate(rows, curves, cluster, system.policies, prefixes=trace.prefixes, prefix_tokens=trace.prefix_tokens)
    ttft_s = run.requests.first_token_s - _sent_s(observation, run)
    decoding_s = run.requests.completed_s - run.requests.first_token_s
    place = np.arange(len(trace))
    counted = (place >= observation.leading) & (place < len(trace) - observation.trailing)
    some = counted & (trace.output > 1)
    if observation.over_tokens:
        tpot_s = decoding_s[counted].sum() / trace.output[counted].sum()
    else:
        tpot_s = (decoding_s[some] / (trace.output[some] - 1)).mean() if some.any() else np.nan
    tokens = float(run.samples[:, _TOKENS].max()) if len(run.samples) else 0.0
    return Replayed(float(ttft_s[counted].mean()), float(tpot_s), _running(run), tokens)


def _running(run: Simulation) -> float:
    """The most requests that were begun and not completed on a replica at a time."""
    most = 0
    for replica in range(len(run.replicas)):
        own = run.requests[run.requests.replica == replica]
        times = np.concatenate([own.scheduled_s, own.completed_s])
        changes = np.repeat([1, -1], len(own))
        order = np.lexsort((changes, times))  # at equal times who ends leaves before another begins
        most = max(most, int(np.cumsum(changes[order]).max(initial=0)))
    return float(most)


def _sent_s(observation: Observation, run: Simulation) -> Floats:
    """When each request was sent."""
    if not observation.clients:
        return np.asarray(run.requests.arrival_s)
    sent = np.zeros(len(run.requests))
    later = sent[observation.clients :]
    later[:] = np.sort(run.requests.completed_s)[: len(later)]
    return sent
