"""The prime at or below a number: the dearest input of many programs on whole numbers."""

__all__ = ["prime_at_or_below"]

_WITNESSES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)  # decide every number below 3.3e24


def prime_at_or_below(number: int) -> int:
    """The largest prime that is not above the number; 2 where there is none.

    >>> prime_at_or_below(100)
    97
    """
    while number > 2 and not _is_prime(number):
        number -= 1
    return max(number, 2)


def _is_prime(number: int) -> bool:
    if any(number % prime == 0 for prime in _WITNESSES):
        return number in _WITNESSES
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    return all(_passes(number, pow(witness, odd, number), twos) for witness in _WITNESSES)


def _passes(number: int, power: int, twos: int) -> bool:
    if power in (1, number - 1):
        return True
    for _ in range(twos - 1):
        power = power * power % number
        if power == number - 1:
            return True
    return False
