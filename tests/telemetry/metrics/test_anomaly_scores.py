"""PATE, VUS and the point-adjusted F1 on series: golden values of the official code, cases by hand, bad input."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfwise.errors import InvalidMetric
from perfwise.telemetry.metrics._anomalies import anomalies_of, why_undefined
from perfwise.telemetry.metrics.pate import Pate, pate
from perfwise.telemetry.metrics.pate_f1 import PateF1, pate_f1
from perfwise.telemetry.metrics.point_adjusted_f1 import PointAdjustedF1, point_adjusted_f1
from perfwise.telemetry.metrics.vus_pr import VusPr
from perfwise.telemetry.metrics.vus_roc import VusRoc

# Made by `python benchmarks/telemetry/anomaly_scores.py --official PYTHON --golden FILE` with PATE 0.1.1 from PyPI,
# numpy 1.24.4 and scikit-learn 1.3.2: buffers 30 and 20, 50 thresholds; alarms are scores above 0.6.
GOLDEN = json.loads(Path(__file__).with_name("pate_golden.json").read_text("utf-8"))
METRICS = (Pate(), PateF1(), VusPr(20), VusRoc(20), PointAdjustedF1())


def marked(points, runs):
    labels = np.zeros(points, int)
    for start, end in runs:
        labels[start : end + 1] = 1
    return labels


def windows(points, kind):
    """The series that the field's timings are made on: ten windows of 100 labelled points."""
    generator = np.random.default_rng(7)
    labels, slot = np.zeros(points), points // 10
    for place in range(10):
        start = place * slot + generator.integers(0, slot - 100)
        labels[start : start + 100] = 1
    noise, box = generator.standard_normal(points), np.ones(50) / 50
    if kind == "noisy":
        return labels.astype(int), labels + 0.7 * noise
    return labels.astype(int), np.convolve(labels, box, "same") + 0.3 * np.convolve(noise, box, "same")


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case["kind"])
def test_pate_and_its_f1_equal_the_official_ones(case):
    labels, scores = marked(case["points"], case["anomalies"]), np.array(case["scores"])
    assert pate(labels, scores, 30, 20, 50) == pytest.approx(case["pate"], abs=1e-12)
    assert pate_f1(labels, scores > 0.6, 30, 20) == pytest.approx(case["pate_f1"], abs=1e-12)


@pytest.mark.parametrize(
    ("kind", "thresholds", "value", "f1"),
    [
        ("smooth", 250, 0.9989008331244549, 0.7273996915825307),
        ("noisy", 50, 0.500704954889261, 0.4065206283540077),
    ],
)
def test_pate_has_the_recorded_official_value_on_ten_thousand_points(kind, thresholds, value, f1):
    labels, scores = windows(10_000, kind)
    assert pate(labels, scores, early_buffer=100, delay_buffer=100, thresholds=thresholds) == pytest.approx(
        value, abs=1e-12
    )
    assert PateF1().measure(labels, scores).value == pytest.approx(f1, abs=1e-12)


def test_weights_fall_to_zero_at_the_end_of_a_buffer_worked_out_by_hand():
    # One anomaly [4, 5], middle 4.5. All of it and point 6 are predicted; the delay buffer of 2 ends at 7.
    labels, alarms = marked(10, [(4, 5)]), marked(10, [(4, 6)])
    weight = 1 - (6 - 4.5) / (7 - 4.5)
    precision = (2 + weight) / 3
    assert pate_f1(labels, alarms, 0, 2, include_zero=False) == pytest.approx(2 * precision / (precision + 1))


def test_an_early_alarm_counts_only_where_the_anomaly_is_hit():
    labels = marked(10, [(4, 5)])
    assert pate_f1(labels, marked(10, [(3, 3)]), 2, 0, include_zero=False) == 0
    # Middle 4.5, buffer from 2: point 3 weighs 1 - 1.5 / 2.5; point 4 is hit, point 5 missed costs 1.
    weight = 1 - 1.5 / 2.5
    precision, recall = (1 + weight) / 2, (1 + weight) / (1 + weight + 1)
    found = pate_f1(labels, marked(10, [(3, 4)]), 2, 0, include_zero=False)
    assert found == pytest.approx(2 * precision * recall / (precision + recall))


