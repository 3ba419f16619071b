"""The estimators behind pass@k, efficient@k and eff@k."""

import itertools
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwise.errors import InvalidMetric
from perfwise.programs.metrics._estimators import best_of_k, pass_at_k


@pytest.mark.parametrize(
    ("n", "successes", "k", "expected"),
    [(5, 2, 2, 0.7), (4, 1, 4, 1.0), (5, 0, 3, 0.0), (5, 4, 2, 1.0), (100, 1, 1, 0.01)],
)
def test_pass_at_k_by_hand(n, successes, k, expected):
    assert pass_at_k(n, successes, k) == pytest.approx(expected, abs=1e-15)


def test_best_of_two_of_three():
    # pairs of (0, .5, 1): maxima .5, 1, 1
    assert best_of_k([0, 0.5, 1], 2) == pytest.approx(2.5 / 3)


def test_best_of_one_is_the_mean_and_best_of_all_the_maximum():
    assert best_of_k([3, 1, 8], 1) == pytest.approx(4)
    assert best_of_k([3, 1, 8], 3) == pytest.approx(8)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=7), st.data())
def test_best_of_k_is_the_mean_maximum_over_all_draws(scores, data):
    k = data.draw(st.integers(1, len(scores)))
    draws = itertools.combinations(scores, k)
    assert best_of_k(scores, k) == pytest.approx(statistics.fmean(map(max, draws)))


@given(st.integers(1, 60), st.data())
def test_pass_at_k_is_best_of_k_over_ones_and_zeros(n, data):
    successes, k = data.draw(st.integers(0, n)), data.draw(st.integers(1, n))
    scores = [1] * successes + [0] * (n - successes)
    assert pass_at_k(n, successes, k) == pytest.approx(best_of_k(scores, k), abs=1e-12)


def test_many_samples_neither_overflow_nor_cancel():
    assert pass_at_k(5000, 1, 2500) == pytest.approx(0.5)
    assert best_of_k([0.0] * 4999 + [1.0], 2500) == pytest.approx(0.5)


@pytest.mark.parametrize("k", [0, 4])
def test_k_outside_the_samples_is_refused(k):
    with pytest.raises(InvalidMetric, match="between 1 and the number of samples, 3"):
        pass_at_k(3, 1, k)
    with pytest.raises(InvalidMetric, match="between 1 and the number of samples, 3"):
        best_of_k([1, 2, 3], k)
