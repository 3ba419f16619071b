import numpy as np
import pytest
from numpy.typing import NDArray

from perfwise.kit.stats import (
    Estimate,
    adjusted,
    bootstrap,
    difference_of_means,
    mean_interval,
    proportion_interval,
    share_interval,
    signed_rank,
)


def mean(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(rows[..., 0].mean(axis=-1))


def column(*values: float) -> NDArray[np.float64]:
    return np.array(values, dtype=np.float64)[:, None]


def test_two_rows_give_the_three_means_that_there_are() -> None:
    # Resamples of {0, 1}: 0 with 1/4, 1/2 with 1/2, 1 with 1/4.
    assert bootstrap(column(0, 1), mean, level=0.95) == (0.0, 1.0)
    # The tail of 0.4 is cut at Phi(sqrt(2) * t(0.4, 1)) = Phi(-0.459) = 0.323, which lies among the halves.
    assert bootstrap(column(0, 1), mean, level=0.20) == (0.5, 0.5)


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


def test_mean_interval_is_at_least_students() -> None:
    # mean 2, standard deviation 1, t(0.975, 2) = 4.3027: half width 4.3027 / sqrt(3) = 2.4842
    assert mean_interval(np.array([1.0, 2.0, 3.0])) == pytest.approx((2 - 2.4842, 2 + 2.4842), abs=1e-3)
    assert mean_interval(np.array([1.0])) is None


def test_mean_interval_of_thousands_of_rows_is_students_alone() -> None:
    values = np.tile([0.0, 1.0], 5000)
    assert mean_interval(values) == pytest.approx((0.5 - 1.96 * 0.005, 0.5 + 1.96 * 0.005), abs=1e-4)


def test_share_interval_is_tangos() -> None:
    # At the ends the score is the quantile: (u - v - n d)^2 = z^2 n (2 q + d (1 - d)).
    for up, down, n in ((5, 1, 20), (0, 3, 50), (2, 5, 50), (20, 0, 20)):
        differences = np.array([1.0] * up + [-1.0] * down + [0.0] * (n - up - down))
        interval = share_interval(differences)
        assert interval is not None
        for mean in interval:
            if abs(mean) < 1:
                likeliest = most_likely_share(mean, up, down, n)
                score = (up - down - n * mean) / (n * (2 * likeliest + mean * (1 - mean))) ** 0.5
                assert abs(score) == pytest.approx(1.959964, abs=1e-4)


def most_likely_share(mean: float, up: int, down: int, n: int) -> float:
    """The share of downs with the greatest likelihood, looked for among many."""
    least, most = max(0.0, -mean), (1 - mean) / 2
    shares = np.linspace(least + 1e-12, most - 1e-12, 2_000_001)
    likelihood = up * np.log(shares + mean) + (n - up - down) * np.log1p(-2 * shares - mean)
    likelihood += down * np.log(shares) if down else 0.0
    return float(shares[np.argmax(likelihood)])


def test_share_interval_without_a_change_is_no_certainty() -> None:
    # z^2 / (n + z^2) = 3.8415 / 12.8415
    assert share_interval(np.zeros(9)) == pytest.approx((-0.29914, 0.29914), abs=1e-4)
    assert share_interval(np.zeros(1)) is None
    low, high = share_interval(np.ones(3)) or (0.0, 0.0)
    assert (low, high) == (pytest.approx(-0.12299, abs=1e-4), 1.0)
    assert share_interval(-np.ones(3)) == (-high, -low)


def test_difference_of_two_measured_means_is_welchs() -> None:
    from scipy.stats import ttest_ind

    first, second = np.array([1.0, 1.1, 0.9, 1.2]), np.array([1.5, 1.9, 1.4, 1.6, 1.8])
    (found,) = difference_of_means([estimate(first)], [estimate(second)])
    wanted = ttest_ind(second, first, equal_var=False)
    interval = wanted.confidence_interval(0.95)
    assert (found.value, found.p) == pytest.approx((second.mean() - first.mean(), wanted.pvalue))
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))


def estimate(values: NDArray[np.float64]) -> Estimate:
    return Estimate(values.mean(), values.std(ddof=1) / len(values) ** 0.5, len(values) - 1)


