"""Mooncake's traces with prefix hashes."""

import pytest

from perfwise.errors import InvalidInput
from perfwise.serving.reading import read_trace
from tests.serving.traces import written as files
from tests.serving.traces.written import written


def test_times_are_milliseconds_and_hashes_are_renumbered(tmp_path):
    made = read_trace(written(tmp_path, files.MOONCAKE, "m.jsonl"))
    assert made.arrival_s.tolist() == [0.0, 1.5]
    assert made.prefixes.tolist() == [0, 1, 0, 1, 2]
    assert (made.prefix_start.tolist(), made.prefix_count.tolist()) == ([0, 2], [2, 3])
    assert made.prefix_tokens == 512


def test_hashes_may_be_absent(tmp_path):
    made = read_trace(written(tmp_path, '{"timestamp": 1, "input_length": 5, "output_length": 5}\n', "m.jsonl"))
    assert made.prefix_count.tolist() == [0]


def test_all_faults_come_with_their_lines(tmp_path):
    lines = [
        '{"timestamp": 0, "input_length": 600, "output_length": 1, "hash_ids": [1, 2, 3]}',
        '{"timestamp": 1, "input_length": 1.5, "output_length": 1}',
        '{"timestamp": 1, "input_length": 5}',
        '{"timestamp": 1, "input_length": 5, "output_length": 1, "hash_ids": ["a"]}',
        "[]",
    ]
    path = written(tmp_path, "\n".join(lines), "m.jsonl")
    with pytest.raises(InvalidInput) as raised:
        read_trace(path)
    assert [(fault.where.removeprefix(f"{path}"), fault.code) for fault in raised.value.faults] == [
        (":1", "broken-prefixes"),
        (":2", "not-whole"),
        (":3", "missing-field"),
        (":4", "not-whole"),
        (":5", "wrong-type"),
    ]
