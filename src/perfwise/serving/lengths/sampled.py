"""Sampled lengths: pairs of prompt and output as they were recorded."""

from dataclasses import dataclass

import numpy as np

from perfwise.errors import InvalidOption
from perfwise.serving.trace import Lengths

__all__ = ["Sampled"]


@dataclass(frozen=True, eq=False)
class Sampled:
    """Recorded pairs in random order, each as often as another, so that short answers to long prompts stay together.

    So many whole passes over the pairs as fit, each shuffled anew, and a random rest of one more: a count of all
    pairs gives each of them once.

    Args:
        recorded: at least one pair.

    Source: the trace length generator of Agrawal et al., Vidur, MLSys 2024, arXiv:2405.05465.
    Differs: shuffled by numpy and not by pandas, so that the order is another one; going on after the last pair.
    """

    recorded: Lengths

    def __post_init__(self) -> None:
        if not len(self.recorded.prompt):
            raise InvalidOption("there are no recorded lengths to sample from")

    def lengths(self, count: int, seed: int) -> Lengths:
        """Lengths of so many requests."""
        draw, size = np.random.default_rng([seed, 1]), len(self.recorded.prompt)
        passes = [draw.permutation(size) for _ in range(-(-count // size))]
        picked = np.concatenate(passes)[:count] if passes else np.zeros(0, np.int64)
        return Lengths(self.recorded.prompt[picked], self.recorded.output[picked])
