import pytest

from perfwise.core.metric import evaluate
from perfwise.programs.metrics.speedup import Speedup
from tests.outcomes import reference, samples


def test_ratio_of_sums_over_the_right_pairs():
    references = [reference("t", 100), reference("t", 300, candidate="1"), reference("u", 1000)]
    outcomes = samples("t", [50, None, 150]) + samples("u", [500])
    # pairs (100, 50), (100, 150), (1000, 500)
    assert evaluate(Speedup(), outcomes, references).value == pytest.approx(1200 / 700)


def test_a_task_without_a_right_sample_is_no_pair():
    outcomes = samples("t", [50]) + samples("u", [None])
    assert Speedup().terms(outcomes, [reference("t"), reference("u")]) == {"t": (100, 50)}


def test_without_references_there_is_no_speedup():
    assert evaluate(Speedup(), samples("t", [50])).value is None
