"""Gamma arrivals."""

import math

import numpy as np
import pytest

from perfwise.errors import InvalidOption
from perfwise.serving.arrivals.gamma import Gamma


@pytest.mark.parametrize("cv", [0.5, 1.0, 3.0])
def test_gaps_have_the_mean_and_the_spread_asked_for(cv):
    gaps = np.diff(Gamma(8.0, cv).times(100_000, 0), prepend=0.0)
    assert gaps.mean() == pytest.approx(1 / 8, rel=0.04)
    assert gaps.std() / gaps.mean() == pytest.approx(cv, rel=0.04)


def test_a_tiny_spread_is_nearly_even():
    assert Gamma(2.0, 1e-6).times(3, 0).tolist() == pytest.approx([0.5, 1.0, 1.5], rel=1e-4)


@pytest.mark.parametrize(("rate", "cv"), [(0.0, 1.0), (math.inf, 1.0), (1.0, 0.0), (1.0, math.inf)])
def test_rate_and_spread_are_finite_and_above_zero(rate, cv):
    with pytest.raises(InvalidOption, match="must be"):
        Gamma(rate, cv)
