"""How far a side's cost on one task is off by chance: from repeats, intervals and seeds, for whatever engine."""

import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import NormalDist, fmean

from perfwise.core.json import Json
from perfwise.core.outcome import Outcome
from perfwise.kit.stats import Estimate

__all__ = ["is_exact", "log_cost"]

_NORMAL_95 = NormalDist().inv_cdf(0.975)


def is_exact(outcomes: Iterable[Outcome]) -> bool:
    """Whether the same attempts would have the same costs again, on any machine."""
    return all(outcome.provenance.machine == "any" for outcome in outcomes)


def log_cost(outcomes: Sequence[Outcome], cost: str) -> Estimate | None:
    """The mean logarithm of the cost over the outcomes, with its error of measurement.

    What is known of the error comes from, in this order: outcomes of one candidate from several seeds; the detail's
    `cost_samples`, repeats of one measurement; its `cost_interval`, of `cost_interval_level` or 0.95. These are of the
    cost that `sampled_cost` names, or without it of an amount that lies within them. Exact amounts have no error.

    Args:
        outcomes: of one side and task, at least one, of a cost above 0.
        cost: its name.
    Returns: None where an amount is noisy and nothing tells by how much.
    Source: error of a weighted mean; degrees of freedom by Satterthwaite, Biometrics Bulletin 2 (1946) 110-114.
    """
    if len({outcome.candidate for outcome in outcomes}) == len(outcomes) and is_exact(outcomes):
        return Estimate(fmean(math.log(outcome.cost[cost]) for outcome in outcomes), 0.0)
    by_candidate: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_candidate.setdefault(outcome.candidate, []).append(outcome)
    parts = [_candidate(group, cost) for group in by_candidate.values()]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    weights = [len(group) / len(outcomes) for group in by_candidate.values()]
    squares = [(weight * part.error) ** 2 for weight, part in zip(weights, known, strict=True)]
    doubt = sum(square**2 / part.freedom for square, part in zip(squares, known, strict=True))
    mean = sum(weight * part.mean for weight, part in zip(weights, known, strict=True))
    return Estimate(mean, math.sqrt(sum(squares)), sum(squares) ** 2 / doubt if doubt else math.inf)


def _candidate(outcomes: Sequence[Outcome], cost: str) -> Estimate | None:
    logs = [math.log(outcome.cost[cost]) for outcome in outcomes]
    if len(logs) > 1:
        return Estimate(fmean(logs), _error(logs), len(logs) - 1)
    (outcome,) = outcomes
    repeats = _numbers(outcome, "cost_samples", cost)
    if len(repeats) > 1:
        return Estimate(logs[0], _error([math.log(one) for one in repeats]), len(repeats) - 1)
    if len(interval := _numbers(outcome, "cost_interval", cost)) == 2:
        return Estimate(logs[0], math.log(interval[1] / interval[0]) / (2 * _halves(outcome.detail)))
    return Estimate(logs[0], 0.0) if outcome.provenance.machine == "any" else None


def _error(values: Sequence[float]) -> float:
    """Standard error of the mean. `statistics.stdev` computes in fractions, which takes longer than all the rest."""
    mean = fmean(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / ((len(values) - 1) * len(values)))


def _halves(detail: Mapping[str, Json]) -> float:
    """Standard errors from the middle of the interval to its ends."""
    level = detail.get("cost_interval_level")
    return NormalDist().inv_cdf((1 + level) / 2) if isinstance(level, float) and 0 < level < 1 else _NORMAL_95


def _numbers(outcome: Outcome, name: str, cost: str) -> list[float]:
    """The positive amounts of that name in ascending order; empty where there are none or they are of another cost."""
    if outcome.provenance.machine == "any":  # a store need not read the detail of exact outcomes
        return []
    values, of_cost = outcome.detail.get(name), outcome.detail.get("sampled_cost")
    if not isinstance(values, Sequence) or isinstance(values, str) or of_cost not in (None, cost):
        return []
    amounts = sorted(float(one) for one in values if isinstance(one, int | float) and one > 0)
    if len(amounts) < len(values) or not amounts:
        return []
    return amounts if of_cost == cost or amounts[0] <= outcome.cost[cost] <= amounts[-1] else []
