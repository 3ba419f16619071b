"""When a fault began, where nobody says so."""

import numpy as np
import pytest

from perfwise.errors import InvalidOption
from perfwise.telemetry.investigating import first_great_change, incident_of
from perfwise.telemetry.series import MetricTable


def table(values):
    names = tuple(f"c{place}.x" for place in range(values.shape[1]))
    return MetricTable(np.arange(float(len(values))), names, values)


def test_the_first_great_change_is_where_most_series_change():
    values = np.random.default_rng(0).normal(size=(300, 4))
    values[240:, :3] += 6
    values[100:, 3] = np.nan
    point, gain = first_great_change(table(values))
    assert point == 240
    assert gain > 100
    assert incident_of(table(values), None, None).table.notes == ()


def test_noise_alone_is_told_to_be_a_guess():
    incident = incident_of(table(np.random.default_rng(0).normal(size=(300, 4))), None, None)
    assert "a guess; give --at" in incident.table.notes[-1]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (np.ones((50, 2)), "every series is constant"),
        (np.full((50, 2), np.nan), "or has no value"),
        (np.ones((15, 1)), "points are too few"),
    ],
)
def test_where_nothing_can_be_found_a_time_is_asked_for(values, said):
    with pytest.raises(InvalidOption, match=said):
        incident_of(table(values), None, None)
