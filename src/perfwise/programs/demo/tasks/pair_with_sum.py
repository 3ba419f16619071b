"""Positions (i, j), i < j, of two numbers that add up to the target, with the smallest j; None if there are none."""

import random

ENTRY_POINT = "pair_with_sum"


def inputs():
    yield [3, 5, 2, 8], 10
    yield [5, 1, 4], 10
    yield [], 0
    yield [2, 2], 4


def stress():
    draw = random.Random(1)
    numbers = draw.sample(range(1_000_000), 700)
    yield numbers, numbers[-1] + numbers[350]
    yield numbers, -1


def reference(numbers, target):
    seen = {}
    for j, number in enumerate(numbers):
        if target - number in seen:
            return seen[target - number], j
        seen.setdefault(number, j)
    return None
