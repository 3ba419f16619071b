"""Times as tables write them."""

from datetime import UTC, datetime

__all__ = ["seconds_of"]


def seconds_of(value: object) -> float:
    """Seconds since 1970 of a number (s, ms, us or ns by its size) or of ISO 8601 (UTC by default); NaN for neither."""
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    text = str(value).strip()
    try:
        number = float(text)
    except ValueError:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return float("nan")
        return seconds_of(moment)
    while abs(number) > 1e11:
        number /= 1000
    return number
