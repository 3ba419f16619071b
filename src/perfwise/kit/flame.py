"""Flame graphs as SVG: one for a tree of frames, or two of one scale where colours and signs say what changed."""

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape

from perfwise.kit.stacks import Frame

__all__ = ["Flame", "flame_graph"]

_WIDTH, _ROW, _MARGIN = 1200, 18, 10
_LETTER = 6.7  # pixels of a letter of the 11 px monospace face, at most
_NARROWEST = 0.4  # pixels; narrower frames are left out, and their callees with them
_SAME = 0.01  # of the larger amount; a smaller change is none
_HEAD, _TITLE = 104, 24
_TOLD_OF_ONE = ["Grey: not the program's own. Point at a box for its amounts."]
_TOLD_OF_TWO = [
    "The same length is the same amount in both. A sign tells a function's own amount against the other panel:",
    "+ more, - less, = the same; only: the other has none.",
]

_STYLE = """
.fg-back { fill: #ffffff }
.fg-text { fill: #1f2328; font: 13px system-ui, sans-serif }
.fg-title { font-weight: 600 }
.fg-label { fill: #1f2328; font: 11px ui-monospace, monospace }
.fg-box { stroke: #ffffff; stroke-width: 1 }
.fg-plain0 { fill: #f6d28b } .fg-plain1 { fill: #f3bf77 } .fg-plain2 { fill: #f7dfa8 } .fg-library { fill: #d5dae0 }
.fg-same { fill: #dfe3e8 }
.fg-more1 { fill: #fbd5c8 } .fg-more2 { fill: #f4a582 } .fg-more3 { fill: #e5846a }
.fg-less1 { fill: #d3e5f0 } .fg-less2 { fill: #92c5de } .fg-less3 { fill: #6aaed0 }
@media (prefers-color-scheme: dark) {
 .fg-back { fill: #16181d } .fg-text { fill: #e6e8eb } .fg-box { stroke: #16181d }
}
"""


@dataclass(frozen=True, slots=True)
class Flame:
    """One panel.

    Args:
        title: what it shows.
        root: its frames; the outermost is drawn at the bottom of the calls, on top of the panel.
    """

    title: str
    root: Frame


@dataclass(frozen=True, slots=True)
class _Box:
    frame: Frame
    x: float
    width: float
    depth: int


def flame_graph(title: str, unit: str, first: Flame, second: Flame | None = None) -> str:
    """Draw it; the same text for the same frames.

    With two panels, a length is the same amount in both. A frame carries what its function changed by, over all its
    places, against the other panel: `+` and a warm colour for more, `-` and a cool one for less, `only` where the
    other has none.

    Args:
        title: of the picture.
        unit: of the amounts, for people, e.g. `instructions`.
        first: the panel.
        second: another one to compare.
    Returns: an SVG document that needs no scripts; each frame tells its amounts when pointed at.
    Source: Gregg, The Flame Graph, CACM 59(6), 2016; top down, coloured by change as in his differential flame graphs.
    """
    panels = [first] if second is None else [first, second]
    largest = max(panel.root.total for panel in panels)
    scale = (_WIDTH - 2 * _MARGIN) / largest if largest > 0 else 0.0
    body, top = [], float(_HEAD)
    changes = _changes(panels)
    for panel, changed in zip(panels, changes, strict=True):
        boxes = list(_boxes(panel.root, _MARGIN, 0, scale))
        body.append(_text(_MARGIN, top + 14, f"{panel.title}: {panel.root.total:,.0f} {unit}", "fg-title"))
        top += _TITLE
        body += [_box(box, top, panel.root.total, unit, changed) for box in boxes]
        top += _ROW * (1 + max(box.depth for box in boxes)) + _TITLE
    return _document(title, unit, body, top, compared=second is not None)


def _boxes(frame: Frame, x: float, depth: int, scale: float) -> Iterator[_Box]:
    width = frame.total * scale
    if depth and width < _NARROWEST:
        return
    yield _Box(frame, x, width, depth)
    for callee in sorted(frame.callees, key=lambda each: (each.name, each.place)):
        yield from _boxes(callee, x, depth + 1, scale)
        x += callee.total * scale


