"""Bytes cut into lines."""

import numpy as np

from perfwise.kit.compiled import compiled
from perfwise.telemetry.lines import Lines, writable
from perfwise.telemetry.scanning.kernels import split_lines

__all__ = ["split", "split_off"]


def split(data: bytes) -> Lines:
    r"""The lines of a text, ended by \n, \r\n or \r, whether or not the last one is."""
    return split_off(data, last=True)[0]


def split_off(data: bytes, *, last: bool) -> tuple[Lines, int]:
    r"""The lines of a text, and where what follows them begins.

    Args:
        data: ended by \n, \r\n or \r.
        last: nothing comes behind, so that what has no end is a line too.
    """
    buffer = writable(data)
    most = data.count(b"\n") + data.count(b"\r") + 2
    starts, ends, wide = np.zeros(most, np.int64), np.zeros(most, np.int64), np.zeros(most, np.uint8)
    count = compiled(split_lines)(buffer, 0, len(data), last, starts, ends, wide)
    return Lines(buffer, starts[:count].copy(), ends[:count].copy()), int(ends[-1])
