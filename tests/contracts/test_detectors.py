"""What every detector of anomalies promises."""

import contextlib
import pickle

import numpy as np
import pytest

from perfwise.core.family import Family
from perfwise.errors import InvalidTask
from perfwise.telemetry.detecting import DetectionEngine, DetectorCandidate, SeriesTask
from perfwise.telemetry.series import Series

DETECTORS = Family("perfwise.telemetry.detectors")
POINTS = 640
WAVE = 10 + np.round(np.sin(np.arange(POINTS) / 4) * 3 + np.random.default_rng(5).normal(size=POINTS), 6)
COUNTS = np.random.default_rng(6).poisson(4, POINTS).astype(float)


@pytest.fixture(params=DETECTORS.names())
def detector(request):
    return DETECTORS.get(request.param)()


@pytest.fixture
def values(detector):
    return COUNTS if type(detector).__name__ == "TemplateRates" else WAVE


def test_the_named_detectors_are_there():
    named = {"change_point", "matrix_profile", "robust_z", "seasonal_forecast", "template_rates", "constant"}
    assert named | {"cusum", "ewma", "random_scores", "spectral_residual", "subsequence_pca"} <= set(DETECTORS.names())


@pytest.mark.parametrize("info", DETECTORS.describe(), ids=lambda info: info.name)
def test_docstring_summarises_and_cites(info):
    assert info.summary.endswith((".", ";", ":"))
    assert len(info.source) > 20


def test_scores_are_finite_not_negative_and_one_a_point(detector, values):
    scores = detector.score(values, 0)
    assert (scores.shape, scores.dtype) == ((POINTS,), np.float64)
    assert np.isfinite(scores).all()
    assert (scores >= 0).all()


def test_the_same_series_and_seed_give_the_same_bytes_and_the_series_is_left_alone(detector, values):
    before = values.copy()
    assert detector.score(values, 3).tobytes() == detector.score(values, 3).tobytes()
    assert values.tobytes() == before.tobytes()


def test_a_spike_is_among_the_highest_scores(detector, values):
    if type(detector).__name__ in {"Constant", "RandomScores"}:
        pytest.skip("says nothing of the series")
    spiked = values.copy()
    spiked[400:404] += 40
    scores = detector.score(spiked, 0)
    assert scores[390:415].max() > np.percentile(np.delete(scores, np.s_[300:500]), 98)


def test_a_constant_series_has_equal_scores(detector):
    scores = detector.score(np.full(POINTS, 7.0), 0)
    assert np.isfinite(scores).all()
    assert type(detector).__name__ in {"RandomScores", "ChangePoint"} or np.ptp(scores[POINTS // 2 :]) < 1e-6


@pytest.mark.parametrize("points", [1, 2, 5, 30])
def test_a_short_series_is_scored_or_refused_with_a_reason(detector, points):
    scores = None
    with contextlib.suppress(InvalidTask):
        scores = detector.score(COUNTS[:points], 0)
    if scores is None:
        with pytest.raises(InvalidTask, match="points"):
            detector.score(COUNTS[:points], 0)
    else:
        assert scores.shape == (points,)
        assert np.isfinite(scores).all()


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_units_do_not_change_the_order_much(detector, scale):
    if type(detector).__name__ == "TemplateRates":
        pytest.skip("counts have no unit")
    usual, scaled = detector.score(WAVE, 0), detector.score(WAVE * scale, 0)
    assert np.corrcoef(usual, scaled)[0, 1] > 0.999 if np.ptp(usual) > 0 else np.ptp(scaled) == 0


def test_survives_a_process_boundary_and_is_an_outcome(detector, values):
    copy = pickle.loads(pickle.dumps(detector))
    assert copy == detector
    labels = np.zeros(POINTS, bool)
    labels[400:410] = True
    task = SeriesTask(Series("s", np.arange(float(POINTS)), values, labels))
    outcome = DetectionEngine().run(task, DetectorCandidate("d", copy), 0)
    assert outcome.failure is None
    assert {"cpu_s", "cpu_per_point_s"} == set(outcome.cost)
    assert (outcome.quality is None) == (type(detector).__name__ == "Constant")
    assert outcome.quality is None or 0 <= outcome.quality <= 1
