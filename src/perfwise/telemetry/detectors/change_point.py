"""Change point: how likely it is that the series has just become another one."""

import math
from dataclasses import dataclass

import numpy as np

from perfwise.errors import InvalidOption
from perfwise.kit.compiled import Signature, Table, compilable, compiled
from perfwise.telemetry.detectors._windows import standardised
from perfwise.telemetry.series import Floats

__all__ = ["ChangePoint"]


@dataclass(frozen=True)
class ChangePoint:
    """Score a point by the probability that the mean or the spread changed within the last few points.

    Runs between changes are normal with unknown mean and variance; the chance of each length of the run so far is
    carried from point to point.

    Args:
        expected_run: points between changes, on average.
        recent: a change so many points ago still counts.
        longest_run: lengths that are told apart; longer runs are one. Time grows with it.

    Source: Adams and MacKay, Bayesian Online Changepoint Detection, 2007, arXiv:0710.3742; BARO, Pham et al., FSE 2024,
        arXiv:2405.09330, finds the time of a fault with its multivariate form.
    Differs: one series at a time, lengths of runs are bounded, and values are cut at 10 robust scales.
    """

    expected_run: int = 250
    recent: int = 10
    longest_run: int = 300

    def __post_init__(self) -> None:
        if self.expected_run < 2 or not 1 <= self.recent < self.longest_run:
            raise InvalidOption(
                "runs of at least 2 points are expected, and recent ones are shorter than the longest told apart; not "
                f"expected_run={self.expected_run}, recent={self.recent}, longest_run={self.longest_run}"
            )

    def score(self, values: Floats, seed: int) -> Floats:  # noqa: ARG002 - of all detectors
        """Probabilities; the first points, before which there is nothing to change from, have 0."""
        scaled = np.clip(standardised(values), -10.0, 10.0)
        scores = np.zeros(len(values))
        compiled(_carry)(scaled, 1.0 / self.expected_run, self.recent, self.longest_run, scores)
        scores[: self.recent + 1] = 0.0
        return scores


@compilable(Signature("none", (Table("f8"), "f8", "i8", "i8", Table("f8"))))
def _carry(values: Floats, hazard: float, recent: int, longest: int, scores: Floats) -> None:
    """Probability of each length of the run, by normal-gamma belief (mean, weight, shape, rate) for each length."""
    chance, mean, weight = np.zeros(longest + 1), np.zeros(longest + 1), np.zeros(longest + 1)
    shape, rate = np.zeros(longest + 1), np.zeros(longest + 1)
    chance[0], weight[0], shape[0], rate[0] = 1.0, 0.1, 1.0, 0.5
    known = 1
    for point in range(values.shape[0]):
        value = values[point]
        for length in range(known):
            chance[length] *= _density(value, mean[length], weight[length], shape[length], rate[length])
        total = 0.0
        for length in range(known):
            total += chance[length]
        changed = hazard
        if total > 0:
            for length in range(known):
                chance[length] *= (1.0 - hazard) / total
        else:  # nothing explains the value: a new run has begun
            changed = 1.0
            for length in range(known):
                chance[length] = 0.0
        _grow(value, known, chance, mean, weight, shape, rate)
        known = min(known + 1, longest + 1)
        chance[0], mean[0], weight[0], shape[0], rate[0] = changed, 0.0, 0.1, 1.0, 0.5
        young = 0.0
        for length in range(min(recent + 1, known)):
            young += chance[length]
        scores[point] = min(young, 1.0)


@compilable()
def _density(value: float, mean: float, weight: float, shape: float, rate: float) -> float:
    """Student's density of the next value under a belief."""
    spread = rate * (weight + 1.0) / (weight * shape)
    freedom = 2.0 * shape
    log = math.lgamma((freedom + 1.0) / 2.0) - math.lgamma(freedom / 2.0) - 0.5 * math.log(freedom * math.pi * spread)
    return math.exp(log - (freedom + 1.0) / 2.0 * math.log1p((value - mean) ** 2 / (freedom * spread)))


@compilable()
def _grow(value: float, known: int, chance: Floats, mean: Floats, weight: Floats, shape: Floats, rate: Floats) -> None:
    """Each run is one point longer; the two longest become one, with the belief of the likelier."""
    last = chance.shape[0] - 1
    longest = known - 1
    if known > last:
        source = last if chance[last] >= chance[last - 1] else last - 1
        _learn(value, source, last, mean, weight, shape, rate)
        chance[last] += chance[last - 1]
        longest = last - 2
    for length in range(longest, -1, -1):
        _learn(value, length, length + 1, mean, weight, shape, rate)
        chance[length + 1] = chance[length]


@compilable()
def _learn(value: float, source: int, target: int, mean: Floats, weight: Floats, shape: Floats, rate: Floats) -> None:
    """The belief at one place, with one more value, to another place."""
    rate[target] = rate[source] + weight[source] * (value - mean[source]) ** 2 / (2.0 * (weight[source] + 1.0))
    mean[target] = (weight[source] * mean[source] + value) / (weight[source] + 1.0)
    weight[target] = weight[source] + 1.0
    shape[target] = shape[source] + 0.5
