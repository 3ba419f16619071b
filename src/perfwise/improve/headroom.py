"""Whether asking a model is worth its tokens: predicted headroom, and what came of tokens in hindsight."""

import math

from perfwise.improve.contracts import Profile

__all__ = ["arc_tep", "predicted_headroom", "tep"]

_WORSE = {"n log n": 1.2, "n^2": 4.0, "n^2 log n": 4.0, "n^3": 16.0, "2^n": 64.0, "exponential": 64.0}


def predicted_headroom(profile: Profile) -> float:
    """How many times cheaper a program may become, guessed from where its count goes; at least 1.

    The dearest line's share s bounds what changing it alone can win to 1 / (1 - s), taken as at most 4; a class of
    growth worse than linear multiplies. A guess for ordering work, ours, and never a claim about a result.
    """
    whole = sum(line.own for line in profile.lines)
    share = max((line.own for line in profile.lines), default=0.0) / whole if whole else 0.0
    growth = profile.growth.removeprefix("O(").removesuffix(")")
    return min(1.0 / max(1.0 - share, 0.25), 4.0) * _WORSE.get(growth, 1.0)


def tep(performance: float, base_performance: float, tokens: float, base_tokens: float) -> float | None:
    """Token elasticity of performance: relative gain over relative increase of tokens, against a base pipeline.

        ((P - P0) / P0) / ((T - T0) / T0)

    Returns: None where the base spends no tokens or none more are spent: the ratio is not defined there.
    Source: Zhu et al., EllieSQL: Cost-Efficient Text-to-SQL with Complexity-Aware Routing, 2025, arXiv:2503.22402.
    """
    if base_performance <= 0 or base_tokens <= 0 or tokens == base_tokens:
        return None
    return ((performance - base_performance) / base_performance) / ((tokens - base_tokens) / base_tokens)


def arc_tep(performance: float, base_performance: float, tokens: float, base_tokens: float) -> float | None:
    """The same between the two points' midpoints, so that a base without tokens (rules) can be compared with.

        ((P - P0) / ((P + P0) / 2)) / ((T - T0) / ((T + T0) / 2))

    Returns: None where either midpoint is 0 or no more tokens are spent.
    Source: the arc form of an elasticity, Allen, Mathematical Analysis for Economists, 1938.
    """
    middle, spent = (performance + base_performance) / 2, (tokens + base_tokens) / 2
    if middle <= 0 or spent <= 0 or math.isclose(tokens, base_tokens):
        return None
    return ((performance - base_performance) / middle) / ((tokens - base_tokens) / spent)
