"""Gamma arrivals: as bursty as one likes."""

import math
from dataclasses import dataclass

import numpy as np

from perfwise.errors import InvalidOption
from perfwise.serving.trace import Floats

__all__ = ["Gamma"]


@dataclass(frozen=True)
class Gamma:
    """Independent gamma-distributed gaps of a given mean and coefficient of variation.

    Shape 1 / cv^2, scale cv^2 / rate: cv = 1 is a Poisson process, above it requests come in bursts, towards 0 they
    come evenly.

    Args:
        rate_per_s: requests a second, above 0.
        cv: standard deviation of the gaps over their mean, above 0.

    Source: Wang et al., BurstGPT, KDD 2025, arXiv:2401.17644; Li et al., AlpaServe, OSDI 2023, arXiv:2302.11665.
    """

    rate_per_s: float = 1.0
    cv: float = 2.0

    def __post_init__(self) -> None:
        if not 0 < self.rate_per_s < math.inf:
            raise InvalidOption(f"the rate must be a finite number of requests a second above 0, not {self.rate_per_s}")
        if not 0 < self.cv < math.inf:
            raise InvalidOption(f"the coefficient of variation must be above 0, not {self.cv}")

    def times(self, count: int, seed: int, recorded_s: Floats | None = None) -> Floats:
        """(count,) times in seconds."""
        square = self.cv**2
        return np.cumsum(np.random.default_rng(seed).gamma(1 / square, square / self.rate_per_s, count))
