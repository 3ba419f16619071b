"""Detectors: what each is for, by hand."""

import numpy as np
import pytest

from perfwise.errors import InvalidOption, InvalidTask
from perfwise.telemetry.detecting import DetectionEngine, DetectorCandidate, SeriesTask, alarms
from perfwise.telemetry.detectors._horizon import drift_at, horizon
from perfwise.telemetry.detectors._windows import spread_over_points, typical_window
from perfwise.telemetry.detectors.change_point import ChangePoint
from perfwise.telemetry.detectors.constant import Constant
from perfwise.telemetry.detectors.cusum import Cusum
from perfwise.telemetry.detectors.matrix_profile import MatrixProfile
from perfwise.telemetry.detectors.robust_z import RobustZ
from perfwise.telemetry.detectors.seasonal_forecast import SeasonalForecast
from perfwise.telemetry.detectors.subsequence_knn import SubsequenceKnn
from perfwise.telemetry.detectors.template_rates import TemplateRates
from perfwise.telemetry.series import Series

WAVE = np.sin(np.arange(1200) * 2 * np.pi / 30)


def noisy(points, seed=0):
    return np.random.default_rng(seed).normal(size=points)


def test_a_change_point_is_likely_where_the_level_changes_and_only_there():
    values = noisy(400)
    values[200:] += 5
    scores = ChangePoint().score(values, 0)
    assert scores[202:210].min() > 0.9
    assert np.median(scores[50:200]) < 0.2
    assert np.median(scores[230:]) < 0.2


def test_lengths_of_runs_beyond_the_longest_are_one():
    values = noisy(300, 4)
    bounded, free = ChangePoint(longest_run=60).score(values, 0), ChangePoint(longest_run=400).score(values, 0)
    assert np.abs(bounded - free).max() < 0.05


def test_cusum_adds_up_what_exceeds_the_allowance():
    values = np.array([0.0, 1.0] * 10 + [2.0, 2.0, 0.0])
    found = Cusum(allowance=0.0).score(values, 0)
    assert found[20] - found[19] == pytest.approx(found[21] - found[20])


def profile_by_definition(values, length, apart, k, normalised):
    windows = np.lib.stride_tricks.sliding_window_view(values, length).astype(float)
    if normalised:
        windows = (windows - windows.mean(axis=1, keepdims=True)) / windows.std(axis=1, keepdims=True)
    distance = np.sqrt(((windows[:, None] - windows[None]) ** 2).sum(axis=2))
    place = np.arange(len(windows))
    distance[np.abs(place[:, None] - place[None]) < apart] = np.inf
    return np.sort(distance, axis=1)[:, k - 1]


