"""Tables and timelines of a served trace."""

import csv
import gzip
import itertools
import json
import sys

import numpy as np
import pytest

from perfwise.core.family import Family
from perfwise.errors import InvalidOption, MissingExtra
from perfwise.serving.exports._files import save
from perfwise.serving.exports.parquet import Parquet
from perfwise.serving.exports.perfetto import Perfetto
from perfwise.serving.exports.request_csv import RequestCsv
from perfwise.serving.reading import read_trace
from perfwise.serving.served import Served
from perfwise.serving.trace import Trace
from tests.data_folder import shared
from tests.serving.finished import hand_worked, recorded

FAMILY = Family("perfwise.serving.exports")
NAMES = FAMILY.names()


def events(path):
    document = json.loads(path.read_text())
    return document, document["traceEvents"]


@pytest.mark.parametrize("info", FAMILY.describe(), ids=lambda info: info.name)
def test_docstring_summarises_and_cites(info):
    assert info.summary.endswith((".", ";", ":"))
    assert len(info.source) > 10


@pytest.mark.parametrize("name", NAMES)
def test_the_same_run_gives_the_same_bytes(tmp_path, name):
    if name == "parquet":
        pytest.importorskip("pyarrow")
    for file in ("a", "b"):
        FAMILY.get(name)().write(tmp_path / file, hand_worked())
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_cannot_be_written_is_told(tmp_path, name):
    if name == "parquet":
        pytest.importorskip("pyarrow")
    with pytest.raises(InvalidOption, match="cannot write"):
        FAMILY.get(name)().write(tmp_path / "absent" / "file", hand_worked())


def test_csv_has_a_row_for_each_request_with_empty_times_where_none_have_come(tmp_path):
    RequestCsv().write(tmp_path / "out.csv", hand_worked())
    assert (tmp_path / "out.csv").read_text().splitlines() == [
        "arrived_at,prefill,decode,scheduled_at,prefill_completed_at,completed_at",
        "0.0,100,5,0.5,1.0,3.0",
        "1.0,50,1,1.0,3.0,3.0",
        "2.0,50,4,,,",
    ]


def test_csv_has_the_tokens_that_were_asked_for(tmp_path):
    served = hand_worked()
    served.requests.prompt[0], served.requests.output[0] = 103, 2  # after a restart
    RequestCsv().write(tmp_path / "out.csv", served)
    assert (tmp_path / "out.csv").read_text().splitlines()[1].startswith("0.0,100,5,")


def test_csv_keeps_every_digit_and_is_a_trace_again(tmp_path):
    times = np.cumsum(np.random.default_rng(0).random(50))
    trace = Trace("t", times, np.full(50, 3), np.full(50, 4))
    RequestCsv().write(tmp_path / "t.csv.gz", Served(trace, trace.rows()))
    assert read_trace(tmp_path / "t.csv.gz").digest == trace.digest


@pytest.mark.paper
def test_csv_of_a_recorded_run_is_the_record(tmp_path):
    """microsoft/vidur 7d47513, the shipped reference run: byte for byte."""
    RequestCsv().write(tmp_path / "out.csv", recorded("A_readme_sarathi_512"))
    with gzip.open(shared("serving/anchors/A_readme_sarathi_512_requests.csv.gz"), "rt", newline="") as file:
        shipped = list(csv.reader(file))
    with (tmp_path / "out.csv").open(newline="") as file:
        assert list(csv.reader(file)) == shipped


def test_parquet_has_the_same_and_more(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    Parquet().write(tmp_path / "out.parquet", hand_worked())
    table = parquet.read_table(tmp_path / "out.parquet").to_pydict()
    assert table["completed_at"] == [3.0, 3.0, None]
    assert (table["prefill"], table["replica"], table["hit_tokens"]) == ([100, 50, 50], [0, 1, -1], [20, 0, 0])


def test_parquet_without_pyarrow_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtra, match=r"perfwise\[data\]"):
        Parquet().write(tmp_path / "out.parquet", hand_worked())


