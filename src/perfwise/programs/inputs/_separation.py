"""How well an input tells programs apart, as a number to search by."""

import math
from collections.abc import Sequence

__all__ = ["FLOOR", "telling"]

FLOOR = 1e5
"""Instructions: below this a count says little about an algorithm, so a ratio to less is a ratio to this."""


def telling(costs: Sequence[float]) -> tuple[float, float]:
    """Larger is better: the spread (dearest / cheapest) in steps of 5 %, then the cost.

    >>> telling([2e6, 1e6]) > telling([3e6, 2e6])
    True
    """
    if not costs:
        return 0.0, 0.0
    dearest, cheapest = max(costs), min(costs)
    spread = max(dearest, FLOOR) / max(cheapest, FLOOR)
    return round(math.log(spread) / math.log(1.05)), dearest
