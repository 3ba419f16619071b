"""How a program's count grows with the size of its input: an estimate from inputs of doubling size."""

import itertools
import math
from collections.abc import Sequence

from perfwise.programs.contracts import Limits, Meter, ProgramTask
from perfwise.programs.variation import scaled

__all__ = ["growth_of"]

_SIZES = (64, 128, 256, 512, 1024)
_BUDGET = 5e8
_CLASSES = ((0.15, "1"), (0.7, "n^0.5"), (1.06, "n"), (1.35, "n log n"), (1.75, "n^1.5"), (2.35, "n^2"), (3.4, "n^3"))


def growth_of(meter: Meter, task: ProgramTask, source: str, examples: Sequence[bytes], seed: int = 0) -> str:
    """Class of growth, e.g. `n^2`, estimated; empty where it cannot be told.

    Inputs are the examples' shapes at sizes that double from 64 to 1,024. What an input of size 1 costs is taken off;
    the class is read off the slope of log(count) over log(size) between the largest sizes that were finished.
    """
    if not task.entry_point or not examples:
        return ""
    best: list[tuple[int, float]] = []
    for example in examples[:3]:
        points = _points(meter, task, source, example, seed)
        if len(points) > len(best) or (len(points) == len(best) and points and points[-1][1] > best[-1][1]):
            best = points
    if len(best) < 3:
        return ""
    slopes = [
        math.log(max(second[1], 1) / max(first[1], 1)) / math.log(second[0] / first[0])
        for first, second in itertools.pairwise(best)
    ]
    if slopes[-1] > 3.4 and slopes[-1] > slopes[0] + 1:
        return "exponential"
    slope = slopes[-1]
    return next((name for bound, name in _CLASSES if slope <= bound), f"n^{slope:.1f}")


def _points(meter: Meter, task: ProgramTask, source: str, example: bytes, seed: int) -> list[tuple[int, float]]:
    inputs = [scaled([example], size, seed) for size in (1, *_SIZES)]
    if not all(inputs):
        return []
    limits = Limits(len(inputs) * _BUDGET, _BUDGET)
    run = meter.measure(source, task.entry_point, [one[0] for one in inputs], limits, seed)
    done = [call.cost for call in run.calls if call.answer is not None and call.cost is not None]
    if len(done) < 2 or len(done) < len([call for call in run.calls if call.stopped is None]):
        return []
    return [(size, cost - done[0]) for size, cost in zip(_SIZES, done[1:], strict=False) if cost > done[0]]
