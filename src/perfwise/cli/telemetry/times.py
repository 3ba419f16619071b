"""Times as people read them."""

from datetime import UTC, datetime

__all__ = ["moment", "moments_are_dates"]

_FIRST_DATE_S = 1e8  # 1973; smaller numbers count from the start of something


def moments_are_dates(seconds: float) -> bool:
    """Whether seconds are since 1970, by their size."""
    return _FIRST_DATE_S < abs(seconds) < 1e11


def moment(seconds: float) -> str:
    """`2024-05-01 12:00:30` (UTC), or seconds where they count from something else."""
    if not moments_are_dates(seconds):
        return f"{seconds:g} s"
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
