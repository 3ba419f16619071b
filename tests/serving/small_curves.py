"""Curves of a few numbers, for tests."""

import numpy as np

from perfwise.serving.timers._curves import BATCHES, CONTEXTS, QUERIES, TOKENS, Curves

__all__ = ["curves"]


def curves(**more: float) -> Curves:
    """10 ms and 10 us a token, 1 ms of head, 1 us for each decode and 1,000 tokens behind it, 1 ns a prompt's pair."""
    tokens = np.arange(TOKENS + 1.0)
    decode = 1e-9 * BATCHES[:, None] * CONTEXTS[None, :]
    prefill = 1e-9 * QUERIES[:, None] * CONTEXTS[None, :]
    return Curves(0.01 + 1e-5 * tokens, 0.001 + 0.0 * tokens, 0.0 * tokens, decode, prefill, "small", **more)
