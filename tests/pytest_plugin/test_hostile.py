"""What a measured function or a careless call cannot do to who reads the test's end."""

import pytest

from perfwise.errors import InvalidOption
from perfwise.pytest_plugin.measuring import measured


def steering():
    raise ValueError("\x1b]0;title\x07\x1b[2J gone")


def test_what_a_function_raises_cannot_steer_the_terminal():
    failure = measured(steering, (), "steering", budget=1e9, seed=0).failure
    assert failure == r"raised ValueError: \x1b]0;title\x07\x1b[2J gone"


@pytest.mark.parametrize("budget", [0, -1, float("nan")])
def test_a_budget_that_nothing_fits_in_is_no_failure_of_the_function(budget: float):
    with pytest.raises(InvalidOption, match="budget"):
        measured(steering, (), "steering", budget=budget, seed=0)
