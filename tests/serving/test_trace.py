"""`Trace`: columns, checks, rows for the engine."""

import math

import numpy as np
import pytest

from perfwise.core.task import Task
from perfwise.errors import InvalidInput, InvalidOption
from perfwise.serving.trace import Trace


def trace(arrival_s=(0.0, 1.0, 2.5), prompt=(10, 20, 30), output=(1, 2, 3), **columns):
    return Trace("t", np.array(arrival_s), np.array(prompt), np.array(output), **columns)


def faults_of(*args, **columns):
    with pytest.raises(InvalidInput) as raised:
        trace(*args, **columns)
    return [(fault.where, fault.code) for fault in raised.value.faults]


def test_columns_that_are_not_given_have_their_defaults():
    made = trace()
    assert made.priority.tolist() == [0, 0, 0]
    assert made.conversation.tolist() == made.next_turn.tolist() == [-1, -1, -1]
    assert made.pause_s.tolist() == [0.0, 0.0, 0.0]
    assert made.prefix_count.tolist() == [0, 0, 0]
    assert len(made) == 3


def test_is_a_task_of_the_core():
    assert isinstance(trace(), Task)


def test_columns_cannot_be_written_and_are_no_views_of_the_callers():
    times = np.array([0.0, 1.0])
    made = Trace("t", times, np.array([1, 1]), np.array([1, 1]))
    times[0] = 9.0
    assert made.arrival_s[0] == 0.0
    with pytest.raises(ValueError, match="read-only"):
        made.arrival_s[0] = 9.0


def test_digest_is_of_what_arrives_and_not_of_the_name():
    assert trace().digest == Trace("other", *trace_columns(), notes=("seen",)).digest
    assert trace().digest != trace(output=(1, 2, 4)).digest
    assert trace().digest != trace(priority=np.array([0, 0, 1])).digest
    assert trace().digest != trace(arrival_s=(0.0, 1.0, math.nextafter(2.5, 3))).digest


def trace_columns():
    made = trace()
    return made.arrival_s, made.prompt, made.output


def test_fresh_rows_have_started_nothing():
    rows = trace(priority=np.array([0, 7, 0])).rows()
    second = rows[1]
    assert (second.arrival_s, second.prompt, second.output, second.priority) == (1.0, 20, 2, 7)
    assert (second.processed, second.prefilled, second.blocks, second.worst_gap_s) == (0, 0, 0, 0.0)
    assert (second.replica, second.behind, second.next_turn, second.conversation) == (-1, -1, -1, -1)
    for name in ("scheduled_s", "first_token_s", "last_token_s", "completed_s"):
        assert np.isnan(rows[name]).all()


def test_rows_are_new_each_time():
    made = trace()
    made.rows().prompt[:] = 0
    assert made.rows().prompt.tolist() == [10, 20, 30]


def test_first_cuts_conversations_that_go_on():
    made = trace(arrival_s=(0.0, math.nan, 2.5), next_turn=np.array([1, -1, -1]))
    assert made.first(2).next_turn.tolist() == [1, -1]
    assert made.first(1).next_turn.tolist() == [-1]
    with pytest.raises(InvalidOption, match="at least one request, not 0"):
        made.first(0)


def test_prefixes_are_renumbered_by_first_appearance():
    start, count = np.array([0, 2, 4]), np.array([2, 2, 0])
    made = trace(prompt=(1000, 1000, 30), prefixes=np.array([70, -5, 70, 9]), prefix_start=start, prefix_count=count)
    assert made.prefixes.tolist() == [0, 1, 0, 2]


def test_an_empty_trace_is_refused():
    assert faults_of((), (), ()) == [("t", "empty-trace")]


def test_columns_of_unlike_length_are_refused():
    assert faults_of(prompt=(1, 2)) == [("t", "unlike-columns")]


def test_unsorted_times_are_refused_naming_the_first_row_and_how_many():
    with pytest.raises(InvalidInput, match=r"request 1: it arrives at 1.0 s, before .* 3.0 s, and 1 request\(s\)"):
        trace(arrival_s=(3.0, 1.0, 2.5))


@pytest.mark.parametrize("time", [math.nan, math.inf])
def test_a_time_that_is_no_number_is_refused(time):
    assert faults_of(arrival_s=(0.0, time, 2.5)) == [("request 1", "not-a-number")]


@pytest.mark.parametrize(("time", "codes"), [(1e10, []), (1.7e12, ["late-time"])])
def test_a_time_must_leave_a_float_its_microseconds(time, codes):
    assert [code for _, code in faults_or_none(arrival_s=(0.0, 1.0, time))] == codes


@pytest.mark.parametrize(("tokens", "codes"), [(2**32, []), (2**32 + 1, ["too-many-tokens"])])
def test_lengths_stay_where_their_sums_are_whole(tokens, codes):
    assert [code for _, code in faults_or_none(output=(1, 1, tokens))] == codes


def faults_or_none(**columns):
    try:
        trace(**columns)
    except InvalidInput as error:
        return [(fault.where, fault.code) for fault in error.faults]
    return []


def test_all_faults_of_all_rows_come_together():
    assert faults_of(arrival_s=(-1.0, 0.0, 2.5), prompt=(0, 1, 1), output=(1, 1, -4)) == [
        ("request 0", "negative-time"),
        ("request 0", "zero-tokens"),
        ("request 2", "zero-tokens"),
    ]


def test_a_reader_names_the_places():
    with pytest.raises(InvalidInput, match=r"file\.csv:3: prompt must have at least 1 token, not 0"):
        trace(prompt=(1, 0, 1), where=lambda row: f"file.csv:{row + 2}")


def test_later_turns_have_no_time_of_their_own():
    links = np.array([1, -1, -1])
    assert faults_of(next_turn=links) == [("request 0", "broken-turns")]
    assert np.isnan(trace(arrival_s=(0.0, math.nan, 2.5), next_turn=links).arrival_s[1])


@pytest.mark.parametrize("target", [0, 3, -2])
def test_the_next_turn_stands_below(target):
    assert ("request 1", "broken-turns") in faults_of(next_turn=np.array([-1, target, -1]))


def test_a_turn_follows_one_other_only():
    assert faults_of(arrival_s=(0.0, 1.0, math.nan), next_turn=np.array([2, 2, -1])) == [("request 1", "broken-turns")]


def test_a_pause_is_not_negative():
    assert faults_of(pause_s=np.array([0.0, -1.0, math.nan])) == [
        ("request 1", "negative-pause"),
        ("request 2", "negative-pause"),
    ]


def test_prefixes_lie_inside_and_are_not_more_than_the_prompt_has():
    inside = {"prefixes": np.array([1, 2]), "prefix_start": np.array([0, 0, 1])}
    assert faults_of(prompt=(512, 513, 1), prefix_count=np.array([2, 2, 2]), **inside) == [
        ("request 2", "broken-prefixes"),
        ("request 0", "broken-prefixes"),
    ]
    assert faults_of(prefix_tokens=0) == [("t", "broken-prefixes")]


def test_compiled_code_takes_the_rows():
    numba = pytest.importorskip("numba")
    from perfwise.serving.contracts import REQUEST

    signature = numba.types.int64(numba.types.Array(numba.from_dtype(REQUEST), 1, "C"))
    total = numba.njit(signature)(lambda rows: rows[2].prompt + rows[0].next_turn)
    assert total(trace().rows()) == 29
