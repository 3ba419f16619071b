"""Statistics without opinions: resampling over rows."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["bootstrap"]

_BLOCK = 2_000_000  # numbers drawn at a time, so that memory stays bounded for many rows


def bootstrap(
    rows: NDArray[np.float64],
    statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    *,
    draws: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[float, float] | None:
    """Percentile interval of a statistic under resampling of whole rows with replacement.

    Args:
        rows: (n, width).
        statistic: (..., n, width) -> (...); values that are not finite are left out.
        draws: number of resamples.
        level: coverage aimed at, 0 < level < 1.
        seed: of the generator; same seed, same interval.
    Returns: (low, high), or None when n < 2 or no resample has a finite statistic.
    Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, ch. 13.
    """
    n, width = rows.shape
    if n < 2:
        return None
    generator = np.random.default_rng(seed)
    block = max(1, _BLOCK // (n * width))
    values: list[NDArray[np.float64]] = []
    for start in range(0, draws, block):
        picked = generator.integers(0, n, size=(min(block, draws - start), n))
        values.append(statistic(rows[picked]))
    all_values = np.concatenate(values)
    finite = all_values[np.isfinite(all_values)]
    if finite.size == 0:
        return None
    tail = (1 - level) / 2
    low, high = np.quantile(finite, [tail, 1 - tail])
    return float(low), float(high)
