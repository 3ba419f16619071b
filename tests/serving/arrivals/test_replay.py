"""Recorded times."""

import numpy as np
import pytest

from perfwise.errors import InvalidOption
from perfwise.serving.arrivals.replay import Replay


def test_twice_the_speed_is_half_the_time():
    assert Replay(2.0).times(2, 0, np.array([1.0, 3.0, 9.0])).tolist() == [0.5, 1.5]


@pytest.mark.parametrize("recorded", [None, np.array([1.0])])
def test_too_few_recorded_times_are_refused(recorded):
    with pytest.raises(InvalidOption, match="2 times are wanted of a replay"):
        Replay().times(2, 0, recorded)


def test_a_speed_is_above_zero():
    with pytest.raises(InvalidOption, match="the speed must be"):
        Replay(0.0)
