import numpy as np
import pytest

from perfwise.serving.kriging import Kriging, Level

LEVELS = (Level(0.5, 3.0), Level(0.5, 1.0))


def fitted(residuals, labels=None, numbers=None, noise=0.01, groups=None):
    count = len(residuals)
    labels = np.array(labels if labels is not None else [["", "a"]] * count)
    numbers = np.array(numbers if numbers is not None else np.arange(count)[:, None] * 10.0, dtype=float)
    groups = np.arange(count, dtype=float) if groups is None else np.array(groups, dtype=float)
    return Kriging.fit(LEVELS, labels, numbers, np.array(residuals, dtype=float), groups, noise)


def at(kriging, label, number):
    return [float(part[0]) for part in kriging.at(np.array([["", label]]), np.array([[float(number)]]))]


def test_a_measured_point_is_given_back():
    assert at(fitted([0.3, -0.2, 0.1]), "a", 10)[0] == pytest.approx(-0.2, abs=0.01)


def test_far_from_all_measurements_the_formula_stands():
    assert at(fitted([0.3, -0.2, 0.1]), "a", 1000)[0] == pytest.approx(0.0, abs=1e-9)


def test_another_label_learns_the_shared_part_only():
    kriging = fitted([0.4], numbers=[[0.0]])
    same, other = at(kriging, "a", 0)[0], at(kriging, "b", 0)[0]
    assert same == pytest.approx(0.4, rel=0.01)
    assert other == pytest.approx(0.2, rel=0.01)  # one of two levels of equal deviation


def test_equal_points_count_once_by_their_median():
    twice = fitted([0.1, 0.3, 0.2], numbers=[[0.0], [0.0], [0.0]])
    assert twice.weights.size == 1
    assert at(twice, "a", 0)[0] == pytest.approx(0.2, rel=0.01)


def test_an_outlier_among_many_hardly_counts():
    numbers = np.linspace(0, 0.1, 21)[:, None]
    residuals = np.zeros(21)
    residuals[10] = 3.0
    assert abs(at(fitted(residuals, numbers=numbers, noise=0.1), "a", 0.05)[0]) < 0.05


def test_the_band_is_made_of_what_held_out_groups_miss():
    random = np.random.default_rng(5)
    residuals = random.normal(0, 0.2, 300)
    kriging = fitted(residuals, numbers=random.uniform(0, 3, (300, 1)), noise=0.2)
    _, low, high = at(kriging, "a", 1.5)
    assert low == pytest.approx(-0.2 * 1.28, abs=0.08)
    assert high == pytest.approx(0.2 * 1.28, abs=0.08)


def test_a_group_is_held_out_together():
    """Points beside each other would tell each other's residual if they were held out one by one."""
    numbers = np.repeat(np.arange(10) * 100.0, 2)[:, None] + np.tile([0.0, 0.01], 10)[:, None]
    residuals = np.repeat(np.random.default_rng(1).normal(0, 1, 10), 2)
    together = fitted(residuals, numbers=numbers, groups=np.repeat(np.arange(10), 2))
    assert together.misses == pytest.approx(residuals, abs=1e-6)
