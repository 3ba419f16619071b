"""Uniform lengths: anything between two bounds."""

from dataclasses import dataclass

import numpy as np

from perfwise.errors import InvalidOption
from perfwise.serving.trace import Lengths

__all__ = ["Uniform"]


@dataclass(frozen=True)
class Uniform:
    """Prompt and output drawn apart from each other, each whole number between its bounds equally likely.

    Args:
        prompt: least and most tokens, both included, at least 1.
        output: likewise.

    Source: the random data set of vLLM's serving benchmark, vllm-project/vllm, Kwon et al., SOSP 2023,
        arXiv:2309.06180.
    """

    prompt: tuple[int, int] = (128, 1024)
    output: tuple[int, int] = (16, 512)

    def __post_init__(self) -> None:
        for name, (least, most) in (("prompt", self.prompt), ("output", self.output)):
            if not 1 <= least <= most:
                raise InvalidOption(f"{name} needs 1 <= least <= most tokens, not {least} and {most}")

    def lengths(self, count: int, seed: int) -> Lengths:
        """Lengths of so many requests."""
        draw = np.random.default_rng([seed, 1])  # a stream of its own, beside that of the arrivals
        return Lengths(*(draw.integers(least, most, count, np.int64, endpoint=True) for least, most in self._bounds()))

    def _bounds(self) -> tuple[tuple[int, int], tuple[int, int]]:
        return self.prompt, self.output
