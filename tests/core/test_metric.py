"""One bootstrap and one paired difference serve every metric."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from perfwise.core.metric import Direction, Result, Terms, difference, evaluate, mean_of_terms, ratio_of_sums
from perfwise.core.outcome import Outcome
from perfwise.errors import InvalidMetric

from .outcomes import outcome


@dataclass(frozen=True)
class MeanQuality:
    """Mean over tasks of the mean quality of a task's outcomes."""

    name: str = "mean quality"
    unit: str = "share"
    direction: Direction = "higher"

    def terms(self, outcomes: Sequence[Outcome], references: Sequence[Outcome]) -> Terms:
        by_task: dict[str, list[float]] = {}
        for each in outcomes:
            if each.quality is not None:
                by_task.setdefault(each.task, []).append(each.quality)
        return {task: (sum(values) / len(values),) for task, values in by_task.items()}

    def combine(self, terms: NDArray[np.float64]) -> NDArray[np.float64]:
        return mean_of_terms(terms)


@dataclass(frozen=True)
class QualityPerInstruction(MeanQuality):
    name: str = "quality per instruction"

    def terms(self, outcomes: Sequence[Outcome], references: Sequence[Outcome]) -> Terms:
        return {o.task: (o.quality or 0.0, o.cost["wasm_instructions"]) for o in outcomes}

    def combine(self, terms: NDArray[np.float64]) -> NDArray[np.float64]:
        return ratio_of_sums(terms)


def qualities(*values: float) -> list[Outcome]:
    return [outcome(task=f"T/{number}", quality=value) for number, value in enumerate(values)]


def test_a_mean_takes_the_first_term() -> None:
    assert mean_of_terms(np.array([[1.0, 9.0], [0.0, 9.0], [0.5, 9.0]])) == 0.5
    assert mean_of_terms(np.array([[[1.0], [0.0]], [[1.0], [1.0]]])).tolist() == [0.5, 1.0]


def test_a_ratio_divides_the_sums_and_not_each_pair() -> None:
    assert ratio_of_sums(np.array([[1.0, 2.0], [3.0, 4.0]])) == pytest.approx(4 / 6)  # not (1/2 + 3/4) / 2
    assert math.isnan(ratio_of_sums(np.array([[1.0, 0.0], [3.0, 0.0]])))


class TestEvaluate:
    def test_gives_the_value_and_an_interval_around_it(self) -> None:
        result = evaluate(MeanQuality(), qualities(1, 0, 1, 0))
        assert (result.name, result.value, result.unit, result.n) == ("mean quality", 0.5, "share", 4)
        # Wilson of 2 of 4: half 1.96 sqrt(1/16 + 3.8415/64) / (1 + 3.8415/4) = 0.35
        assert (result.low, result.high, result.note) == (
            pytest.approx(0.15, abs=1e-3),
            pytest.approx(0.85, abs=1e-3),
            "",
        )

    def test_what_is_not_all_right_or_wrong_is_resampled(self) -> None:
        result = evaluate(MeanQuality(), qualities(1, 0.5, 1, 0.5))
        # Means of 4 draws of 1/2 and 1: all alike with 1/16 > 2.5 %, so the interval is the whole range.
        assert (result.value, result.low, result.high) == (0.75, 0.5, 1.0)

    def test_a_share_that_is_all_or_nothing_is_no_certainty(self) -> None:
        # Wilson of 4 of 4: 4 / (4 + 1.96^2) = 0.5101
        right, wrong = evaluate(MeanQuality(), qualities(1, 1, 1, 1)), evaluate(MeanQuality(), qualities(0, 0, 0, 0))
        assert (right.value, right.low, right.high) == (1.0, pytest.approx(0.5101, abs=1e-4), 1.0)
        assert (wrong.value, wrong.low, wrong.high) == (0.0, 0.0, pytest.approx(0.4899, abs=1e-4))

    def test_several_outcomes_of_a_task_are_one_row(self) -> None:
        outcomes = [outcome("a", quality=1.0), outcome("b", quality=0.0), outcome("a", task="T/1", quality=1.0)]
        result = evaluate(MeanQuality(), outcomes)
        assert (result.value, result.n) == (0.75, 2)

    def test_does_not_depend_on_the_order_of_outcomes(self) -> None:
        outcomes = qualities(0.1, 0.9, 0.4, 0.6, 0.2)
        assert evaluate(MeanQuality(), outcomes) == evaluate(MeanQuality(), outcomes[::-1])

    def test_is_the_same_under_a_seed_and_another_under_another(self) -> None:
        outcomes = qualities(*np.linspace(0, 1, 30) ** 2)
        assert evaluate(MeanQuality(), outcomes, seed=1) == evaluate(MeanQuality(), outcomes, seed=1)
        assert evaluate(MeanQuality(), outcomes, seed=1).low != evaluate(MeanQuality(), outcomes, seed=2).low

    def test_without_tasks_there_is_no_value(self) -> None:
        nothing = Result("mean quality", None, None, None, "share", 0, "higher", "no task could be scored")
        assert evaluate(MeanQuality(), []) == nothing
        assert evaluate(MeanQuality(), [outcome(quality=None)]) == nothing

    def test_with_one_task_there_is_no_interval(self) -> None:
        result = evaluate(MeanQuality(), qualities(0.7))
        assert (result.value, result.low, result.high, result.n) == (0.7, None, None, 1)
        assert result.note == "an interval needs at least two tasks"

    def test_an_undefined_value_is_none_and_says_so(self) -> None:
        from perfwise.core.cost import Cost

        free = [outcome(task=task, cost=Cost(wasm_instructions=0)) for task in ("T/0", "T/1")]
        result = evaluate(QualityPerInstruction(), free)
        assert (result.value, result.low, result.n, result.note) == (None, None, 2, "undefined on these tasks")


class TestDifference:
    def test_is_second_minus_first_over_common_tasks(self) -> None:
        first, second = qualities(0.0, 0.5, 0.5), qualities(0.5, 1.0)
        result = difference(MeanQuality(), first, second)
        assert (result.value, result.n) == (0.5, 2)

    def test_is_paired_so_that_a_constant_gain_is_certain(self) -> None:
        first, second = qualities(0.0, 0.25, 0.5, 0.75), qualities(0.25, 0.5, 0.75, 1.0)
        result = difference(MeanQuality(), first, second)
        assert (result.low, result.value, result.high) == (0.25, 0.25, 0.25)

    def test_pairs_metrics_of_several_terms(self) -> None:
        from perfwise.core.cost import Cost

        first = [outcome(task=f"T/{n}", cost=Cost(wasm_instructions=10)) for n in range(2)]
        second = [outcome(task=f"T/{n}", cost=Cost(wasm_instructions=5)) for n in range(2)]
        assert difference(QualityPerInstruction(), first, second).value == pytest.approx(2 / 10 - 2 / 20)

    def test_of_nothing_in_common_is_refused(self) -> None:
        with pytest.raises(InvalidMetric, match="no task is scored on both sides"):
            difference(MeanQuality(), qualities(1.0), [outcome(task="elsewhere")])
