"""What parsers that see the whole log start from: masked texts, and groups of lines by template text."""

import re
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from perfwise.telemetry.contracts import Grouping
from perfwise.telemetry.lines import Lines
from perfwise.telemetry.scanning.masks import Mask

__all__ = ["Words", "grouped_by_text", "masked_texts", "same_lines_once"]

Words = tuple[str, ...]


def masked_texts(lines: Lines, masks: Sequence[Mask], instead: str | None = None) -> list[str]:
    """Each line with its masks applied.

    Args:
        lines: contents.
        masks: in order.
        instead: put in place of every match; None: the mask's own text.
    """
    patterns = [(re.compile(mask.pattern), mask.text if instead is None else instead) for mask in masks]
    found = []
    for text in lines.texts():
        for pattern, name in patterns:
            text = pattern.sub(name, text)  # noqa: PLW2901
        found.append(text)
    return found


def same_lines_once(texts: Sequence[str], cut: Callable[[str], Words]) -> tuple[list[Words], list[int], list[int]]:
    """Different lines in the order in which they come: their words, how often each is there, and each line's place."""
    places: dict[str, int] = {}
    counts: list[int] = []
    which = []
    for text in texts:
        place = places.setdefault(text, len(places))
        if place == len(counts):
            counts.append(0)
        counts[place] += 1
        which.append(place)
    return [cut(text) for text in places], counts, which


def grouped_by_text(templates: Iterable[str]) -> Grouping:
    """Lines of one template text are one group; ids from 1 on in the order of the lines."""
    ids: dict[str, int] = {}
    codes = [ids.setdefault(text, len(ids) + 1) for text in templates]
    return Grouping(np.array(codes, np.int64), {code: text for text, code in ids.items()})
