import heapq

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from perfwise.kit.compiled import Rows, Signature, Table, compilable, compiled
from perfwise.kit.events import EVENT, pop, push

QUICK = settings(deadline=None, database=None, max_examples=100)


@compilable(Signature("none", (Rows(EVENT), Table("f8"), Table("i8"))))
def _sort(events, times_s, out):
    """Orders of creation in the order in which events come out."""
    size = 0
    for order in range(times_s.shape[0]):
        size = push(events, size, times_s[order], order, 0, order)
    place = 0
    while size > 0:
        out[place] = events[0].order
        size = pop(events, size)
        place += 1


def heap(room=16):
    return np.zeros(room, EVENT).view(np.recarray)


def came_out(sort, times_s):
    out = np.zeros(len(times_s), np.int64)
    sort(heap(len(times_s) + 2), np.array(times_s, float), out)
    return out.tolist()


def test_the_earliest_comes_first_with_all_that_it_carries():
    events = heap()
    size = push(events, 0, 2.0, 0, 7, 70)
    size = push(events, size, 1.0, 1, 8, 80)
    assert (events[0].time_s, events[0].order, events[0].kind, events[0].subject) == (1.0, 1, 8, 80)
    size = pop(events, size)
    assert (size, events[0].time_s, events[0].order, events[0].kind, events[0].subject) == (1, 2.0, 0, 7, 70)
    assert pop(events, size) == 0


def test_of_equal_times_the_one_created_first_comes_first():
    events, size = heap(), 0
    for order in (3, 1, 2, 0):
        size = push(events, size, 5.0, order, 0, 0)
    seen = []
    while size:
        seen.append(int(events[0].order))
        size = pop(events, size)
    assert seen == [0, 1, 2, 3]


def test_all_room_but_one_can_be_used():
    assert came_out(_sort, [3.0, 1.0, 2.0]) == [1, 2, 0]  # three events in an array of five


@QUICK
@given(st.lists(st.sampled_from([0.0, 0.5, 1.0, 1.5, 1e9, -1.0]), max_size=40))
def test_plain_and_compiled_agree_with_a_sort(times_s):
    expected = sorted(range(len(times_s)), key=lambda order: (times_s[order], order))
    assert came_out(_sort, times_s) == expected
    assert came_out(compiled(_sort), times_s) == expected


@QUICK
@given(st.lists(st.one_of(st.floats(0, 9), st.none()), max_size=40))
def test_pushing_and_popping_in_turns_agrees_with_heapq(moves):
    events, size, other = heap(64), 0, []
    for order, time_s in enumerate(moves):
        if time_s is not None:
            size = push(events, size, time_s, order, 0, 0)
            heapq.heappush(other, (time_s, order))
        elif other:
            assert (events[0].time_s, events[0].order) == heapq.heappop(other)
            size = pop(events, size)
        assert size == len(other)
