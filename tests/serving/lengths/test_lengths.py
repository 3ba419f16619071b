"""Fixed, uniform and sampled lengths."""

import numpy as np
import pytest

from perfwise.errors import InvalidOption
from perfwise.serving.lengths.fixed import Fixed
from perfwise.serving.lengths.sampled import Sampled
from perfwise.serving.lengths.uniform import Uniform
from perfwise.serving.trace import Lengths

PAIRS = Lengths(np.array([10, 20, 30]), np.array([1, 2, 3]))


def test_fixed_is_the_same_for_all():
    drawn = Fixed(9, 4).lengths(3, 0)
    assert (drawn.prompt.tolist(), drawn.output.tolist()) == ([9] * 3, [4] * 3)


def test_uniform_reaches_both_bounds_and_nothing_beyond():
    drawn = Uniform((2, 4), (1, 1)).lengths(200, 0)
    assert set(drawn.prompt.tolist()) == {2, 3, 4}
    assert set(drawn.output.tolist()) == {1}


def test_sampled_keeps_pairs_together_and_takes_each_once_before_any_twice():
    drawn = Sampled(PAIRS).lengths(7, 0)
    assert (drawn.prompt == 10 * drawn.output).all()
    assert sorted(drawn.output[:3].tolist()) == sorted(drawn.output[3:6].tolist()) == [1, 2, 3]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Fixed(0, 1),
        lambda: Uniform((0, 2)),
        lambda: Uniform((3, 2)),
        lambda: Sampled(Lengths(np.zeros(0, np.int64), np.zeros(0, np.int64))),
    ],
)
def test_lengths_that_cannot_be_are_refused(make):
    with pytest.raises(InvalidOption):
        make()
