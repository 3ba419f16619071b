"""Masking and cutting by `re` and `str`, for lines and masks that the scanner has no program for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perfwise.telemetry.lines import Lines, writable
from perfwise.telemetry.scanning.kernels import MOST_MASKS
from perfwise.telemetry.scanning.masks import Mask

__all__ = ["SlowMasks"]


@dataclass(frozen=True, eq=False)
class SlowMasks:
    """What `re` does where the scanner does not.

    Args:
        masks: all masks, in order: (pattern, what is put in place).
        delimiters: texts that separate words.
        for_all_lines: else only for lines with characters beyond ASCII.
    """

    masks: tuple[tuple[re.Pattern[str], str], ...]
    delimiters: tuple[str, ...]
    for_all_lines: bool

    @classmethod
    def needed_for(cls, masks: Sequence[Mask], delimiters: Sequence[str]) -> "SlowMasks":
        """Of these masks and delimiters."""
        plain = all(len(each) == 1 and each.isascii() for each in delimiters)
        fast = plain and len(masks) <= MOST_MASKS and all(mask.compiled for mask in masks)
        return cls(tuple((re.compile(mask.pattern), mask.text) for mask in masks), tuple(delimiters), not fast)

    def words(self, text: str) -> list[str]:
        """The words of a line when it is masked."""
        for pattern, name in self.masks:
            text = pattern.sub(name, text)
        for delimiter in self.delimiters:
            text = text.strip().replace(delimiter, " ")
        return text.split()

    def applied(self, lines: Lines) -> Lines:
        """The lines, those that are masked here replaced by their words, with -1 - end as their end."""
        chosen = np.arange(len(lines)) if self.for_all_lines else np.flatnonzero(_wide(lines))
        if not len(chosen):
            return lines
        low, high = int(lines.starts.min()), int(lines.ends.max())
        made = [self._masked(lines.line(place)) for place in chosen.tolist()]
        sizes = np.fromiter(map(len, made), np.int64, len(made))
        ends = np.cumsum(sizes) + (high - low)
        starts, stops = lines.starts - low, lines.ends - low
        starts[chosen], stops[chosen] = ends - sizes, -1 - ends
        return Lines(writable(lines.buffer[low:high].tobytes() + b"".join(made)), starts, stops)

    def _masked(self, line: bytes) -> bytes:
        return " ".join(self.words(line.decode("utf-8", "surrogateescape"))).encode("utf-8", "surrogateescape")


def _wide(lines: Lines) -> NDArray[np.bool_]:
    """Which lines have bytes beyond ASCII."""
    if not len(lines):
        return np.zeros(0, np.bool_)
    low, high = int(lines.starts.min()), int(lines.ends.max())
    wide = lines.buffer[low:high] >= 0x80
    if not wide.any():
        return np.zeros(len(lines), np.bool_)
    before = np.concatenate([[0], np.cumsum(wide)])
    return np.asarray(before[lines.ends - low] > before[lines.starts - low])
