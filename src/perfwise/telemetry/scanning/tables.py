"""Masks as arrays for the scanner, and room for it to work in."""

import unicodedata
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from perfwise.errors import InvalidOption
from perfwise.telemetry.scanning import kernels as k
from perfwise.telemetry.scanning.kernels import MaskTables, Scratch
from perfwise.telemetry.scanning.masks import Mask
from perfwise.telemetry.scanning.pattern import AHEAD, BEHIND, JUMP, LAZY, NOT_AHEAD, NOT_BEHIND, RUN, SET, SPAN, SPLIT

__all__ = ["mask_tables", "scratch_for"]

_WITH_SET = (SET, RUN, LAZY, SPAN, AHEAD, NOT_AHEAD, BEHIND, NOT_BEHIND)


def mask_tables(
    masks: Sequence[Mask], delimiters: Sequence[str] = (), hashed: Callable[[bytes], int] = lambda _: 0
) -> MaskTables:
    """Arrays of masks that have programs; others must be applied before.

    Args:
        masks: in the order in which they are applied, at most `MOST_MASKS`.
        delimiters: further characters that separate words, ASCII, one each.
        hashed: what `hash_words` makes of a word without masks; spares it names where no later mask can match.
    """
    programs = [mask.program for mask in masks if mask.program is not None]
    assert len(programs) == len(masks) <= k.MOST_MASKS, "other masks are applied by re"
    steps_before = np.cumsum([0, *(len(program.steps) for program in programs)]).tolist()
    sets_before = np.cumsum([0, *(len(program.sets) for program in programs)]).tolist()
    names = [mask.text.encode() for mask in masks]
    first_sets = np.zeros((k.MOST_MASKS, 256), np.uint8)
    for place, program in enumerate(programs):
        first_sets[place] = program.first
    sets = np.concatenate([first_sets, *(program.sets for program in programs)]).ravel()
    digits = _wide_digits()
    ints = np.zeros(k.STEPS + 4 * steps_before[-1], np.int64)
    for place, program in enumerate(programs):
        at = k.STEPS + 4 * steps_before[place]
        ints[at : at + 4 * len(program.steps)] = _moved(program.steps, at, k.STEP_SETS + 256 * sets_before[place])
        ints[k.BEGINS + place] = at
        ints[k.SKIPS + place] = program.skips_run
        ints[k.REACHES + place] = program.reaches
        ints[k.WANTED + place] = 1 << (4 + 2 * place)
        ints[k.FIRSTS] |= 1 << (4 + 2 * place)
        ints[k.KINDS : k.KINDS + 256] |= program.first.astype(np.int64) << (4 + 2 * place)
        if program.needed >= 0:
            ints[k.WANTED + place] |= 2 << (4 + 2 * place)
            ints[k.KINDS + program.needed] |= 2 << (4 + 2 * place)
    ints[k.KINDS : k.KINDS + 256] |= _kinds(delimiters)
    ints[k.COUNT] = len(masks)
    ints[k.ANY_REACHES] = any(program.reaches for program in programs)
    ints[k.NAME_BEGINS : k.NAME_BEGINS + len(names) + 1] = len(sets) + np.cumsum([0, *map(len, names)])
    ints[k.DIGITS], ints[k.DIGITS_END] = len(ints), len(ints) + len(digits)
    for byte in b"".join(names):
        ints[k.NAME_KINDS] |= ints[k.KINDS + byte]
    for place, name in enumerate(names):
        kinds = np.bitwise_or.reduce(ints[[k.KINDS + byte for byte in name]])
        later = ints[k.WANTED + place + 1 : k.WANTED + len(names)]
        if not kinds & k.SPACE and not (kinds & later == later).any():
            ints[k.NAME_HASHES + place] = hashed(name)
    return MaskTables(np.concatenate([ints, digits]), np.concatenate([sets, np.frombuffer(b"".join(names), np.uint8)]))


def scratch_for(longest: int) -> Scratch:
    """Room for lines of that many bytes, with their masks' names."""
    half = 4 * longest + 1024
    return Scratch(
        np.zeros(2 * half, np.uint8), np.zeros(2 * half + 1, np.int64), np.zeros(4 * max(256, longest), np.int64)
    )


def _moved(steps: NDArray[np.int64], first_step: int, first_set: int) -> NDArray[np.int64]:
    """Steps with their targets and sets as places in the arrays of all masks."""
    moved = steps.copy()
    for row in moved:
        if row[0] in (SPLIT, JUMP):
            row[1:3] = first_step + 4 * row[1:3]
        elif row[0] in _WITH_SET:
            row[1] = first_set + 256 * row[1]
    return moved.ravel()


def _kinds(delimiters: Sequence[str]) -> NDArray[np.int64]:
    kinds = np.full(256, k.HIGH, np.int64)
    for byte in range(128):
        character = chr(byte)
        word = character.isalnum() or character == "_"
        kinds[byte] = k.SPACE * character.isspace() | k.DIGIT * character.isdigit() | k.WORD * word
    for delimiter in delimiters:
        if len(delimiter) != 1 or not delimiter.isascii():
            raise InvalidOption(f"a delimiter for the scanner is one ASCII character, not {delimiter!r}")
        kinds[ord(delimiter)] |= k.SPACE
    return kinds


@cache
def _wide_digits() -> NDArray[np.int64]:
    """Code points beyond ASCII for which `str.isdigit` holds."""
    points = [point for point in range(0x80, 0x20000) if unicodedata.digit(chr(point), None) is not None]
    return np.array(points, np.int64)