def test_perfect_scores_have_pate_one_and_more_alarms_cost():
    labels = marked(50, [(20, 29)])
    assert pate(labels, labels.astype(float), 0, 0) == 1.0
    assert pate(labels, marked(50, [(20, 29), (40, 45)]).astype(float), 0, 0) < 1.0


def test_equal_scores_have_the_published_value_and_none_in_outcomes():
    labels, scores = marked(10, [(4, 5)]), np.full(10, 3.0)
    assert pate(labels, scores, 0, 0) == pytest.approx((1 + 2 / 10) / 2)
    for metric in METRICS:
        measured = metric.measure(labels, scores)
        assert measured.value is None
        assert measured.reason == "the score is the same at every point"


def test_no_anomaly_is_an_absent_value_with_its_reason():
    assert pate(np.zeros(9), np.arange(9.0)) is None
    assert pate_f1(np.zeros(9), np.ones(9)) is None
    assert point_adjusted_f1(np.zeros(9), np.arange(9.0)) is None
    for metric in METRICS:
        assert metric.measure(np.zeros(9), np.arange(9.0)).reason == "the labels name no anomaly"
        assert metric.measure(np.ones(9), np.arange(9.0)).reason == "every point is labelled an anomaly"
        assert metric.measure([], []).reason == "the series is empty"


@pytest.mark.parametrize(
    ("labels", "scores", "said"),
    [
        ([0, 2, 0], [1, 2, 3], "labels are 0 or 1"),
        ([0, 1, 0], [1, 2], "3 labels and scores of shape"),
        ([0, 1, 0], [1, np.nan, 3], "not finite, the first is nan at point 1"),
        ([0, 1, 0], [1, 2, np.inf], "not finite, the first is inf at point 2"),
        ([[0, 1]], [[1, 2]], "one series"),
        (["a", "b"], [1, 2], "numbers 0 and 1"),
        ([0, np.nan, 1], [1, 2, 3], "labels are 0 or 1"),
    ],
)
def test_what_is_no_labelled_series_is_refused(labels, scores, said):
    for metric in METRICS:
        with pytest.raises(InvalidMetric, match=said):
            metric.measure(labels, scores)


@pytest.mark.parametrize("bad", [{"early_buffer": -1}, {"thresholds": 0}, {"splits": 0}])
def test_numbers_out_of_range_are_refused(bad):
    with pytest.raises(InvalidMetric):
        pate([0, 1, 0], [1.0, 2.0, 3.0], **bad)


def test_point_adjustment_gives_an_anomaly_its_highest_score():
    # Adjusted: the whole of [2, 4] has 5, one point elsewhere has 7: at threshold 5 three hits, one false alarm.
    assert point_adjusted_f1([0, 0, 1, 1, 1, 0], [1, 7, 0, 5, 0, 1]) == pytest.approx(2 * 3 / (4 + 3))


def test_volumes_have_the_values_of_the_published_code():
    # vus 0.0.6 on the same numbers: RangeAUC_volume_opt(labels, scores, windowSize=20, thre=50).
    labels, scores = marked(240, [[60, 89], [150, 199]]), np.array(GOLDEN[1]["scores"])
    assert VusPr(20, 50).measure(labels, scores).value == pytest.approx(0.8158476267725493, abs=1e-12)
    assert VusRoc(20, 50).measure(labels, scores).value == pytest.approx(0.9061877832267365, abs=1e-12)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 5)), min_size=1, max_size=60), st.integers(0, 20))
def test_every_score_is_a_share_and_survives_a_monotone_change(rows, buffer):
    labels, scores = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    for metric in (
        Pate(buffer, buffer, 50),
        PateF1(0.2, buffer, buffer),
        VusPr(buffer),
        VusRoc(buffer),
        PointAdjustedF1(),
    ):
        found, scaled = metric.measure(labels, scores), metric.measure(labels, 2 * scores - 8)
        assert (found.value is None) == bool(why_undefined(labels, scores))
        if found.value is not None:
            assert 0 <= found.value <= 1 + 1e-12
            assert scaled.value == pytest.approx(found.value, abs=1e-12)


def test_runs_are_found_at_both_ends():
    found = anomalies_of([1, 0, 1, 1])
    assert (found.starts.tolist(), found.ends.tolist()) == ([0, 2], [0, 3])
    assert found.inside.tolist() == [True, False, True, True]
