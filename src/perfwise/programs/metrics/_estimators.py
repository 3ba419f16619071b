"""What k draws from n samples can be expected to bring."""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from perfwise.errors import InvalidMetric

__all__ = ["best_of_k", "pass_at_k"]


def pass_at_k(n: int, successes: int, k: int) -> float:
    """Chance that k of n samples, drawn without replacement, hold at least one success: 1 - C(n-c, k) / C(n, k).

    The binomials are exact integers, so nothing cancels.

    Args:
        n: number of samples.
        successes: c, how many of them succeeded, 0 <= c <= n.
        k: 1 <= k <= n.
    Raises: InvalidMetric if k is out of range.
    Source: Chen et al., Evaluating Large Language Models Trained on Code, 2021, arXiv:2107.03374.
    """
    _check(n, k)
    everything = math.comb(n, k)
    return (everything - math.comb(n - successes, k)) / everything


def best_of_k(scores: ArrayLike, k: int) -> float:
    """Expected best score among k of n samples, drawn without replacement (Rao-Blackwellised).

    E[max] = sum over ranks r = k..n of  C(r-1, k-1) / C(n, k) * (r-th smallest score)

    Args:
        scores: (n,), higher is better.
        k: 1 <= k <= n.
    Raises: InvalidMetric if k is out of range.
    Source: Qiu et al., How Efficient is LLM-Generated Code?, ICLR 2025, arXiv:2406.06647.
    """
    ordered = np.sort(np.asarray(scores, dtype=np.float64))
    _check(ordered.size, k)
    return float(_rank_weights(ordered.size, k) @ ordered[k - 1 :])


@lru_cache(maxsize=256)
def _rank_weights(n: int, k: int) -> NDArray[np.float64]:
    """Weights of the ranks k..n, from k/n at the top downwards, so that no binomial overflows."""
    ranks = np.arange(n - 1, k - 1, -1)
    downwards = np.concatenate([[k / n], 1 - (k - 1) / ranks])
    weights: NDArray[np.float64] = np.cumprod(downwards)[::-1]
    return weights


def _check(n: int, k: int) -> None:
    if not 1 <= k <= n:
        raise InvalidMetric(f"k must be between 1 and the number of samples, {n}, not {k}")
