"""matplotlib's SVG made fit for a page: colours that follow the theme, no inline styles, ids of its own, a title.

A page with a content security policy refuses `style` attributes, so they become presentation attributes; colours that
stand for a role become CSS variables, so that one picture serves light, dark and print.
"""

import re
from html import escape

__all__ = ["GRID", "INK", "MUTED", "SERIES", "themed"]

INK, GRID, MUTED, _PAPER = "#010101", "#020202", "#030303", "#040404"
SERIES = tuple(f"#0{place}0b0c" for place in range(7))
"""Colours to draw with; they stand for a role and are no colours to look at."""

_VARIABLES = {INK: "--ink", GRID: "--grid", MUTED: "--muted", _PAPER: "--paper"} | {
    colour: f"--s{place}" for place, colour in enumerate(SERIES)
}
_STYLE = re.compile(r'\sstyle="([^"]*)"')
_FONT = re.compile(r"(?:.*\s)?([\d.]+)px\s")
_COLOUR = re.compile(r'"(#0[0-9a-f]{5})"')
_REFERENCE = re.compile(r'(?:url\(#|href="#)([^)"]+)')
_ID = re.compile(r'\sid="([^"]*)"')
_DROPPED = re.compile(
    r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>|<style[^>]*>.*?</style>", re.DOTALL
)
_OPENING = re.compile(r"<svg\b[^>]*>", re.DOTALL)
_VIEW_BOX = re.compile(r'viewBox="([^"]*)"')
_SPACE = re.compile(r">\s+<")
_LONG_NUMBER = re.compile(r"(\d+\.\d)\d+")
_TAG = re.compile(r"<[^>]*>")
_PLAIN_NAME = re.compile(r"[a-z-]+")


def themed(drawing: str, name: str, title: str, description: str) -> str:
    """An inline SVG.

    Args:
        drawing: what matplotlib wrote, drawn in the colours of this module.
        name: unique within a page; ids begin with it.
        title: its accessible name.
        description: what it shows, in a sentence.
    """
    box = _VIEW_BOX.search(drawing)
    assert box is not None, "matplotlib writes a viewBox"
    body = _STYLE.sub(lambda found: _attributes(found[1]), _DROPPED.sub("", drawing))
    body = _OPENING.sub("", body, count=1).rpartition("</svg>")[0]
    used = set(_REFERENCE.findall(body))
    body = _ID.sub(lambda found: f' id="{name}-{found[1]}"' if found[1] in used else "", body)
    body = _REFERENCE.sub(lambda found: found[0].replace(f"#{found[1]}", f"#{name}-{found[1]}"), body)
    body = _COLOUR.sub(lambda found: f'"var({_VARIABLES[found[1]]})"' if found[1] in _VARIABLES else found[0], body)
    body = _TAG.sub(lambda found: _LONG_NUMBER.sub(r"\1", found[0]), _SPACE.sub("><", body))
    body = body.replace("xlink:href", "href")
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="picture" viewBox="{box[1]}" role="img" '
        f'aria-labelledby="{name}-title {name}-about">'
    )
    named = f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-about">{escape(description)}</desc>'
    return f"{opening}{named}{body.strip()}</svg>"


def _attributes(style: str) -> str:
    """The same as presentation attributes; a font's family is the page's."""
    written = []
    for part in style.split(";"):
        name, _, value = (text.strip() for text in part.partition(":"))
        if name == "font" and (size := _FONT.match(value)):
            name, value = "font-size", size[1]
        if value and name not in {"font-family", "font"} and _PLAIN_NAME.fullmatch(name):
            written.append(f' {name}="{value}"')
    return "".join(written)
