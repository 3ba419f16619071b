"""The k most frequent words of a text, in lower case: by falling count, then in the order of the alphabet."""

import random

ENTRY_POINT = "common_words"


def inputs():
    yield "the cat and the dog", 1
    yield "b a B A c", 2
    yield "", 3


def stress():
    draw = random.Random(4)
    words = ["".join(draw.choices("abcdefgh", k=3)) for _ in range(300)]
    yield " ".join(draw.choices(words, k=1500)), 10


def reference(text, k):
    counts = {}
    for word in text.lower().split():
        counts[word] = counts.get(word, 0) + 1
    return sorted(counts, key=lambda word: (-counts[word], word))[:k]