def test_a_request_is_up_to_three_slices_in_a_row_on_its_replica(tmp_path):
    Perfetto().write(tmp_path / "t.json", hand_worked())
    document, found = events(tmp_path / "t.json")
    spans = [(e["name"], e["pid"], e["ts"], e["dur"]) for e in found if e["ph"] == "X" and "request" in e["args"]]
    assert spans == [
        ("queued", 1, 0, 500_000),
        ("prefill", 1, 500_000, 500_000),
        ("decode", 1, 1_000_000, 2_000_000),
        ("prefill", 2, 1_000_000, 2_000_000),
    ]
    assert document["otherData"] == {"requests": 3, "shown": 2}


def test_steps_that_overlap_are_on_lanes_of_their_own(tmp_path):
    Perfetto().write(tmp_path / "t.json", hand_worked())
    steps = [(e["pid"], e["tid"], e["ts"]) for e in events(tmp_path / "t.json")[1] if e["name"] == "step"]
    assert steps == [(1, 1, 500_000), (1, 2, 750_000), (2, 1, 1_000_000)]


def test_counters_show_the_load_of_each_replica(tmp_path):
    Perfetto().write(tmp_path / "t.json", hand_worked())
    counters = [(e["name"], e["pid"], e["ts"], e["args"]) for e in events(tmp_path / "t.json")[1] if e["ph"] == "C"]
    assert counters[:3] == [
        ("requests", 1, 500_000, {"running": 1, "waiting": 0}),
        ("KV blocks", 1, 500_000, {"used": 7}),
        ("batch tokens", 1, 500_000, {"tokens": 100}),
    ]
    assert len(counters) == 9


def test_processes_and_lanes_are_named(tmp_path):
    Perfetto().write(tmp_path / "t.json", hand_worked())
    names = [(e["pid"], e.get("tid"), e["args"]["name"]) for e in events(tmp_path / "t.json")[1] if e["ph"] == "M"]
    assert names == [
        (1, None, "replica 0"),
        (2, None, "replica 1"),
        (1, 1, "steps"),
        (1, 2, "steps"),
        (1, 1000, "requests"),
        (2, 1, "steps"),
        (2, 1000, "requests"),
    ]


def test_no_two_slices_of_a_lane_overlap(tmp_path):
    generator = np.random.default_rng(3)
    arrival_s = np.sort(generator.random(200))
    trace = Trace("t", arrival_s, np.ones(200), np.ones(200))
    rows = trace.rows()
    rows.scheduled_s = arrival_s + generator.random(200) / 10
    rows.first_token_s = rows.scheduled_s + generator.random(200) / 10
    rows.completed_s = rows.first_token_s + generator.random(200) / 10
    rows.replica = np.arange(200) % 3
    Perfetto().write(tmp_path / "t.json", Served(trace, rows))
    lanes = {}
    for event in events(tmp_path / "t.json")[1]:
        if event["ph"] == "X":
            lanes.setdefault((event["pid"], event["tid"]), []).append((event["ts"], event["ts"] + event["dur"]))
    assert sum(map(len, lanes.values())) == 600
    for spans in lanes.values():
        assert all(end <= begin for (_, end), (begin, _) in itertools.pairwise(sorted(spans)))


def test_only_the_first_requests_are_shown_where_there_are_too_many(tmp_path):
    Perfetto(requests=1).write(tmp_path / "t.json", hand_worked())
    document, found = events(tmp_path / "t.json")
    assert document["otherData"] == {"requests": 3, "shown": 1}
    assert {event["args"]["request"] for event in found if "request" in event.get("args", {})} == {0}
    with pytest.raises(InvalidOption, match="at least one request"):
        Perfetto(requests=0)


def test_a_run_without_recordings_is_a_timeline_of_requests_alone(tmp_path):
    served = hand_worked()
    Perfetto().write(tmp_path / "t.json", Served(served.trace, served.requests))
    assert {event["ph"] for event in events(tmp_path / "t.json")[1]} == {"M", "X"}


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    place = tmp_path / "served.csv"
    place.write_text("what was there\n")
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(InvalidOption, match="No space left"):
        save(place, "arrived_at\n")
    assert place.read_text() == "what was there\n"
    assert list(tmp_path.iterdir()) == [place]
