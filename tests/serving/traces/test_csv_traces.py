"""Readers of CSV traces: what each format means, and where its faults are."""

import pytest

from perfwise.errors import InvalidInput
from perfwise.serving.reading import read_lengths, read_trace
from tests.serving.traces import written as files
from tests.serving.traces.written import written


def faults_of(path, read=read_trace):
    with pytest.raises(InvalidInput) as raised:
        read(path)
    return [(fault.where.removeprefix(f"{path}"), fault.code) for fault in raised.value.faults]


@pytest.mark.parametrize("text", [files.VIDUR, files.REQUESTS, files.AZURE])
def test_three_formats_of_the_same_requests_are_the_same_trace(tmp_path, text):
    made = read_trace(written(tmp_path, text))
    assert made.arrival_s.tolist() == [0.0, 4.314579]
    assert (made.prompt.tolist(), made.output.tolist()) == ([374, 396], [44, 109])
    assert made.id == "trace"


@pytest.mark.parametrize("text", [files.APEX, files.APEX_SERVED])
def test_apex_offsets_are_nanoseconds_and_served_requests_seconds(tmp_path, text):
    assert read_trace(written(tmp_path, text)).arrival_s.tolist() == [0.618518284, 1.236439963]


def test_times_keep_every_digit(tmp_path):
    time = 0.15814888174803116
    made = read_trace(written(tmp_path, f"arrived_at,prefill,decode\n{time!r},1,1\n"))
    assert made.arrival_s[0] == time


def test_azure_of_2024_names_its_zone(tmp_path):
    text = files.AZURE.replace(",374", "+00:00,374").replace(",396", "+00:00,396")
    assert read_trace(written(tmp_path, text)).arrival_s.tolist() == [0.0, 4.314579]


def test_a_zipped_trace_is_the_same(tmp_path):
    zipped, plain = written(tmp_path, files.VIDUR, "a.csv.gz"), written(tmp_path, files.VIDUR, "a.csv")
    assert read_trace(zipped).digest == read_trace(plain).digest
    assert read_trace(zipped).id == "a"


def test_more_rows_than_a_block_are_read_whole(tmp_path):
    rows = "".join(f"{i / 8},{i % 7 + 1},1\n" for i in range(70_000))
    made = read_trace(written(tmp_path, "arrived_at,prefill,decode\n" + rows))
    assert made.arrival_s.tolist() == [i / 8 for i in range(70_000)]
    assert int(made.prompt.sum()) == sum(i % 7 + 1 for i in range(70_000))


def test_burstgpt_leaves_failed_requests_out_and_says_so(tmp_path):
    made = read_trace(written(tmp_path, files.BURSTGPT))
    assert made.arrival_s.tolist() == [5.0, 118.0]
    assert made.notes == ("1 failed request(s) without a response token left out",)


def test_burstgpt_sessions_are_conversations_at_their_recorded_times(tmp_path):
    header = "Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type\n"
    rows = "1,77,2.5,GPT-4,5,5,10,Conversation log\n2,,1,GPT-4,5,5,10,API log\n9,77,1,GPT-4,5,5,10,Conversation log\n"
    made = read_trace(written(tmp_path, header + rows))
    assert made.conversation.tolist() == [0, -1, 0]
    assert made.next_turn.tolist() == [-1, -1, -1]


def test_requests_may_have_priorities_and_turns(tmp_path):
    text = (
        "arrived_at,prefill,decode,priority,conversation,pause_s\n"
        "0.5,10,1,,alice,\n"
        "1.0,10,1,2,bob,\n"
        ",10,1,,alice,3.5\n"
        ",10,1,,alice,4\n"
        "7.0,10,1,,bob,\n"
    )
    made = read_trace(written(tmp_path, text))
    assert made.priority.tolist() == [0, 2, 0, 0, 0]
    assert made.conversation.tolist() == [0, 1, 0, 0, 1]
    assert made.next_turn.tolist() == [2, -1, 3, -1, -1]
    assert made.pause_s.tolist() == [0.0, 0.0, 3.5, 4.0, 0.0]


def test_a_request_without_a_time_must_follow_another(tmp_path):
    assert faults_of(written(tmp_path, "arrived_at,prefill,decode\n0,1,1\n,1,1\n")) == [(":3", "not-a-number")]


def test_lengths_alone_are_no_trace_but_lengths(tmp_path):
    path = written(tmp_path, files.LENGTHS_ONLY)
    assert faults_of(path) == [("", "no-arrival-times")]
    assert read_lengths(path).prompt.tolist() == [3772, 2015]


def test_lengths_of_a_trace_are_its_columns(tmp_path):
    assert read_lengths(written(tmp_path, files.AZURE)).output.tolist() == [44, 109]


def test_all_faults_of_a_file_come_together_with_their_lines(tmp_path):
    text = "arrived_at,prefill,decode\n0,1,1\nsoon,1,1\n1,x,1.5\n2,1\n\n3,0,1\n-1,1,1\n"
    assert faults_of(written(tmp_path, text)) == [
        (":3", "not-a-number"),
        (":4", "not-whole"),
        (":4", "not-whole"),
        (":5", "malformed-csv"),
        (":7", "zero-tokens"),
        (":8", "negative-time"),
        (":8", "unsorted-times"),
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("nan,1,1", "not-a-number"),
        ("inf,1,1", "not-a-number"),
        ("0,1,99999999999999999999", "not-whole"),
        ("0,inf,1", "not-whole"),
        ("0,0,1", "zero-tokens"),
        ("0,1,-3", "zero-tokens"),
    ],
)
def test_a_value_that_cannot_be_is_a_fault_of_its_line(tmp_path, text, code):
    assert faults_of(written(tmp_path, f"arrived_at,prefill,decode\n{text}\n")) == [(":2", code)]


def test_whole_numbers_may_be_written_as_floats(tmp_path):
    assert read_trace(written(tmp_path, "arrived_at,prefill,decode\n0,374.0,4e2\n")).output.tolist() == [400]


def test_a_header_without_rows_is_an_empty_file(tmp_path):
    assert faults_of(written(tmp_path, "arrived_at,prefill,decode\n")) == [("", "empty-file")]


@pytest.mark.parametrize("name", ["vidur", "azure", "burstgpt", "apex", "requests", "lengths_only"])
def test_a_reader_that_was_named_says_which_columns_are_missing(tmp_path, name):
    path = written(tmp_path, "a,b\n1,2\n")
    assert {code for _, code in faults_of(path, lambda path: read_trace(path, name))} == {"missing-field"}


def test_a_file_that_nobody_knows_is_told_with_what_there_is(tmp_path):
    with pytest.raises(InvalidInput, match="unknown-format") as raised:
        read_trace(written(tmp_path, "a,b\n1,2\n"))
    assert "mooncake" in str(raised.value)
    assert faults_of(tmp_path / "absent.csv") == [("", "unreadable-file")]


def test_a_broken_timestamp_is_told(tmp_path):
    assert faults_of(written(tmp_path, files.AZURE.replace("2023-11-16 18:15:50.9951690", "NaT"))) == [
        (":3", "not-a-number")
    ]


def test_unsorted_lines_name_the_first(tmp_path):
    assert faults_of(written(tmp_path, files.VIDUR + "1.0,5,5\n")) == [(":4", "unsorted-times")]
