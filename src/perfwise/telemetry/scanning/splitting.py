"""Bytes cut into lines."""

import numpy as np
from numpy.typing import NDArray

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
    buffer, done = writable(data), 0
    found: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
    while True:
        most = (len(data) - done) // 32 + 1024  # more where lines are shorter
        starts, ends, wide = np.empty(most, np.int64), np.empty(most, np.int64), np.empty(most, np.uint8)
        count = compiled(split_lines)(buffer, done, len(data), last, starts, ends, wide)
        found.append((starts[:count], ends[:count]))
        done = int(ends[-1])
        if count < most - 1:
            break
    if len(found) == 1:
        return Lines(buffer, *found[0]), done
    return Lines(buffer, *(np.concatenate(each) for each in zip(*found, strict=True))), done
