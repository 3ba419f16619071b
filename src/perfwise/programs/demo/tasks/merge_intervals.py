"""The union of closed intervals as disjoint intervals, in order; intervals that touch become one."""

import random

ENTRY_POINT = "merge_intervals"


def inputs():
    yield ([],)
    yield ([[1, 3], [2, 6], [8, 10]],)
    yield ([[1, 4], [4, 5]],)
    yield ([[1, 9], [2, 3]],)


def stress():
    draw = random.Random(2)
    starts = [draw.randrange(0, 40_000, 4) for _ in range(600)]
    yield ([[start, start + draw.choice((1, 2, 4))] for start in starts],)


def reference(intervals):
    merged = []
    for low, high in sorted(intervals):
        if merged and low <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], high)
        else:
            merged.append([low, high])
    return merged
