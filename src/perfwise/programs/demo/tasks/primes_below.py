"""All prime numbers below n, in order."""

ENTRY_POINT = "primes_below"


def inputs():
    yield (2,)
    yield (3,)
    yield (50,)
    yield (0,)


def stress():
    yield (6000,)
    yield (9409,)  # the square of a prime


def reference(n):
    composite = bytearray(max(n, 2))
    found = []
    for number in range(2, n):
        if composite[number]:
            continue
        found.append(number)
        for multiple in range(number * number, n, number):
            composite[multiple] = 1
    return found
