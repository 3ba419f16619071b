"""How a cost grows with the size of the input: the class of growth that fits it best."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["CLASSES", "Growth", "fitted_growth"]

_Floats = NDArray[np.float64]

CLASSES: Mapping[str, Callable[[_Floats], _Floats]] = {
    "1": np.ones_like,
    "log n": lambda n: np.log2(np.maximum(n, 1) + 1),
    "n": lambda n: n,
    "n log n": lambda n: n * np.log2(np.maximum(n, 1) + 1),
    "n²": lambda n: n**2,
    "n³": lambda n: n**3,
    "2ⁿ": lambda n: np.exp2(np.minimum(n, 1000.0)),
}
"""The classes by name, the slowest growth first."""

_FEWEST_SIZES = 4
_LEAST_SPREAD = 4.0  # largest size over smallest; below, the classes look alike
_CLEARLY_BETTER = 0.8  # a steeper class must leave at most this share of a flatter one's error
_WORTH_A_NAME = 0.35  # relative error above which no class is named


@dataclass(frozen=True, slots=True)
class Growth:
    """A fitted class.

    Args:
        name: of `CLASSES`.
        constant, factor: cost = constant + factor * class(n), both at least 0.
        error: root mean square of the relative error of the fit.
    """

    name: str
    constant: float
    factor: float
    error: float

    def at(self, sizes: Sequence[float]) -> _Floats:
        """The fitted cost at sizes: (n,) -> (n,)."""
        return self.constant + self.factor * CLASSES[self.name](np.asarray(sizes, dtype=np.float64))


def fitted_growth(sizes: Sequence[float], costs: Sequence[float]) -> Growth | None:
    """The flattest class that explains the costs about as well as any.

    Each class is fitted by least squares of the relative error with coefficients of at least 0; a steeper class is only
    taken where it leaves clearly less error, since with two coefficients a steep one also fits a flat curve.

    Args:
        sizes: (n,), positive.
        costs: (n,), positive, in the same order.
    Returns: None where there are fewer than 4 sizes, they span less than a factor of 4, or no class fits to 35 %.
    Source: Goldsmith, Aiken, Wilkerson, Measuring Empirical Computational Complexity, ESEC/FSE 2007.
    Differs: classes with an additive constant and a rule of parsimony, in place of one power law.
    """
    n, cost = np.asarray(sizes, dtype=np.float64), np.asarray(costs, dtype=np.float64)
    distinct = np.unique(n)
    if len(distinct) < _FEWEST_SIZES or distinct[0] <= 0 or distinct[-1] / distinct[0] < _LEAST_SPREAD:
        return None
    best: Growth | None = None
    for name, shape in CLASSES.items():
        fit = _fit(name, shape(n), cost)
        if best is None or fit.error < _CLEARLY_BETTER * best.error - 1e-9:
            best = fit
    return best if best is not None and best.error <= _WORTH_A_NAME else None


def _fit(name: str, values: _Floats, cost: _Floats) -> Growth:
    scale = float(values.max()) or 1.0  # keeps 2^n and a constant in one matrix
    rows = np.column_stack([1 / cost, values / scale / cost])
    constant, factor = _least_squares(rows)
    error = math.sqrt(float(np.mean((rows @ (constant, factor) - 1) ** 2)))
    return Growth(name, constant, factor / scale, error)


def _least_squares(rows: _Floats) -> tuple[float, float]:
    """Coefficients of at least 0 for which rows @ coefficients is nearest to 1: (n, 2) -> 2.

    With two coefficients, one that would be negative is 0 at the optimum and the other stands alone.
    """
    both = np.linalg.lstsq(rows, np.ones(len(rows)), rcond=None)[0]
    if both.min() >= 0:
        return float(both[0]), float(both[1])
    alone = rows.sum(axis=0) / (rows**2).sum(axis=0)
    errors = ((rows * alone - 1) ** 2).sum(axis=0)
    return (float(alone[0]), 0.0) if errors[0] <= errors[1] else (0.0, float(alone[1]))
