import pytest

from perfwise.core.metric import evaluate
from perfwise.errors import InvalidMetric
from perfwise.programs.metrics.opt_percent import OptPercent
from perfwise.programs.metrics.pie_speedup import PieSpeedup
from tests.outcomes import made, reference, samples

ORIGINAL = [reference(cost=10)]


@pytest.mark.parametrize(("n", "expected"), [(1, 1.0), (2, 1.25), (3, 1.25), (8, 1.25)])
def test_best_of_n_in_file_order(n, expected):
    outcomes = samples("t", [12, 8, None])
    assert PieSpeedup(n=n).terms(outcomes, ORIGINAL) == {"t": (pytest.approx(expected),)}


def test_sample_ten_comes_after_sample_nine():
    outcomes = [made(cost=5, candidate="10"), made(cost=10, candidate="9")]
    assert PieSpeedup(n=1).terms(outcomes, ORIGINAL) == {"t": (1.0,)}


def test_opt_counts_a_speedup_of_exactly_the_threshold():
    # 11 / 10 = 1.1; 11 / 10.1 < 1.1
    outcomes = samples("t", [10]) + samples("u", [10.1]) + samples("v", [None]) + samples("w", [1])
    references = [reference(task, 11) for task in "tuvw"]
    assert evaluate(OptPercent(), outcomes, references).value == pytest.approx(50)


def test_a_higher_threshold():
    assert OptPercent(n=2, threshold=1.5).terms(samples("t", [12, 8]), ORIGINAL) == {"t": (0.0,)}
    assert OptPercent(n=2, threshold=1.25).terms(samples("t", [12, 8]), ORIGINAL) == {"t": (100.0,)}


@pytest.mark.parametrize("wrong", [{"n": 0}, {"threshold": 1.0}])
def test_parameters_out_of_range(wrong):
    with pytest.raises(InvalidMetric):
        OptPercent(**wrong)
