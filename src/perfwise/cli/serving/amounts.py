"""Times, numbers and shares as people read them: three digits, a unit that fits."""

from perfwise.core.json import Json

__all__ = ["digits", "percent", "time"]

_PLAIN = 1e9  # above, all digits say less than the power of ten


def digits(value: Json) -> str:
    """A number with three digits, all of them from a thousand on; a count whole; `-` for what is not known.

    >>> digits(7.0), digits(18.28), digits(0.0941), digits(1404.5), digits(3e12), digits(7), digits(None)
    ('7.00', '18.3', '0.0941', '1,404', '3e+12', '7', '-')
    """
    if not isinstance(value, int | float):
        return "-"
    size = abs(value)
    if size >= _PLAIN or 0 < size < 0.0995:
        return f"{value:.3g}"
    if isinstance(value, int):
        return f"{value:,}"
    if size >= 99.95:
        return f"{value:,.0f}"
    return f"{value:.{1 if size >= 9.995 else 2}f}"


def time(value: Json) -> str:
    """Seconds as milliseconds below one second.

    >>> time(0.01828), time(1.1056), time(67.7)
    ('18.3 ms', '1.11 s', '67.7 s')
    """
    if not isinstance(value, int | float):
        return "-"
    return f"{digits(1000 * value)} ms" if abs(value) < 1 else f"{digits(value)} s"


def percent(value: Json) -> str:
    """A share.

    >>> percent(0.0508), percent(None)
    ('5.1 %', '-')
    """
    return f"{100 * value:.1f} %" if isinstance(value, int | float) else "-"
