"""What parsers that see the whole log start from: masked texts, and groups of lines by template text."""

import re
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from perfwise.kit.compiled import compiled
from perfwise.telemetry.contracts import Grouping
from perfwise.telemetry.lines import Lines
from perfwise.telemetry.scanning.kernels import hash_lines
from perfwise.telemetry.scanning.masks import Mask
from perfwise.telemetry.scanning.scanner import Scanner

__all__ = ["Words", "grouped_by_text", "masked_texts", "same_lines_once"]

Words = tuple[str, ...]


def masked_texts(
    lines: Lines, masks: Sequence[Mask], instead: str | None = None
) -> tuple[list[str], NDArray[np.int64]]:
    """Different lines with their masks applied, in the order in which they come, and each line's place among them.

    The scanner says which lines are the same when they are masked; only one of these is masked as a text. Two lines
    that differ in nothing but their white space count as different.

    Args:
        lines: contents.
        masks: in order.
        instead: put in place of every match; None: the mask's own text.
    """
    if not len(lines):
        return [], np.zeros(0, np.int64)
    _, first, which = np.unique(_line_hashes(lines, masks), return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    patterns = [(re.compile(mask.pattern), mask.text if instead is None else instead) for mask in masks]
    texts = []
    for place in first[order].tolist():
        text = lines.line(place).decode("utf-8", "surrogateescape")
        for pattern, name in patterns:
            text = pattern.sub(name, text)
        texts.append(text)
    return texts, rank[which.ravel()]


def _line_hashes(lines: Lines, masks: Sequence[Mask]) -> NDArray[np.int64]:
    found = np.zeros(len(lines), np.int64)
    for first, stop, _, begins, hashed in Scanner(tuple(masks)).chunks(lines):
        found[first:stop] = _white_space(lines, first, stop)
        compiled(hash_lines)(begins, hashed, found[first:stop])
    return found


def _white_space(lines: Lines, first: int, stop: int) -> NDArray[np.int64]:
    """A number for each line that tells how its white space differs from single spaces between words."""
    starts, ends = lines.starts[first:stop], lines.ends[first:stop]
    low, high = int(starts.min()), int(ends.max())
    white = lines.buffer[low : high + 1] <= 0x20
    odd = white & (lines.buffer[low : high + 1] != 0x20)
    odd[1:] |= white[1:] & white[:-1]  # doubled
    places = np.flatnonzero(odd)
    weights = np.concatenate([[0], np.cumsum(lines.buffer[low + places].astype(np.int64) * 1_000_003 + places)])
    inside = weights[np.searchsorted(places + low, ends)] - weights[np.searchsorted(places + low, starts)]
    inside -= (starts - low) * (np.searchsorted(places + low, ends) - np.searchsorted(places + low, starts))
    filled = ends > starts
    edges = np.zeros(len(starts), np.int64)
    edges[filled] = 2 * (lines.buffer[starts[filled]] <= 0x20) + (lines.buffer[ends[filled] - 1] <= 0x20)
    return np.asarray(4 * inside + edges)


def same_lines_once(
    masked: tuple[list[str], NDArray[np.int64]], cut: Callable[[str], Words]
) -> tuple[list[Words], list[int], list[int]]:
    """Different masked lines: their words, how often each is there, and each line's place."""
    texts, which = masked
    places: dict[str, int] = {}
    again = np.array([places.setdefault(text, len(places)) for text in texts], np.int64)
    which = again[which] if len(texts) else which
    counts = np.bincount(which, minlength=len(places)).tolist()
    return [cut(text) for text in places], counts, which.tolist()


def grouped_by_text(templates: Iterable[str]) -> Grouping:
    """Lines of one template text are one group; ids from 1 on in the order of the lines."""
    ids: dict[str, int] = {}
    codes = [ids.setdefault(text, len(ids) + 1) for text in templates]
    return Grouping(np.array(codes, np.int64), {code: text for text, code in ids.items()})
