"""A timeline as an inline SVG: lines of the log, unusual templates, stretches of series, and marks over all of them.

Colours are the page's variables, and no `style` attribute is used, so that the page's policy allows it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

from perfwise.kit.visible import visible

__all__ = ["Bars", "Dots", "Spans", "Vertical", "moment", "sparkline", "timeline"]

_WIDTH, _LEFT, _RIGHT = 1100.0, 250.0, 14.0
_LANE, _TALL, _GAP = 20.0, 64.0, 6.0
_LABEL_CHARACTERS = 36
_DATES_FROM_S, _DATES_TO_S = 1e8, 1e11
_STEPS_S = (1, 5, 15, 30, 60, 300, 900, 1800, 3600, 10800, 21600, 43200, 86400, 604800, 2592000, 31536000)


@dataclass(frozen=True, slots=True)
class Bars:
    """A tall lane: a number in each of some intervals of equal length."""

    label: str
    starts_s: Sequence[float]
    width_s: float
    heights: Sequence[float]


@dataclass(frozen=True, slots=True)
class Dots:
    """A lane of moments: (time, kind, what it is)."""

    label: str
    dots: Sequence[tuple[float, str, str]]


@dataclass(frozen=True, slots=True)
class Spans:
    """A lane of stretches: (from, to, what it is)."""

    label: str
    spans: Sequence[tuple[float, float, str]]


@dataclass(frozen=True, slots=True)
class Vertical:
    """A line over all lanes; `fault` stands out."""

    at_s: float
    label: str
    fault: bool = False


_KINDS = {"new": "--s2", "burst": "--s1", "vanished": "--s3"}


def moment(seconds: float) -> str:
    """A date and time in UTC, or seconds where they do not count from 1970."""
    if not _DATES_FROM_S < abs(seconds) < _DATES_TO_S:
        return f"{seconds:g} s"
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def timeline(lanes: Sequence[Bars | Dots | Spans], marks: Sequence[Vertical], first_s: float, last_s: float) -> str:
    """The picture.

    Args:
        lanes: from top to bottom.
        marks: over all lanes.
        first_s: at the left.
        last_s: at the right, later.
    """
    scale = _Scale(first_s, last_s)
    inside = [mark for mark in marks if first_s <= mark.at_s <= last_s]
    rows = _rows(inside, scale)
    top = 8.0 + 15.0 * (max(rows.values(), default=-1) + 1)
    parts, y = [], top
    for lane in lanes:
        height = _TALL if isinstance(lane, Bars) else _LANE
        parts.append(_label(lane.label, y + height / 2))
        parts.append(f'<path d="M{_LEFT} {y + height + _GAP / 2:.1f}H{_WIDTH - _RIGHT}" stroke="var(--grid)"/>')
        parts.append(_drawn(lane, scale, y, height))
        y += height + _GAP
    parts += [_vertical(mark, scale, rows[mark], y) for mark in inside]
    parts.append(_axis(scale, y))
    title = '<title id="timeline-title">Timeline</title>'
    about = '<desc id="timeline-about">What was unusual when, in the log and in the series, and what was done.</desc>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="picture" viewBox="0 0 {_WIDTH:.0f} {y + 26:.0f}" role="img" '
        f'aria-labelledby="timeline-title timeline-about" font-size="12">{title}{about}{"".join(parts)}</svg>'
    )


def sparkline(times_s: Sequence[float], values: Sequence[float], mark_s: float, title: str) -> str:
    """A small line of one series, with a line where the fault began; gaps are gaps."""
    width, height = 170.0, 34.0
    known = [(at, value) for at, value in zip(times_s, values, strict=True) if math.isfinite(value)]
    if not known:
        return ""
    low, high = min(value for _, value in known), max(value for _, value in known)
    span, first = (high - low) or 1.0, times_s[0]
    long = (times_s[-1] - first) or 1.0
    path, pen = [], "M"
    for at, value in zip(times_s, values, strict=True):
        if math.isfinite(value):
            x, y = 2 + (at - first) / long * (width - 4), height - 3 - (value - low) / span * (height - 6)
            path.append(f"{pen}{x:.1f} {y:.1f}")
            pen = "L"
        else:
            pen = "M"
    at_x = 2 + (mark_s - first) / long * (width - 4)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="spark" viewBox="0 0 {width:.0f} {height:.0f}" width="170" '
        f'height="34" role="img" aria-label="{_text(title)}"><path d="M{at_x:.1f} 0V{height:.0f}" stroke="var(--bad)" '
        f'stroke-dasharray="3 2"/><path d="{"".join(path)}" fill="none" stroke="var(--s0)" stroke-width="1.3"/></svg>'
    )


class _Scale:
    def __init__(self, first_s: float, last_s: float) -> None:
        self.first_s, self.last_s = first_s, max(last_s, first_s + 1e-9)

    def x(self, at_s: float) -> float:
        share = (at_s - self.first_s) / (self.last_s - self.first_s)
        return _LEFT + min(max(share, 0.0), 1.0) * (_WIDTH - _LEFT - _RIGHT)


def _text(text: str) -> str:
    return escape(visible(text))


def _label(text: str, y: float) -> str:
    short = text if len(text) <= _LABEL_CHARACTERS else text[: _LABEL_CHARACTERS - 1] + "…"
    return (
        f'<text x="{_LEFT - 10}" y="{y + 4:.1f}" text-anchor="end" fill="var(--ink)">{_text(short)}'
        f"<title>{_text(text)}</title></text>"
    )


def _drawn(lane: Bars | Dots | Spans, scale: _Scale, y: float, height: float) -> str:
    if isinstance(lane, Bars):
        return _bars(lane, scale, y, height)
    if isinstance(lane, Spans):
        return "".join(_span(*each, scale=scale, y=y, height=height) for each in lane.spans)
    return "".join(_dot(*each, scale=scale, y=y + height / 2) for each in lane.dots)


def _bars(lane: Bars, scale: _Scale, y: float, height: float) -> str:
    most = max(lane.heights, default=0.0) or 1.0
    drawn = []
    for start, value in zip(lane.starts_s, lane.heights, strict=True):
        if value > 0:
            left, right = scale.x(start), scale.x(start + lane.width_s)
            tall = value / most * (height - 14)
            foot = y + height
            drawn.append(f"M{left:.1f} {foot:.1f}V{foot - tall:.1f}H{max(right, left + 0.6):.1f}V{foot:.1f}Z")
    peak = f'<text x="{_LEFT + 4}" y="{y + 10:.1f}" fill="var(--muted)">at most {most:,.0f}</text>'
    return f'<path d="{"".join(drawn)}" fill="var(--s5)"/>{peak}'


def _span(first_s: float, last_s: float, what: str, *, scale: _Scale, y: float, height: float) -> str:
    left, right = scale.x(first_s), scale.x(last_s)
    return (
        f'<rect x="{left - 1:.1f}" y="{y + 3:.1f}" width="{max(right - left, 0) + 3:.1f}" height="{height - 6:.1f}" '
        f'rx="2" fill="var(--s4)"><title>{_text(what)}</title></rect>'
    )


def _dot(at_s: float, kind: str, what: str, *, scale: _Scale, y: float) -> str:
    x, colour = scale.x(at_s), _KINDS.get(kind, "--s0")
    shapes = {
        "new": f"M{x - 5:.1f} {y + 5:.1f}L{x:.1f} {y - 6:.1f}L{x + 5:.1f} {y + 5:.1f}Z",
        "vanished": f"M{x - 5:.1f} {y - 5:.1f}L{x:.1f} {y + 6:.1f}L{x + 5:.1f} {y - 5:.1f}Z",
    }
    shape = shapes.get(kind, f"M{x - 5:.1f} {y:.1f}L{x:.1f} {y - 6:.1f}L{x + 5:.1f} {y:.1f}L{x:.1f} {y + 6:.1f}Z")
    return f'<path d="{shape}" fill="var({colour})"><title>{_text(what)}</title></path>'


def _rows(marks: Sequence[Vertical], scale: _Scale) -> dict[Vertical, int]:
    """A row for each label, so that none lies on another one."""
    ends: list[float] = []
    rows = {}
    for mark in sorted(marks, key=lambda each: each.at_s):
        x = scale.x(mark.at_s)
        left = _label_left(mark, x)
        row = next((place for place, end in enumerate(ends) if end < left), len(ends))
        ends[row:] = [left + _wide(mark.label), *ends[row + 1 :]]
        rows[mark] = row
    return rows


def _wide(label: str) -> float:
    return 7.0 * len(label) + 14


def _label_left(mark: Vertical, x: float) -> float:
    return x + 4 if x + _wide(mark.label) < _WIDTH else x - _wide(mark.label)


def _vertical(mark: Vertical, scale: _Scale, row: int, bottom: float) -> str:
    x, y = scale.x(mark.at_s), 15.0 * row + 14
    colour, dash = ("--bad", "") if mark.fault else ("--link", ' stroke-dasharray="5 3"')
    on_right = _label_left(mark, x) > x
    anchor, at = ("start", x + 4) if on_right else ("end", x - 4)
    return (
        f'<path d="M{x:.1f} {y - 10:.1f}V{bottom:.1f}" stroke="var({colour})" stroke-width="1.5"{dash}/>'
        f'<text x="{at:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="var({colour})" font-weight="600">'
        f"{_text(mark.label)}</text>"
    )


def _axis(scale: _Scale, y: float) -> str:
    span = scale.last_s - scale.first_s
    step = next((each for each in _STEPS_S if span / each <= 8), span / 8)
    at_s, ticks = math.ceil(scale.first_s / step) * step, []
    while at_s <= scale.last_s:
        x = scale.x(at_s)
        anchor = "end" if x > _WIDTH - 60 else "middle"
        ticks.append(
            f'<path d="M{x:.1f} {y:.1f}v4" stroke="var(--muted)"/><text x="{x:.1f}" y="{y + 18:.1f}" '
            f'text-anchor="{anchor}" fill="var(--muted)">{_tick(at_s, step)}</text>'
        )
        at_s += step
    return "".join(ticks)


def _tick(at_s: float, step: float) -> str:
    if not _DATES_FROM_S < abs(at_s) < _DATES_TO_S:
        return f"{at_s:g} s"
    form = "%H:%M:%S" if step < 60 else "%H:%M" if step < 43200 else "%m-%d"
    found = datetime.fromtimestamp(at_s, UTC)
    if form == "%H:%M" and found.hour == 0 and found.minute == 0:
        form = "%m-%d"
    return found.strftime(form)
