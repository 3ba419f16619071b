"""An event queue in an array: earliest first, ties by order of creation. Runs plain or compiled."""

import numpy as np

from perfwise.kit.compiled import Row, RowArray, compilable

__all__ = ["EVENT", "pop", "push"]

EVENT = np.dtype([("time_s", "f8"), ("order", "i8"), ("kind", "i8"), ("subject", "i8")], align=True)
"""One event; `order` breaks ties, the smaller comes first."""


@compilable()
def _before(one: Row, other: Row) -> bool:
    return one.time_s < other.time_s or (one.time_s == other.time_s and one.order < other.order)


@compilable()
def _put(events: RowArray, place: int, time_s: float, order: int, kind: int, subject: int) -> None:
    event = events[place]
    event.time_s = time_s
    event.order = order
    event.kind = kind
    event.subject = subject


@compilable()
def _copy(events: RowArray, target: int, source: int) -> None:
    event = events[source]
    _put(events, target, event.time_s, event.order, event.kind, event.subject)


@compilable()
def push(events: RowArray, size: int, time_s: float, order: int, kind: int, subject: int) -> int:
    """Add an event to the heap events[:size]; the new size. The array must have room for one more than `size`."""
    _put(events, size, time_s, order, kind, subject)
    child = size
    spare = events.shape[0] - 1
    while child > 0:
        parent = (child - 1) // 2
        if not _before(events[child], events[parent]):
            break
        _copy(events, spare, child)
        _copy(events, child, parent)
        _copy(events, parent, spare)
        child = parent
    return size + 1


@compilable()
def pop(events: RowArray, size: int) -> int:
    """Take events[0], the earliest, out of the heap events[:size]; the new size. Read it before."""
    last = size - 1
    _copy(events, 0, last)
    spare = events.shape[0] - 1
    parent = 0
    while 2 * parent + 1 < last:
        child = 2 * parent + 1
        if child + 1 < last and _before(events[child + 1], events[child]):
            child += 1
        if not _before(events[child], events[parent]):
            break
        _copy(events, spare, child)
        _copy(events, child, parent)
        _copy(events, parent, spare)
        parent = child
    return last
