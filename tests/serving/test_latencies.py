"""Latencies of requests by their names in the field."""

import numpy as np
import pytest

from perfwise.serving.latencies import latencies
from tests.serving.finished import hand_worked

NAN = np.nan


def near(values, expected):
    return values.tolist() == pytest.approx(expected, nan_ok=True)


def test_each_latency_is_what_its_name_says():
    found = latencies(hand_worked().requests)
    assert near(found.ttft_s, [1.0, 2.0, NAN])
    assert near(found.tpot_s, [0.5, NAN, NAN])
    assert near(found.e2e_s, [3.0, 2.0, NAN])
    assert near(found.scheduling_delay_s, [0.5, 0.0, NAN])
    assert near(found.worst_gap_s, [0.75, NAN, NAN])
    assert near(found.slowdown, [1.2, 1.0, NAN])


def test_a_restart_shortens_the_output_of_tpot_but_not_of_tpot_as_asked():
    rows = hand_worked().requests
    asked = rows.output.copy()
    rows.output[0] = 3
    found = latencies(rows, asked)
    assert near(found.tpot_s, [1.0, NAN, NAN])
    assert near(found.tpot_as_asked_s, [0.5, NAN, NAN])