def test_known_errors_give_a_normal_test_and_none_a_certain_one() -> None:
    known, equal, apart = difference_of_means(
        [Estimate(0.0, 3.0), Estimate(1.0, 0.0), Estimate(1.0, 0.0)],
        [Estimate(9.8, 4.0), Estimate(1.0, 0.0), Estimate(2.0, 0.0)],
    )
    # error sqrt(9 + 16) = 5, 9.8 / 5 = 1.96
    assert (known.low, known.high, known.p) == pytest.approx((0.0, 19.6, 0.05), abs=1e-3)
    assert (equal.p, apart.p, apart.low, apart.high) == (1.0, 0.0, 1.0, 1.0)
    assert difference_of_means([], []) == []


def test_signed_rank_of_six_values_on_one_side_is_two_in_sixty_four() -> None:
    assert signed_rank(np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])) == pytest.approx(2 / 64)
    assert signed_rank(np.zeros(6)) == 1.0


def test_adjusted_ps_follow_their_order() -> None:
    # by rank 4 p / rank: 0.04, 0.04, 0.0533, 0.2; then the least of what follows
    assert adjusted([0.01, 0.04, 0.02, 0.2]) == pytest.approx([0.04, 0.16 / 3, 0.04, 0.2])
    assert adjusted([]) == []


@pytest.mark.parametrize(
    ("draw", "expected"),
    [
        (lambda rng: rng.normal(-0.3, 0.4, 50), -0.3),
        (lambda rng: np.where(rng.random(50) < 0.6, 0.0, rng.normal(-0.7, 0.5, 50)), -0.28),  # most tasks tie
        (lambda rng: -rng.exponential(0.5, 50), -0.5),  # never dearer
        (lambda rng: rng.standard_t(3, 50) * 0.3, 0.0),  # long tails
        (lambda rng: np.where(rng.random(50) < 0.1, -1.1, rng.normal(0.0, 0.01, 50)), -0.11),  # a tenth is three times
    ],
    ids=["normal", "ties", "skewed", "long tails", "a few far off"],
)
def test_interval_over_fifty_log_ratios_covers_what_it_claims(draw, expected: float) -> None:
    rng = np.random.default_rng(3)
    intervals = [mean_interval(draw(rng)) for _ in range(COVERAGE_RUNS)]
    assert_coverage(intervals, expected)


@pytest.mark.parametrize(("n", "expected_changes"), [(50, 3), (50, 5), (50, 15), (164, 3), (164, 8), (164, 30)])
@pytest.mark.parametrize("ups", [1 / 2, 2 / 3])
def test_interval_over_changes_of_verdict_covers_what_it_claims(n: int, expected_changes: int, ups: float) -> None:
    """Summed over all that can happen, so exact: no draws."""
    from scipy.stats import multinomial

    changed = expected_changes / n
    chances, mean = [changed * ups, changed * (1 - ups), 1 - changed], changed * (2 * ups - 1)
    covered, most = 0.0, int(expected_changes * ups + 8 * expected_changes**0.5)
    for up in range(most):
        for down in range(most):
            chance = multinomial.pmf([up, down, n - up - down], n, chances)
            if chance > 1e-7:
                low, high = share_interval(np.repeat([1.0, -1.0, 0.0], [up, down, n - up - down])) or (1.0, -1.0)
                covered += chance * (low <= mean <= high)
    assert 0.93 <= covered <= 0.97


@pytest.mark.parametrize("n", [50, 164])
@pytest.mark.parametrize("share", [0.5, 0.7, 0.8, 0.97])
def test_interval_of_a_share_of_tasks_covers_what_it_claims(n: int, share: float) -> None:
    from scipy.stats import binom

    intervals = [proportion_interval(right / n, n) for right in range(n + 1)]
    chances = binom.pmf(np.arange(n + 1), n, share)
    covered = sum(p for p, (low, high) in zip(chances, intervals, strict=True) if low <= share <= high)
    assert 0.93 <= covered <= 0.97


COVERAGE_RUNS = 400


def assert_coverage(intervals, expected: float) -> None:
    """Between 93 and 97 %, and what chance adds to four hundred runs: two standard errors of 1.1 %."""
    covered = sum(low <= expected <= high for low, high in intervals) / len(intervals)
    assert 0.93 - 0.022 <= covered <= 0.97 + 0.022
