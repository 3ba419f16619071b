"""Poisson arrivals: users who know nothing of each other."""

import itertools
import math
import random
from dataclasses import dataclass

import numpy as np

from perfwise.errors import InvalidOption
from perfwise.serving.trace import Floats

__all__ = ["Poisson"]


@dataclass(frozen=True)
class Poisson:
    """Independent exponential gaps, drawn as -ln(1 - u) / rate; the first request comes after one gap.

    u comes from Python's own generator, whose stream is the same in every version. With `cap=3` the times are those
    of Vidur to the last bit: it cuts every gap at three mean gaps, so that its real rate is 1 / (1 - e^-3), 5 % above
    the nominal one.

    Args:
        rate_per_s: requests a second, above 0.
        cap: longest gap in mean gaps, above 0; None for none.

    Source: Agrawal et al., Vidur, MLSys 2024, arXiv:2405.05465; microsoft/vidur 7d47513 for the cap.
    """

    rate_per_s: float = 1.0
    cap: float | None = None

    def __post_init__(self) -> None:
        if not 0 < self.rate_per_s < math.inf:
            raise InvalidOption(f"the rate must be a finite number of requests a second above 0, not {self.rate_per_s}")
        if self.cap is not None and not self.cap > 0:
            raise InvalidOption(f"the cap must be above 0 mean gaps, or None, not {self.cap}")

    def times(self, count: int, seed: int, recorded_s: Floats | None = None) -> Floats:
        """(count,) times in seconds."""
        draw = random.Random(seed).random  # noqa: S311 - a simulation, not a secret
        longest = math.inf if self.cap is None else self.cap / self.rate_per_s
        gaps = (min(-math.log(1.0 - draw()) / self.rate_per_s, longest) for _ in range(count))
        return np.fromiter(itertools.accumulate(gaps), np.float64, count)
