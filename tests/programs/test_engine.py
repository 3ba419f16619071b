"""What the engine refuses before it runs anything."""

import math

import pytest

from perfwise.errors import InvalidOption
from perfwise.programs.engine import ProgramEngine
from perfwise.programs.meters.wasm import WasmMeter


@pytest.mark.parametrize("budget", [0, -1, math.inf, math.nan])
def test_a_budget_that_nothing_can_keep_to_is_refused(budget):
    with pytest.raises(InvalidOption, match="a budget is above 0"):
        ProgramEngine(WasmMeter(), budget=budget)
