"""When the lines of a log were written: the time that stands in them."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import numpy as np

from perfwise.telemetry.lines import Lines
from perfwise.telemetry.series import Floats

__all__ = ["times_of"]

_LOOKED_AT = 200
_ENOUGH = 0.5  # of the first lines; a stack trace has many lines without a time
_WITHIN = 120  # bytes of a line in which a time is looked for


def _iso(text: str, _: int) -> float:
    return _stamp(datetime.fromisoformat(text.replace(",", ".").replace("/", "-")))


def _syslog(text: str, year: int) -> float:
    return _stamp(datetime.strptime(f"{year} {' '.join(text.split())}", "%Y %b %d %H:%M:%S"))


def _ctime(text: str, _: int) -> float:
    return _stamp(datetime.strptime(text, "%a %b %d %H:%M:%S %Y"))


def _clf(text: str, _: int) -> float:
    return datetime.strptime(text, "%d/%b/%Y:%H:%M:%S %z").timestamp()


def _compact(text: str, _: int) -> float:
    return _stamp(datetime.strptime(text, "%y%m%d %H%M%S"))


def _epoch(text: str, _: int) -> float:
    return float(text) / (1e3 if len(text) == 13 and "." not in text else 1.0)


def _stamp(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


_FORMS: tuple[tuple[re.Pattern[str], Callable[[str, int], float]], ...] = (
    (re.compile(r"\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"), _iso),
    (re.compile(r"[A-Z][a-z]{2} [A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d \d{4}"), _ctime),
    (re.compile(r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}"), _clf),
    (re.compile(r"(?<![\w.])[A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d"), _syslog),
    (re.compile(r"(?<!\d)\d{6} \d{6}(?!\d)"), _compact),
    (re.compile(r"(?<![\d.])1\d{9}(?:\.\d+|\d{3})?(?![\d.])"), _epoch),
)


def times_of(lines: Lines, year: int = 1970) -> Floats:
    """Seconds since 1970 of each line, by the one form of time that most of the first lines have; UTC without a zone.

    ISO 8601 (also with a comma or slashes), ctime, web servers' common log format, syslog, `yymmdd HHMMSS`, and seconds
    or milliseconds since 1970.

    Args:
        lines: of a log.
        year: of forms that name none.
    Returns: (lines,); a line without a time has that of the line before it, NaN at the beginning or where no form fits.
    """
    whole = lines.buffer.tobytes()
    starts, ends = lines.starts.tolist(), lines.ends.tolist()
    texts = [
        whole[start : min(end, start + _WITHIN)].decode("latin-1") for start, end in zip(starts, ends, strict=True)
    ]
    form = _form(texts[:_LOOKED_AT])
    found = np.full(len(texts), np.nan)
    if form is None:
        return found
    pattern, read = form
    known: dict[str, float] = {}
    last = np.nan
    for place, text in enumerate(texts):
        match = pattern.search(text)
        if match is not None:
            stamp = match[0]
            if stamp not in known:
                known[stamp] = _tried(read, stamp, year)
            last = known[stamp] if np.isfinite(known[stamp]) else last
        found[place] = last
    return found


def _form(texts: Sequence[str]) -> tuple[re.Pattern[str], Callable[[str, int], float]] | None:
    counts = [sum(pattern.search(text) is not None for text in texts) for pattern, _ in _FORMS]
    best = max(range(len(_FORMS)), key=lambda place: (counts[place], -place))
    return _FORMS[best] if texts and counts[best] >= _ENOUGH * len(texts) else None


def _tried(read: Callable[[str, int], float], stamp: str, year: int) -> float:
    try:
        return read(stamp, year)
    except ValueError:
        return float("nan")
