"""Readers of logs: each format, whole, broken and in any cut."""

import gzip
import io
import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfwise.core.family import Family
from perfwise.errors import InvalidInput
from perfwise.telemetry.readers.plain import Plain
from perfwise.telemetry.streams import Growing, expanded, opened, reader_for

FAMILY = Family("perfwise.telemetry.readers")
OTLP = {
    "resourceLogs": [
        {
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "cart"}}]},
            "scopeLogs": [{"logRecords": [{"timeUnixNano": "1500000000", "body": {"stringValue": "added 3"}}]}],
        }
    ]
}
LOKI = {
    "status": "success",
    "data": {
        "resultType": "streams",
        "result": [
            {"stream": {"app": "b"}, "values": [["3000000000", "third"]]},
            {"stream": {"app": "a", "x": "1"}, "values": [["1000000000", "first"], ["2000000000", "second"]]},
        ],
    },
}
EXPORT = (
    b"__CURSOR=s=1\n__REALTIME_TIMESTAMP=2500000\n_SYSTEMD_UNIT=sshd.service\nMESSAGE=hello 1\n\n"
    b"__CURSOR=s=2\n__REALTIME_TIMESTAMP=3500000\nMESSAGE\n" + struct.pack("<Q", 5) + b"a\nb=c\n\n"
)
JOURNAL = b"".join(
    json.dumps(each).encode() + b"\n"
    for each in (
        {"__REALTIME_TIMESTAMP": "2500000", "MESSAGE": "hello 1", "_SYSTEMD_UNIT": "sshd.service"},
        {"__REALTIME_TIMESTAMP": "3500000", "MESSAGE": [255, 97], "SYSLOG_IDENTIFIER": "x"},
    )
)
FORMATS = {
    "plain": ("a.log", b"one\r\ntwo\nthree\rfour", ["one", "two", "three", "four"], None),
    "otlp_json": ("a.json", json.dumps(OTLP).encode(), ["added 3"], [1.5]),
    "loki_json": ("a.json", json.dumps(LOKI).encode(), ["first", "second", "third"], [1.0, 2.0, 3.0]),
    "journald_json": ("a.json", JOURNAL, ["hello 1", "\udcffa"], [2.5, 3.5]),
    "journald_export": ("a.export", EXPORT, ["hello 1", "a\nb=c"], [2.5, 3.5]),
    "csv_table": ("a.csv", b'Timestamp,Message\n1970-01-01T00:00:01Z,"a, b"\n2000,c\n', ["a, b", "c"], [1.0, 2000.0]),
}


def read(reader, data):
    blocks = list(reader.entries(io.BytesIO(data)))
    texts = [text for block in blocks for text in block.lines.texts()]
    times = [float(each) for block in blocks if block.times is not None for each in block.times]
    return texts, times, [fault for block in blocks for fault in block.faults]


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_recognised_and_read(name):
    file, data, texts, times = FORMATS[name]
    reader, stream = reader_for(file, io.BytesIO(data))
    assert type(reader) is FAMILY.get(name)
    blocks = list(reader.entries(stream))
    assert [text for block in blocks for text in block.lines.texts()] == texts
    if times is not None:
        assert np.concatenate([block.times for block in blocks]).tolist() == times


def test_parquet_is_read(tmp_path):
    pa = pytest.importorskip("pyarrow", reason="needs pyarrow: pip install 'perfwise[data]'")
    from pyarrow import parquet

    parquet.write_table(pa.table({"ts": [1.0, 2.0], "message": ["a", "b"]}), tmp_path / "a.parquet")
    with opened(str(tmp_path / "a.parquet")) as stream:
        reader, looked_at = reader_for("a.parquet", stream)
        (block,) = reader.entries(looked_at)
    assert list(block.lines.texts()) == ["a", "b"]


@pytest.mark.parametrize("info", FAMILY.describe(), ids=lambda info: info.name)
def test_docstring_summarises_and_cites(info):
    assert info.summary.endswith((".", ";", ":"))
    assert len(info.source) > 20


@settings(max_examples=25, deadline=None, derandomize=True)
@given(data=st.binary(max_size=300), size=st.integers(1, 40))
def test_plain_lines_are_those_of_universal_newlines_in_any_cut(data, size):
    expected = io.TextIOWrapper(io.BytesIO(data), "latin-1", newline=None).read().split("\n")
    expected = expected[:-1] if expected[-1] == "" else expected
    blocks = list(Plain(block_bytes=size).entries(io.BytesIO(data)))
    assert [line.decode("latin-1") for block in blocks for line in block.lines] == expected
    assert sum(len(block.lines) for block in blocks) == len(expected)
    assert (blocks[-1].offset if blocks else 0) == len(data)


