import numpy as np
import pytest
from numpy.typing import NDArray

from perfwise.kit.stats import bootstrap


def mean(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(rows[..., 0].mean(axis=-1))


def column(*values: float) -> NDArray[np.float64]:
    return np.array(values, dtype=np.float64)[:, None]


def test_two_rows_give_the_three_means_that_there_are() -> None:
    # Resamples of {0, 1}: 0 with 1/4, 1/2 with 1/2, 1 with 1/4.
    assert bootstrap(column(0, 1), mean, level=0.95) == (0.0, 1.0)
    assert bootstrap(column(0, 1), mean, level=0.40) == (0.5, 0.5)


def test_equal_rows_leave_no_doubt() -> None:
    assert bootstrap(column(3, 3, 3), mean) == (3.0, 3.0)


def test_rows_are_drawn_whole() -> None:
    rows = np.array([[1.0, 2.0], [10.0, 20.0], [7.0, 14.0]])
    ratio = lambda drawn: drawn[..., 1].sum(axis=-1) / drawn[..., 0].sum(axis=-1)  # noqa: E731
    assert bootstrap(rows, ratio) == (2.0, 2.0)


def test_the_interval_of_a_mean_is_the_normal_one_for_many_rows() -> None:
    rows = column(*[0.0, 1.0] * 200)  # standard error 0.5 / sqrt(400) = 0.025
    interval = bootstrap(rows, mean)
    assert interval == pytest.approx((0.5 - 1.96 * 0.025, 0.5 + 1.96 * 0.025), abs=0.005)


@pytest.mark.parametrize("rows", [np.empty((0, 1)), column(1.0)])
def test_fewer_than_two_rows_have_no_interval(rows: NDArray[np.float64]) -> None:
    assert bootstrap(rows, mean) is None


def test_values_that_are_not_finite_are_left_out() -> None:
    def only_mixed(drawn: NDArray[np.float64]) -> NDArray[np.float64]:
        means = mean(drawn)
        return np.where(means == 0.5, means, np.nan)

    assert bootstrap(column(0, 1), only_mixed) == (0.5, 0.5)
    assert bootstrap(column(0, 1), lambda drawn: mean(drawn) * np.nan) is None


def test_the_same_seed_gives_the_same_interval() -> None:
    rows = column(*range(30))
    assert bootstrap(rows, mean, seed=5) == bootstrap(rows, mean, seed=5)
    assert bootstrap(rows, mean, seed=5) != bootstrap(rows, mean, seed=6)


def test_many_rows_are_drawn_in_blocks() -> None:
    rows = column(*[0.0, 2.0] * 50_000)
    largest = 0

    def watched(drawn: NDArray[np.float64]) -> NDArray[np.float64]:
        nonlocal largest
        largest = max(largest, drawn.size)
        return mean(drawn)

    interval = bootstrap(rows, watched, draws=60)
    assert interval is not None
    assert interval == pytest.approx((1.0, 1.0), abs=0.02)
    assert largest <= 2_000_000
