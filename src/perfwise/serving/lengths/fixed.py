"""Fixed lengths: every request is the same."""

from dataclasses import dataclass

import numpy as np

from perfwise.errors import InvalidOption
from perfwise.serving.trace import Lengths

__all__ = ["Fixed"]


@dataclass(frozen=True)
class Fixed:
    """One prompt length and one output length for all.

    Args:
        prompt: tokens, at least 1.
        output: tokens, at least 1.

    Source: the `isl` and `osl` of aiconfigurator and aiperf, ai-dynamo/aiconfigurator 095f58a.
    """

    prompt: int = 512
    output: int = 128

    def __post_init__(self) -> None:
        if min(self.prompt, self.output) < 1:
            raise InvalidOption(f"lengths must be at least 1 token, not {self.prompt} and {self.output}")

    def lengths(self, count: int, seed: int) -> Lengths:
        """Lengths of so many requests."""
        return Lengths(np.full(count, self.prompt, np.int64), np.full(count, self.output, np.int64))
