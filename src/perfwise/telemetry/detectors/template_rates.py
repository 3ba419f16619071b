"""Template rates: events that are new, have vanished, or come in bursts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perfwise.errors import InvalidOption, InvalidTask
from perfwise.telemetry.series import Floats

__all__ = ["TemplateRates"]

KINDS = ("", "new", "vanished", "burst")


@dataclass(frozen=True)
class TemplateRates:
    """Score an interval's count of one template by how unlikely it is after the counts of the intervals before it.

    The rate has a gamma belief from the history, so that the next count is negative binomial; where the history is more
    uneven than a Poisson process, it counts for less. The score is -log10 of the smaller tail.

    Args:
        history: intervals before it that are known, at most.
        alarm: score from which `kinds` names an interval.

    Source: the gamma-Poisson predictive distribution, Gelman et al., Bayesian Data Analysis, 3rd ed., sec. 2.6.
    Differs: the belief's weight is divided by the ratio of variance to mean where that exceeds 1.
    """

    history: int = 60
    alarm: float = 4.0

    def __post_init__(self) -> None:
        if self.history < 1:
            raise InvalidOption(f"a history has at least one interval, not {self.history}")

    def score(self, values: Floats, seed: int) -> Floats:  # noqa: ARG002 - of all detectors
        """-log10 of the tail, at most 300; the first interval has 0. Raises: InvalidTask for what are no counts."""
        above, below, _ = self._tails(values)
        return np.maximum(above, below)

    def kinds(self, counts: Floats) -> list[str]:
        """What each interval is: `new` (the first of its kind), `vanished`, `burst`, or nothing."""
        above, below, before = self._tails(counts)
        found = np.where(below >= self.alarm, 2, 0)
        found[(above >= self.alarm) & (counts > 0)] = 3
        first = np.flatnonzero(counts > 0)
        if first.size and first[0] > 0 and before[first[0]] == 0:
            found[first[0]] = 1
        return [KINDS[each] for each in found]

    def _tails(self, counts: Floats) -> tuple[Floats, Floats, Floats]:
        """-log10 of P(count or more) and of P(count or fewer), and the sum of the history."""
        from scipy.special import betainc

        if (counts < 0).any():
            raise InvalidTask("rates of templates are counts; there is a negative one")
        mean, ratio, known = _moments(counts, self.history)
        weight = known / np.maximum(ratio, 1.0)
        shape, share = mean * weight + 0.5, np.maximum(weight, 1e-9) / (np.maximum(weight, 1e-9) + 1)
        above = betainc(np.maximum(counts, 1e-9), shape, 1 - share)  # P(X >= count) of a negative binomial
        below = betainc(shape, counts + 1, share)
        tails = [-np.log10(np.clip(np.nan_to_num(tail, nan=1.0), 1e-300, 1.0)) for tail in (above, below)]
        for tail in tails:
            tail[known == 0] = 0.0
        tails[0][counts == 0] = 0.0
        return tails[0], tails[1], mean * known


def _moments(counts: Floats, history: int) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Mean, ratio of variance to mean, and number of the intervals before each."""
    here = np.arange(len(counts))
    first = np.maximum(here - history, 0)
    known = here - first
    sums, squares = (np.concatenate([[0.0], np.cumsum(part)]) for part in (counts, counts**2))
    divisor = np.maximum(known, 1)
    mean = (sums[here] - sums[first]) / divisor
    variance = np.maximum((squares[here] - squares[first]) / divisor - mean**2, 0.0)
    return mean, np.where(mean > 0, variance / np.maximum(mean, 1e-300), 0.0), known
