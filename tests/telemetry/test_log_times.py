"""Times of lines, and counts of templates over time."""

import numpy as np
import pytest

from perfwise.telemetry.bursts import bursts_of, log_rates
from perfwise.telemetry.detectors.template_rates import TemplateRates
from perfwise.telemetry.lines import Lines
from perfwise.telemetry.log_times import times_of

NOON = 1_714_564_800  # 2024-05-01 12:00:00 UTC


@pytest.mark.parametrize(
    "line",
    [
        "2024-05-01 12:00:00 INFO x",
        "2024-05-01T14:00:00+02:00 x",
        "2024-05-01T12:00:00Z x",
        "24/05/01 is no date, 2024/05/01 12:00:00 is",
        "[Wed May 01 12:00:00 2024] [error] x",
        '10.0.0.1 - - [01/May/2024:12:00:00 +0000] "GET /"',
        "May  1 12:00:00 host sshd[3]: x",
        "240501 120000 148 INFO dfs.DataNode: x",
        "1714564800 x",
        "1714564800.000 x",
        '{"ts":1714564800000,"msg":"x"}',
    ],
)
def test_the_time_of_a_line_is_found_in_its_form(line):
    assert times_of(Lines.of([line] * 3), 2024).tolist() == [NOON] * 3


def test_fractions_count_and_lines_without_a_time_have_the_one_before():
    lines = ["at start", "2024-05-01 12:00:00,250 ERROR x", "  at a.b(c:1)", "2024-05-01 12:00:01,000 y"]
    found = times_of(Lines.of(lines))
    assert np.isnan(found[0])
    assert found[1:].tolist() == [NOON + 0.25, NOON + 0.25, NOON + 1]


def test_no_form_is_no_time_and_an_impossible_one_is_passed_over():
    assert np.isnan(times_of(Lines.of(["a", "b"]))).all()
    assert np.isnan(times_of(Lines.of(["2024-13-41 12:00:00 x"]))).all()
    assert times_of(Lines.of([])).shape == (0,)


def test_templates_are_counted_by_interval_and_the_rest_together():
    ids = np.array([1, 1, 2, 3, 1])
    times = np.array([0.0, 5.0, 61.0, 62.0, np.nan])
    rates = log_rates(ids, {1: "a", 2: "b", 3: "c"}, times, 60.0, most=2)
    assert [(each.text, each.lines) for each in rates.templates] == [("a", 3), ("b", 1)]
    assert rates.counts.tolist() == [[2, 0], [0, 1]]
    assert (rates.others.tolist(), rates.untimed) == ([0, 1], 1)
    assert rates.total.tolist() == [2, 2]
    assert (rates.templates[0].first_s, rates.templates[0].last_s) == (0, 5)


def test_a_stretch_of_bursts_is_told_once():
    times = np.concatenate([np.arange(0, 6000, 10.0), np.full(200, 4005.0), np.full(200, 4065.0)])
    rates = log_rates(np.ones(len(times), np.int64), {1: "a"}, np.sort(times), 60.0)
    found = bursts_of(rates, TemplateRates())
    assert [(each.kind, each.at_s) for each in found] == [("burst", 3960.0)]
    assert found[0].usual == pytest.approx(6.0)


def test_a_log_without_times_has_no_intervals():
    rates = log_rates(np.ones(3, np.int64), {1: "a"}, np.full(3, np.nan), 60.0)
    assert (len(rates.starts_s), rates.untimed, bursts_of(rates, TemplateRates())) == (0, 3, [])
