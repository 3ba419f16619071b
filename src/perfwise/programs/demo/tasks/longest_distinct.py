"""Length of the longest stretch of a text in which no character comes twice."""

import random

ENTRY_POINT = "longest_distinct"


def inputs():
    yield ("",)
    yield ("aaaa",)
    yield ("abcabcbb",)
    yield ("abba",)


def stress():
    draw = random.Random(3)
    letters = [chr(code) for code in range(0x4E00, 0x4E00 + 400)]
    yield ("".join(draw.choices(letters, k=4000)),)


def reference(text):
    last, start, best = {}, 0, 0
    for place, character in enumerate(text):
        if last.get(character, -1) >= start:
            start = last[character] + 1
        last[character] = place
        best = max(best, place - start + 1)
    return best
