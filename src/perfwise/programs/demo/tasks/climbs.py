"""In how many ways one climbs n steps, one or two at a time, modulo 1,000,007."""

ENTRY_POINT = "climbs"


def inputs():
    yield (0,)
    yield (1,)
    yield (5,)
    yield (40,)


def stress():
    yield (3000,)
    yield (30_000,)


def reference(n):
    a, b = 1, 1
    for _ in range(n):
        a, b = b, (a + b) % 1_000_007
    return a