_Changes = dict[str, tuple[float, float]]


def _changes(panels: list[Flame]) -> list[_Changes | None]:
    """Of each panel, by name: (own amount here, own amount in the other); None with one panel."""
    if len(panels) == 1:
        return [None]
    sums = [_own_by_name(panel.root) for panel in panels]
    return [{name: (here[name], there.get(name, math.nan)) for name in here} for here, there in (sums, sums[::-1])]


def _own_by_name(root: Frame) -> dict[str, float]:
    sums: dict[str, float] = defaultdict(float)
    waiting = [root]
    while waiting:
        frame = waiting.pop()
        sums[frame.name] += frame.own
        waiting += frame.callees
    return sums


def _box(box: _Box, top: float, total: float, unit: str, changed: _Changes | None) -> str:
    frame = box.frame
    if changed is not None and not box.depth:
        kind, sign, changed = "fg-same", "", None  # the whole is no function
    elif changed is not None:
        kind, sign = _changed_look(*changed[frame.name])
    else:
        kind, sign = _plain_look(frame)
    share = frame.total / total if total else 0.0
    told = f"{frame.name} ({frame.place}): " if frame.place else f"{frame.name}: "
    told += f"{frame.total:,.0f} {unit}, {share:.1%}; own {frame.own:,.0f}"
    if changed is not None:
        here, there = changed[frame.name]
        told += "; not in the other" if math.isnan(there) else f"; own over all places {here:,.0f}, other {there:,.0f}"
    y = top + box.depth * _ROW
    label = _fitted(f"{sign} {frame.name}".strip(), box.width)
    shown = f'<text class="fg-label" x="{box.x + 3:.1f}" y="{y + 12.5:.1f}">{escape(label)}</text>' if label else ""
    return (
        f"<g><title>{escape(_safe(told))}</title>"
        f'<rect class="fg-box {kind}" x="{box.x:.1f}" y="{y:.1f}" width="{max(box.width, 0.5):.1f}" '
        f'height="{_ROW - 1}" rx="1.5"/>{shown}</g>'
    )


def _plain_look(frame: Frame) -> tuple[str, str]:
    if not frame.place.startswith("program"):
        return "fg-library", ""
    return f"fg-plain{sum(map(ord, frame.name)) % 3}", ""


def _changed_look(here: float, there: float) -> tuple[str, str]:
    if math.isnan(there):
        return "fg-more3", "only"
    larger = max(here, there)
    if abs(here - there) <= _SAME * larger:
        return "fg-same", "="
    change = here / there - 1 if there else math.inf
    strength = 1 + (abs(here - there) > 0.2 * larger) + (abs(here - there) > 0.6 * larger)
    side = "more" if here > there else "less"
    return f"fg-{side}{strength}", f"+{change:.0%}" if 0 < change < 10 else (f"{change:.0%}" if change < 0 else "+++")


def _fitted(text: str, width: float) -> str:
    letters = int((width - 6) / _LETTER)
    text = _safe(text)
    if letters >= len(text):
        return text
    return f"{text[: letters - 1]}…" if letters >= 3 else ""


def _safe(text: str) -> str:
    """Without characters that XML cannot hold."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    return f'<text class="fg-text {kind}" x="{x:.1f}" y="{y:.1f}">{escape(_safe(text))}</text>'


def _document(title: str, unit: str, body: list[str], height: float, *, compared: bool) -> str:
    told = [f"Each box is a function, as long as its share of the {unit}, below the one that called it."]
    told += _TOLD_OF_TWO if compared else _TOLD_OF_ONE
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height:.0f}" width="{_WIDTH}" '
            f'height="{height:.0f}" role="img" aria-labelledby="fg-title fg-told">',
            f'<title id="fg-title">{escape(_safe(title))}</title><desc id="fg-told">{escape(" ".join(told))}</desc>',
            f"<style>{_STYLE}</style>",
            f'<rect class="fg-back" width="{_WIDTH}" height="{height:.0f}"/>',
            _text(_MARGIN, 24, title, "fg-title"),
            *(_text(_MARGIN, 44 + 17 * place, line) for place, line in enumerate(told)),
            *body,
            "</svg>\n",
        ]
    )
