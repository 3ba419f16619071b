"""Poisson arrivals."""

import math
import random

import numpy as np
import pytest

from perfwise.errors import InvalidOption
from perfwise.serving.arrivals.poisson import Poisson
from perfwise.serving.reading import read_trace
from tests.data_folder import shared


def test_times_are_sums_of_exponential_gaps():
    draw = random.Random(5)
    first = -math.log(1 - draw.random()) / 4
    assert Poisson(4.0).times(2, 5).tolist() == [first, first - math.log(1 - draw.random()) / 4]


def test_mean_and_spread_of_the_gaps_are_those_of_the_rate():
    gaps = np.diff(Poisson(4.0).times(20_000, 0))
    assert gaps.mean() == pytest.approx(0.25, rel=0.02)
    assert gaps.std() / gaps.mean() == pytest.approx(1.0, rel=0.02)


def test_the_cap_cuts_gaps_and_raises_the_rate():
    gaps = np.diff(Poisson(4.0, cap=3).times(20_000, 0), prepend=0.0)
    assert gaps.max() == pytest.approx(0.75)
    assert 1 / gaps.mean() == pytest.approx(4 / (1 - math.exp(-3)), rel=0.02)


@pytest.mark.parametrize("rate", [0.0, -1.0, math.inf, math.nan])
def test_a_rate_is_finite_and_above_zero(rate):
    with pytest.raises(InvalidOption, match="the rate must be"):
        Poisson(rate)


def test_a_cap_is_above_zero():
    with pytest.raises(InvalidOption, match="the cap must be above 0"):
        Poisson(1.0, cap=0.0)


@pytest.mark.paper
@pytest.mark.parametrize(("run", "rate"), [("A_readme_sarathi_512", 6.45), ("A3_sarathi_arxiv_2048", 1.5)])
def test_with_a_cap_of_three_the_times_are_vidurs_to_the_last_bit(run, rate):
    """microsoft/vidur 7d47513, seed 42: arrivals of two recorded runs."""
    recorded = read_trace(shared(f"serving/anchors/{run}_requests.csv.gz")).arrival_s
    assert Poisson(rate, cap=3).times(len(recorded), 42).tolist() == recorded.tolist()