@pytest.mark.parametrize("length", [6, 7])
def test_profiles_equal_their_definition(length):
    values = noisy(80, 2)
    scaled = (values - np.median(values)) / (np.subtract(*np.percentile(values, [75, 25])) / 1.349)
    shapes = profile_by_definition(scaled, length, length // 2, 1, True)
    levels = profile_by_definition(scaled, length, length // 2, 3, False)
    assert MatrixProfile(length).score(values, 0) == pytest.approx(spread_over_points(shapes, length), abs=1e-6)
    assert SubsequenceKnn(3, length).score(values, 0) == pytest.approx(spread_over_points(levels, length), abs=1e-6)


def test_a_series_too_long_for_its_square_is_refused_with_a_way_out():
    with pytest.raises(InvalidTask, match="most_points=500"):
        MatrixProfile(10, most_points=499).score(noisy(500), 0)


def test_a_forecast_is_learned_again_after_a_drift_from_a_bounded_history():
    values = WAVE + 0.05 * noisy(1200)
    values[700:] = 3 + 2 * WAVE[700:] + 0.05 * noisy(500, 1)
    scores, times = SeasonalForecast(period=30).followed(values)
    assert times[0] == (60, 60)
    assert all(700 < point < 900 for point, _ in times[1:])
    assert len(times) >= 2
    assert all(known <= point for point, known in times)
    assert scores[700:710].mean() > 5 * scores[300:700].mean()
    assert scores[1100:].mean() < scores[700:710].mean() / 3


def test_without_a_drift_a_forecast_is_learned_once():
    assert SeasonalForecast(period=30).followed(WAVE + 0.05 * noisy(1200))[1] == [(60, 60)]


def test_a_horizon_is_the_smallest_window_with_enough_variance():
    history = np.concatenate([np.zeros(50), np.tile([1.0, -1.0], 25)])
    assert horizon(history, 1.0, 4) == 4  # its own variance is 1, the whole's 0.5
    assert horizon(np.concatenate([np.tile([1.0, -1.0], 25), np.zeros(50)]), 0.5, 4) == 67


def test_drift_adds_up_beyond_the_allowance():
    assert drift_at(np.ones(10), 0.5, 2.0, (0.0, 0.0))[0] == 4
    assert drift_at(-np.ones(10), 0.5, 2.0, (0.0, 0.0))[0] == 4
    assert drift_at(np.full(10, 0.4), 0.5, 2.0, (0.0, 0.0)) == (-1, 0.0, 0.0)


def test_rates_name_what_is_new_vanished_or_bursting():
    counts = np.zeros(120)
    counts[20:100] = 10
    counts[60] = 60
    counts[100:] = 0
    kinds = TemplateRates(history=30).kinds(counts)
    assert (kinds[20], kinds[60], kinds[100]) == ("new", "burst", "vanished")
    assert set(kinds[30:59]) == {""}


def test_rates_are_of_counts():
    with pytest.raises(InvalidTask, match="negative"):
        TemplateRates().score(np.array([1.0, -1.0]), 0)


def test_the_typical_window_is_the_period():
    assert typical_window(WAVE) % 30 in (0, 1, 29)
    assert typical_window(noisy(20)) >= 3


@pytest.mark.parametrize("make", [lambda: ChangePoint(1), lambda: ChangePoint(recent=400), lambda: SubsequenceKnn(0)])
def test_parameters_out_of_range_are_refused(make):
    with pytest.raises(InvalidOption):
        make()


def labelled(values, start=None):
    labels = np.zeros(len(values), bool)
    if start is not None:
        labels[start : start + 10] = True
    return Series("s", np.arange(float(len(values))), values, labels)


def test_an_outcome_has_every_score_or_says_why_not():
    values = noisy(300)
    values[100:110] += 9
    right = DetectionEngine().run(SeriesTask(labelled(values, 100)), DetectorCandidate("z", RobustZ()), 0)
    assert right.quality == right.detail["scores"]["PATE"] > 0.9
    assert set(right.detail["scores"]) == {"PATE", "PATE-F1", "VUS-PR", "VUS-ROC", "point-adjusted F1"}
    nothing = DetectionEngine().run(SeriesTask(labelled(values)), DetectorCandidate("z", RobustZ()), 0)
    assert nothing.quality is None
    assert nothing.caveats == ("no PATE: the labels name no anomaly",)
    flat = DetectionEngine().run(SeriesTask(labelled(values, 100)), DetectorCandidate("c", Constant()), 0)
    assert flat.detail["undefined"]["VUS-PR"] == "the score is the same at every point"


def test_a_series_that_a_detector_cannot_take_is_its_failure():
    for values in (noisy(5), np.full(40, np.nan)):
        outcome = DetectionEngine().run(SeriesTask(labelled(values, 1)), DetectorCandidate("m", MatrixProfile(20)), 0)
        assert outcome.failure.kind == "invalid-task"
        assert outcome.quality is None


def test_alarms_are_stretches_and_near_ones_are_one():
    scores = np.abs(noisy(300)) * 0.1
    scores[[100, 103, 200]] = 50, 60, 40
    found = alarms(labelled(noisy(300)), scores)
    assert [(each.start_s, each.end_s, each.peak_s) for each in found] == [(100, 103, 103), (200, 200, 200)]
    assert [each.peak_s for each in alarms(labelled(noisy(300)), scores, most=1)] == [103]
    assert alarms(labelled(noisy(300)), np.ones(300)) == []


def test_values_too_large_to_add_up_are_refused():
    with pytest.raises(InvalidTask, match="beyond 1e\\+100"):
        Series("s", np.arange(3.0), np.array([1.0, 1e200, 2.0]))


def test_a_detector_without_finite_scores_has_failed():
    class Broken:
        def score(self, values, seed):
            return np.full(len(values), np.nan)

    outcome = DetectionEngine().run(SeriesTask(labelled(noisy(50), 20)), DetectorCandidate("b", Broken()), 0)
    assert outcome.failure.kind == "invalid-candidate"
    assert "no finite score to each of 50 points" in outcome.failure.message
