"""Tables of metrics out of files: every form, and every way to be wrong."""

import gzip
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfwise.errors import InvalidInput, PerfwiseError
from perfwise.telemetry.tables import read_graph, read_table, seconds_of


def written(folder, text, name="m.csv"):
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


@pytest.mark.parametrize("name", ["m.csv", "m.csv.gz"])
def test_a_wide_table_has_a_series_a_column(tmp_path, name):
    table = read_table(written(tmp_path, "timestamp,a,b,label\n0,1,2,0\n60,3,4,1\n120,5,6,0\n", name))
    assert table.names == ("a", "b")
    assert table.values.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert table.times_s.tolist() == [0, 60, 120]
    assert table.labels.tolist() == [False, True, False]
    assert table.notes == ()


def test_a_long_table_has_a_value_a_row(tmp_path):
    table = read_table(written(tmp_path, "ts,series,value\n0,b,1\n0,a,2\n60,a,3\n60,a,4\n"))
    assert table.names == ("a", "b")
    assert table.values[:, 0].tolist() == [2, 4]
    assert np.isnan(table.values[1, 1])
    assert any("the last counts" in note for note in table.notes)


def test_without_a_time_rows_are_seconds_apart_as_in_tsb_ad(tmp_path):
    table = read_table(written(tmp_path, "Data,Label\n5,0\n6,1\n"))
    assert (table.names, table.times_s.tolist(), table.labels.tolist()) == (("Data",), [0, 1], [False, True])


def test_times_are_seconds_milliseconds_or_iso(tmp_path):
    assert seconds_of("1714521600") == seconds_of("1714521600000") == seconds_of("2024-05-01T00:00:00Z")
    assert seconds_of("2024-05-01 00:00:00") == seconds_of("2024-05-01T02:00:00+02:00")
    assert np.isnan(seconds_of("yesterday"))
    table = read_table(written(tmp_path, "time,a\n2024-05-01 00:00:00,1\n2024-05-01 00:01:00.500,2\n"))
    assert np.diff(table.times_s).tolist() == [60.5]


def test_what_a_clock_and_a_sensor_do_is_mended_and_told(tmp_path):
    rows = "ts,a\n0,1\n60,2\n30,9\n60,3\n90,inf\n120,\n600,4\n660,nan\n"
    table = read_table(written(tmp_path, rows))
    assert table.times_s.tolist() == [0, 30, 60, 90, 120, 600, 660]
    assert table.values[2, 0] == 3
    told = " | ".join(table.notes)
    for part in (
        "goes back 1 time",
        "1 row(s) have the time of another",
        "1 value(s) that are infinite",
        "2 value(s) are missing",
        "2 gap",
    ):
        assert part in told


def test_prometheus_answers_are_tables(tmp_path):
    answer = {
        "status": "success",
        "data": {
            "resultType": "matrix",
            "result": [
                {"metric": {"__name__": "latency", "service": "cart"}, "values": [[0, "1.5"], [15, "NaN"]]},
                {"metric": {"__name__": "up"}, "values": [[0, "1"]]},
            ],
        },
    }
    table = read_table(written(tmp_path, json.dumps(answer), "m.json"))
    assert table.names == ("cart.latency", "up")
    assert table.values[0].tolist() == [1.5, 1]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty-file"),
        ("\n \n", "empty-file"),
        ("a,b\n", "no-header"),
        ("1,2\n3,4\n", "no-header"),
        ("ts,a\n0,1\n1\n", "ragged-row"),
        ("ts,a,a\n0,1,2\n", "same-name"),
        ("ts,a\nnoon,1\n", "not-a-time"),
        ("ts,a\n0,much\n", "not-a-number"),
        ("ts,a,label\n0,1,7\n", "not-a-label"),
        ("ts,label\n0,1\n", "no-series"),
        ('{"data": 3}', "not-prometheus"),
        ('{"data": {"result": []}}', "no-series"),
        ("{", "not-prometheus"),
    ],
)
def test_what_is_no_table_is_refused_with_a_code(tmp_path, text, code):
    with pytest.raises(InvalidInput) as raised:
        read_table(written(tmp_path, text))
    assert {fault.code for fault in raised.value.faults} == {code}


def test_all_faults_come_together_with_their_lines(tmp_path):
    with pytest.raises(InvalidInput) as raised:
        read_table(written(tmp_path, "ts,a,b\n0,x,1\n1,2,y\nz,3,4\n"))
    assert sorted(fault.where.rpartition(":")[2] for fault in raised.value.faults) == ["2", "3", "4"]


@pytest.mark.parametrize("name", ["absent.csv", "."])
def test_a_file_that_cannot_be_read_is_a_fault(tmp_path, name):
    with pytest.raises(InvalidInput):
        read_table(tmp_path / name)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.binary(max_size=200))
def test_junk_is_read_or_refused(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("junk") / "m.csv"
    path.write_bytes(b"ts,a\n" + data)
    try:
        table = read_table(path)
    except PerfwiseError:
        return
    assert (np.diff(table.times_s) > 0).all()
    assert not np.isinf(table.values).any()


def test_a_graph_is_a_square_or_lines(tmp_path):
    square = read_graph(written(tmp_path, ",a,b\na,0,1\nb,0,0\n", "g.csv"))
    lines = read_graph(written(tmp_path, "caller,callee\na,b\n", "g.csv"))
    assert square.names == lines.names == ("a", "b")
    assert square.calls.tolist() == lines.calls.tolist() == [[False, True], [False, False]]


@pytest.mark.parametrize("text", ["", ",a,b\na,0,1\n", ",a\na,2\n,x\n", ",a,b\na,0,x\nb,0,0\n"])
def test_what_is_no_graph_is_refused(tmp_path, text):
    with pytest.raises(InvalidInput):
        read_graph(written(tmp_path, text, "g.csv"))
