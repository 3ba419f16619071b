"""Growth from exact counts: textbook algorithms have the textbook's class."""

import pytest
from benchmarks.programs._textbook import ALGORITHMS

from perfwise.kit.growth import fitted_growth
from perfwise.programs import plain
from perfwise.programs.contracts import Limits, ProgramCandidate, ProgramTask
from perfwise.programs.engine import ProgramEngine
from perfwise.programs.growth import growth_of
from perfwise.programs.meters.wasm import WasmMeter
from perfwise.programs.sizes import size_of

DEARER_ITEMS = {"sum of squares", "two sum with a table"}  # integers above 256 are made: see docs/growth.md


@pytest.mark.parametrize("algorithm", ALGORITHMS[::2], ids=lambda algorithm: algorithm.name)
def test_a_textbook_algorithm_has_the_textbooks_class(algorithm):
    inputs = [plain.dumps(algorithm.arguments(n)) for n in algorithm.sizes]
    run = WasmMeter().measure(algorithm.source, "f", inputs, Limits(2e10, None, 1 << 30), 0)
    fit = fitted_growth(algorithm.sizes, [call.cost for call in run.calls])
    if algorithm.name not in DEARER_ITEMS:
        assert fit.name == algorithm.growth


@pytest.mark.parametrize(
    ("arguments", "size"),
    [
        ((5,), 5),
        ((-7, 3), 7),
        (([1, 2, 3], 10**6), 3),
        (("abcd",), 4),
        (([[1, 2], [3, 4], [5, 6]],), 3),
        ((["a", "a longer text"],), 13),
        (({"a": [1, 2, 3]},), 3),
        (([],), 0),
        ((None, True), 1),
        ((), 0),
    ],
)
def test_a_size_is_what_the_author_of_the_problem_would_name(arguments, size):
    assert size_of(plain.dumps(arguments)) == size


def test_an_outcome_carries_the_sizes_that_its_growth_is_fitted_on():
    script = (
        "def stress():\n    return [(n,) for n in (16, 32, 64, 128, 256)]\n\n\ndef check(args, answer):\n    pass\n"
    )
    task = ProgramTask("count", script, entry_point="f")
    source = "def f(n):\n    for i in range(n):\n        for j in range(n):\n            pass\n"
    found = growth_of(ProgramEngine(WasmMeter()).run(task, ProgramCandidate("0", "mine", "count", source), 0))
    assert found.sizes == (16, 32, 64, 128, 256)
    assert found.fit.notation == "O(n²)"
    assert found.fit.exponent == pytest.approx(2, abs=0.1)