@pytest.mark.parametrize("name", FAMILY.names())
@settings(max_examples=15, deadline=None, derandomize=True)
@given(
    data=st.one_of(st.binary(max_size=200), st.sampled_from([EXPORT, JOURNAL, b'{"resourceLogs": 3}'])),
    cut=st.integers(0, 90),
)
def test_junk_is_told_and_never_raises(name, data, cut):
    texts, _, faults = read(FAMILY.get(name)(), data[: max(0, len(data) - cut)])
    assert all(fault.code and fault.message for fault in faults)
    assert all(isinstance(text, str) for text in texts)


def test_what_cannot_be_read_is_told_with_its_place_and_the_rest_goes_on():
    texts, _, faults = read(FAMILY.get("journald_json")(), b"{]\n" + JOURNAL + b'{"__REALTIME_TIMESTAMP": "1"}\n[1]\n')
    assert texts == ["hello 1", "\udcffa"]
    assert [(fault.where, fault.code) for fault in faults] == [
        ("line 1", "malformed-json"),
        ("line 4", "missing-field"),
        ("line 5", "wrong-type"),
    ]


def test_a_line_that_is_too_long_goes_on_as_another_and_nothing_is_lost():
    blocks = list(Plain(block_bytes=100, longest_bytes=1000).entries(io.BytesIO(b"x" * 5000 + b"\nend\n")))
    lines = [line for block in blocks for line in block.lines]
    assert b"".join(lines) == b"x" * 5000 + b"end"
    assert sum(block.broken for block in blocks) == len(lines) - 2 > 0


def test_compressed_files_are_known_by_their_magic_number(tmp_path):
    (tmp_path / "a").write_bytes(gzip.compress(b"one\ntwo\n"))
    with opened(str(tmp_path / "a")) as stream:
        assert stream.read() == b"one\ntwo\n"
    zstandard = pytest.importorskip("zstandard", reason="needs zstandard: pip install 'perfwise[telemetry]'")
    (tmp_path / "b").write_bytes(zstandard.compress(b"three\n") + zstandard.compress(b"four\n"))
    with opened(str(tmp_path / "b"), offset=6) as stream:
        assert stream.read() == b"four\n"


def test_a_broken_archive_is_an_invalid_input(tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"one\n" * 1000)[:-20])
    with pytest.raises(InvalidInput, match="malformed-archive"), opened(str(tmp_path / "a.gz")) as stream:
        stream.read()


def test_files_are_found_by_patterns_and_all_missing_ones_are_told(tmp_path):
    for name in ("b.log", "a.log"):
        (tmp_path / name).touch()
    assert expanded([f"{tmp_path}/*.log", "-"]) == [f"{tmp_path}/a.log", f"{tmp_path}/b.log", "-"]
    with pytest.raises(InvalidInput) as caught:
        expanded([f"{tmp_path}/c.log", f"{tmp_path}/*.gz"])
    assert len(caught.value.faults) == 2


@pytest.mark.parametrize("name", ["", ".", "/", "**x.log", "x" * 300, "\0"])
def test_names_that_cannot_be_files_are_faults(name):
    with pytest.raises(InvalidInput) as caught:
        expanded([name])
    assert [fault.code for fault in caught.value.faults] == ["unreadable-file"]


def test_a_name_stays_as_it_was_given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.log").write_text("x\n")
    assert expanded(["./a.log"]) == ["./a.log"]


def test_a_folder_is_said_to_be_one(tmp_path):
    with pytest.raises(InvalidInput, match=r"a folder; name its files, e.g. .*/\*"):
        expanded([str(tmp_path)])


def test_a_growing_file_is_read_on(tmp_path):
    path = tmp_path / "grows.log"
    path.write_bytes(b"one\n")
    left = [b"two\n", b"three"]

    def goes_on():
        if not left:
            return False
        with path.open("ab") as file:
            file.write(left.pop(0))
        return True

    with path.open("rb") as file:
        blocks = list(Plain().entries(Growing(file, goes_on, pause_s=0)))
    assert [line for block in blocks for line in block.lines] == [b"one", b"two", b"three"]
