import numpy as np
import pytest

from perfwise.kit.growth import CLASSES, Growth, fitted_growth

SIZES = [8, 20, 50, 120, 300, 800]


@pytest.mark.parametrize("name", [name for name in CLASSES if name != "2^n"])
def test_a_class_with_a_constant_is_recognised(name):
    costs = 500 + 40 * CLASSES[name](np.array(SIZES, dtype=float))
    fit = fitted_growth(SIZES, list(costs))
    assert fit.name == name
    assert fit.error < 1e-6


def test_exponential_growth_is_recognised_at_small_sizes():
    sizes = [4, 6, 8, 10, 12, 16]
    fit = fitted_growth(sizes, [100 + 3 * 2**size for size in sizes])
    factors = {name: round(factor) for name, factor in fit.terms}
    assert (fit.name, factors) == ("2^n", {"1": 100, "n": 0, "2^n": 3})
    assert fit.at([5]) == pytest.approx([196])


def test_five_per_cent_of_noise_makes_a_line_no_steeper():
    draw = np.random.default_rng(1)
    costs = [3 * size * factor for size, factor in zip(SIZES, np.exp(draw.normal(0, 0.05, len(SIZES))), strict=True)]
    assert fitted_growth(SIZES, costs).name == "n"


def test_a_cost_that_falls_is_called_constant_if_anything():
    fit = fitted_growth(SIZES, [120, 118, 116, 114, 112, 110])
    assert fit.name == "1"
    assert min(factor for _, factor in fit.terms) >= 0


@pytest.mark.parametrize(
    ("sizes", "costs"),
    [
        ([1, 2, 4], [1, 2, 4]),  # three sizes fit nearly anything
        ([10, 11, 12, 13], [10, 11, 12, 13]),  # all classes look alike within a factor of 4
        (SIZES, [1, 900, 2, 800, 3, 700]),  # nothing fits
    ],
)
def test_no_class_is_named_where_none_can_be_told(sizes, costs):
    assert fitted_growth(sizes, costs) is None


def test_a_fit_never_has_a_negative_part_nor_a_large_error():
    draw = np.random.default_rng(2)
    fits = [fitted_growth(SIZES, list(np.exp(draw.normal(10, spread, 6)))) for spread in np.linspace(0.01, 3, 200)]
    known = [fit for fit in fits if fit is not None]
    assert 20 < len(known) < 200
    assert all(min(factor for _, factor in fit.terms) >= 0 and fit.error <= 0.35 for fit in known)


def test_a_lower_term_does_not_hide_the_class():
    costs = [5000 + 900 * size + 3 * size**2 for size in SIZES]
    fit = fitted_growth(SIZES, costs)
    assert fit.notation == "O(n²)"
    assert max(map(abs, fit.residuals)) < 1e-6


def test_the_exponent_is_that_of_a_power_law_and_its_interval_holds_it():
    fit = fitted_growth(SIZES, [7 * size**2 for size in SIZES])
    assert fit.exponent == pytest.approx(2)
    assert fit.exponent_interval == pytest.approx((2, 2))


def test_costs_of_one_size_are_averaged():
    twice = fitted_growth([*SIZES, *SIZES], [2 * size for size in SIZES] + [4 * size for size in SIZES])
    assert twice.terms == fitted_growth(SIZES, [3 * size for size in SIZES]).terms


@pytest.mark.parametrize(("name", "notation"), [("n^2 log n", "O(n² log n)"), ("2^n", "O(2ⁿ)"), ("log n", "O(log n)")])
def test_a_class_is_written_for_people(name, notation):
    assert Growth(name, (), 0.0, (), 0.0, (0.0, 0.0)).notation == notation
