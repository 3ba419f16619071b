"""How a program's count grows with the size of its input, fitted on inputs of the tests' shapes at doubling sizes."""

from collections.abc import Sequence

from perfwise.kit.growth import fitted_growth
from perfwise.programs.contracts import Limits, Meter, ProgramTask
from perfwise.programs.variation import scaled

__all__ = ["growth_of"]

_SIZES = (32, 64, 128, 256, 512, 1024)
_BUDGET = 5e8
_EXAMPLES = 3


def growth_of(meter: Meter, task: ProgramTask, source: str, examples: Sequence[bytes], seed: int = 0) -> str:
    """Class of growth, one of `perfwise.kit.growth.CLASSES`; empty where it cannot be told.

    The steepest that one of the first examples shows: an input that ends the program early tells nothing.
    """
    if not task.entry_point:
        return ""
    curves = [_curve(meter, task, source, example, seed) for example in examples[:_EXAMPLES]]
    sizes, costs = max(curves, key=lambda curve: (len(curve[0]), curve[1][-1:]), default=((), ()))
    fitted = fitted_growth(sizes, costs) if len(sizes) >= 4 else None
    return "" if fitted is None else fitted.name


def _curve(
    meter: Meter, task: ProgramTask, source: str, example: bytes, seed: int
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Sizes and counts, as far as they were finished with an answer."""
    grown = [(size, made[0]) for size in _SIZES if (made := scaled([example], size, seed))]
    limits = Limits(len(_SIZES) * _BUDGET, _BUDGET)
    run = meter.measure(source, task.entry_point, [data for _, data in grown], limits, seed)
    points = [
        (float(size), call.cost)
        for (size, _), call in zip(grown, run.calls, strict=False)
        if call.answer is not None and call.cost
    ]
    return tuple(size for size, _ in points), tuple(cost for _, cost in points)
