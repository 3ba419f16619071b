"""How a cost grows with the size of the input: the class of growth that fits it best, and the exponent."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import nnls

__all__ = ["CLASSES", "Growth", "fitted_growth"]

_Floats = NDArray[np.float64]


def _log(n: _Floats) -> _Floats:
    logs: _Floats = np.log2(np.maximum(n, 1) + 1)
    return logs


CLASSES: Mapping[str, Callable[[_Floats], _Floats]] = {
    "1": np.ones_like,
    "log n": _log,
    "n": lambda n: n,
    "n log n": lambda n: n * _log(n),
    "n^2": lambda n: n**2,
    "n^2 log n": lambda n: n**2 * _log(n),
    "n^3": lambda n: n**3,
    "2^n": lambda n: np.exp2(np.minimum(n, 1000.0)),
}
"""The classes by name, the slowest growth first."""

# What else a program of the class spends: a start, work on each item, on each pair.
_LOWER: Mapping[str, tuple[str, ...]] = {
    "1": (),
    "log n": ("1",),
    "n": ("1",),
    "n log n": ("1", "n"),
    "n^2": ("1", "n"),
    "n^2 log n": ("1", "n^2"),
    "n^3": ("1", "n", "n^2"),
    "2^n": ("1", "n"),
}

_FEWEST_SIZES = 4
_LEAST_SPREAD = 4.0  # largest size over smallest; below, the classes look alike
_LEAST_RATIO = 16.0  # largest cost over smallest, which tells an exponential on a narrow range
_CLEARLY_BETTER = 0.5  # a steeper class must leave at most this share of a flatter one's error
_GOOD = 0.015  # relative error below which no steeper class is looked for
_WORTH_A_NAME = 0.35  # relative error above which no class is named
_PRETTY = str.maketrans({"2": "²", "3": "³"})


@dataclass(frozen=True, slots=True)
class Growth:
    """A fitted class.

    Args:
        name: of `CLASSES`.
        terms: (class, factor) of what is summed, the named class last; factors of at least 0.
        error: root mean square of the residuals.
        residuals: fitted over given cost, minus 1, by size, ascending.
        exponent: of the power law through the upper half of the sizes.
        exponent_interval: 95 % interval of the exponent, as far as the costs follow a power law.
    """

    name: str
    terms: tuple[tuple[str, float], ...]
    error: float
    residuals: tuple[float, ...]
    exponent: float
    exponent_interval: tuple[float, float]

    @property
    def notation(self) -> str:
        """For people, e.g. `O(n² log n)`."""
        if self.name == "2^n":
            return "O(2ⁿ)"
        head, caret, rest = self.name.partition("^")
        return f"O({head}{rest[:1].translate(_PRETTY)}{rest[1:]})" if caret else f"O({self.name})"

    def at(self, sizes: Sequence[float]) -> _Floats:
        """The fitted cost at sizes: (n,) -> (n,)."""
        n = np.asarray(sizes, dtype=np.float64)
        total: _Floats = np.sum([factor * CLASSES[name](n) for name, factor in self.terms], axis=0)
        return total


def fitted_growth(sizes: Sequence[float], costs: Sequence[float]) -> Growth | None:
    """The flattest class that explains the costs about as well as any.

    A class is its own function and lower ones, fitted by least squares of the relative error with factors of at least
    0. A steeper class is only taken where the flatter one leaves more than 1.5 % and the steeper less than half of it,
    since more factors always fit better.

    Args:
        sizes: (n,), positive.
        costs: (n,), positive, in the same order; costs of one size are averaged.
    Returns: None where there are fewer than 4 sizes, they span less than a factor of 4 (and the costs less than 16), or
        no class fits to 35 %.
    Source: Goldsmith, Aiken, Wilkerson, Measuring Empirical Computational Complexity, ESEC/FSE 2007.
    Differs: classes with lower terms and a rule of parsimony; their power law is the exponent.
    """
    n, cost = _averaged(np.asarray(sizes, dtype=np.float64), np.asarray(costs, dtype=np.float64))
    if len(n) < _FEWEST_SIZES or n[0] <= 0 or cost.min() <= 0:
        return None
    if n[-1] / n[0] < _LEAST_SPREAD and cost.max() / cost.min() < _LEAST_RATIO:
        return None
    exponent, interval = _power_law(n, cost)
    best: Growth | None = None
    for name in CLASSES:
        terms, residuals = _fit((*_LOWER[name], name), n, cost)
        error = math.sqrt(float(np.mean(residuals**2)))
        if best is None or (best.error > _GOOD and error < _CLEARLY_BETTER * best.error):
            best = Growth(name, terms, error, tuple(residuals.tolist()), exponent, interval)
    return best if best is not None and best.error <= _WORTH_A_NAME else None


def _averaged(n: _Floats, cost: _Floats) -> tuple[_Floats, _Floats]:
    """Distinct sizes, ascending, each with the mean of its costs."""
    distinct, place = np.unique(n, return_inverse=True)
    return distinct, np.bincount(place, weights=cost) / np.bincount(place) if len(n) else cost


def _fit(names: Sequence[str], n: _Floats, cost: _Floats) -> tuple[tuple[tuple[str, float], ...], _Floats]:
    columns = np.column_stack([CLASSES[name](n) for name in names])
    scale = np.maximum(columns.max(axis=0), 1.0)  # keeps 2^n and a constant in one matrix
    rows = columns / scale / cost[:, None]
    factors, _ = nnls(rows, np.ones(len(n)))
    return tuple(zip(names, (factors / scale).tolist(), strict=True)), rows @ factors - 1


def _power_law(n: _Floats, cost: _Floats) -> tuple[float, tuple[float, float]]:
    """Exponent of the upper half of the sizes, at least 3 of them, with its interval."""
    upper = max(3, -(-len(n) // 2))
    line = stats.linregress(np.log(n[-upper:]), np.log(cost[-upper:]))
    half = float(stats.t.ppf(0.975, upper - 2)) * float(line.stderr)
    slope = float(line.slope)
    return slope, (slope - half, slope + half)
