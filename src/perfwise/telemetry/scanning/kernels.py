"""The scanner itself: functions over arrays of bytes, compiled where numba is.

A line is rewritten mask by mask, each reading what the one before wrote, as a chain of `re.sub` does. Its words are
then known by hashes of 62 bits, shifted by one; the lowest bit says whether a word has a digit in it. Most masks look
at one word only; a line on which no other has its say is taken word by word, in one pass over its bytes.

All masks lie in two arrays, so that a call hands over few of them: `ints` and `sets`, laid out as below.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from perfwise.kit.compiled import Bundle, Signature, Table, borrowed, compilable, eight_bytes
from perfwise.telemetry.scanning.pattern import (
    AHEAD,
    BEHIND,
    BOUNDARY,
    END,
    INSIDE,
    JUMP,
    LAZY,
    MATCH,
    NOT_AHEAD,
    RUN,
    SET,
    SPAN,
    SPLIT,
    START,
)

__all__ = [
    "MASKS",
    "SCRATCH",
    "MaskTables",
    "Scratch",
    "hash_lines",
    "hash_words",
    "lent_masks",
    "lent_scratch",
    "masked",
    "match_starts",
    "split_lines",
]

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]

SPACE, DIGIT, WORD, HIGH = 1, 2, 4, 8
"""Bits of a byte's kind. Above them, for mask k: bit 4 + 2k if a match can begin with it, 5 + 2k if one needs it."""
MOST_MASKS = 29

# The layout of `ints`: how many masks; the bits 4 + 2k together; whether a mask reaches; where names begin in `sets`;
# where the digits beyond ASCII begin, and end; the kinds of all names. Then one place a byte or a mask, then the steps.
# A name's hash is 0 where a later mask may match in it.
COUNT, FIRSTS, ANY_REACHES, NAMES, DIGITS, DIGITS_END, NAME_KINDS = range(7)
KINDS, BEGINS, NAME_BEGINS, WANTED, SKIPS, REACHES, NAME_HASHES, STEPS = 64, 320, 352, 384, 416, 448, 480, 512
# The layout of `sets`, 256 bytes each: with what mask k can begin, then the sets of all steps, then the names.
FIRST_SETS, STEP_SETS = 0, MOST_MASKS * 256

_TOO_SMALL, _REACHES = -2, -3
_TOP_BITS = np.int64(-0x7F7F7F7F7F7F7F80)  # 0x80 eight times


class MaskTables(NamedTuple):
    """Masks as two arrays."""

    ints: Ints
    sets: Bytes


class Scratch(NamedTuple):
    """Room for one line: `room` holds two texts, `came` for each of their bytes where it came from, `stack` tries."""

    room: Bytes
    came: Ints
    stack: Ints


MASKS = Bundle(MaskTables, (Table("i8"), Table("u1")))
SCRATCH = Bundle(Scratch, (Table("u1"), Table("i8"), Table("i8")))


@compilable()
def lent_masks(masks: MaskTables) -> MaskTables:
    """The same, without counting references to its arrays from here on."""
    return MaskTables(borrowed(masks.ints), borrowed(masks.sets))


@compilable()
def lent_scratch(scratch: Scratch) -> Scratch:
    """The same, without counting references to its arrays from here on."""
    return Scratch(borrowed(scratch.room), borrowed(scratch.came), borrowed(scratch.stack))


@compilable()
def _boundary(ints: Ints, room: Bytes, low: int, high: int, at: int) -> bool:
    before = at > low and (ints[KINDS + room[at - 1]] & WORD) != 0
    behind = at < high and (ints[KINDS + room[at]] & WORD) != 0
    return before != behind


@compilable()
def _holds(what: int, a: int, ints: Ints, sets: Bytes, room: Bytes, low: int, high: int, at: int) -> bool:
    """Whether a step that consumes nothing lets pass."""
    if what == BOUNDARY:
        return _boundary(ints, room, low, high, at)
    if what == INSIDE:
        return not _boundary(ints, room, low, high, at)
    if what == START:
        return at == low
    if what == END:
        return at == high
    if what == AHEAD:
        return at < high and sets[a + room[at]] != 0
    if what == NOT_AHEAD:
        return at >= high or sets[a + room[at]] == 0
    if what == BEHIND:
        return at > low and sets[a + room[at - 1]] != 0
    return at <= low or sets[a + room[at - 1]] == 0


@compilable()
def _match_end(
    ints: Ints, sets: Bytes, begin: int, room: Bytes, low: int, high: int, start: int, stack: Ints
) -> int:  # fmt: skip
    """Where the match that begins at `start` ends; -1 if there is none, -2 if the stack is too small.

    Four numbers on the stack, (step, place, last place, 0), are what is tried next: all places down to the last (the
    bytes that a greedy run gives back; the place itself is one too far); (step, place, last place, 1 + set) is a lazy
    run that takes one more byte of the set, up to the last place.
    """
    step, depth, at = begin, 0, start
    while True:
        what, a = ints[np.uint64(step)], ints[np.uint64(step + 1)]
        failed = False
        if what == MATCH:
            return at
        if what == SET:
            if at < high and sets[np.uint64(a) + room[np.uint64(at)]]:
                at += 1
                step += 4
            else:
                failed = True
        elif what == SPAN or what == RUN or what == LAZY:
            least, most = ints[step + 2], ints[step + 3]
            stop = high if most < 0 else min(high, at + most)
            shortest = at + least
            limit = min(stop, shortest) if what == LAZY else stop
            while at < limit and sets[np.uint64(a) + room[np.uint64(at)]]:
                at += 1
            if at < shortest:
                failed = True
            else:
                step += 4
                if (what == RUN and at > shortest) or (what == LAZY and at < stop):
                    if depth + 4 > stack.shape[0]:
                        return _TOO_SMALL
                    stack[depth], stack[depth + 1] = step, at
                    stack[depth + 2] = shortest if what == RUN else stop
                    stack[depth + 3] = 0 if what == RUN else 1 + a
                    depth += 4
        elif what == SPLIT:
            if depth + 4 > stack.shape[0]:
                return _TOO_SMALL
            stack[depth], stack[depth + 1], stack[depth + 2], stack[depth + 3] = ints[step + 2], at + 1, at, 0
            depth += 4
            step = a
        elif what == JUMP:
            step = a
        elif _holds(what, a, ints, sets, room, low, high, at):
            step += 4
        else:
            failed = True
        while failed:
            if depth == 0:
                return -1
            top = depth - 4
            step, at = stack[top], stack[top + 1]
            if stack[top + 3] == 0:
                at -= 1
                stack[top + 1] = at
                if at <= stack[top + 2]:
                    depth = top
                failed = False
            elif at < stack[top + 2] and sets[stack[top + 3] - 1 + room[at]]:
                at += 1
                stack[top + 1] = at
                failed = False
            else:
                depth = top


@compilable()
def _copied(room: Bytes, came: Ints, low: int, high: int, out: int, tracks: bool) -> int:
    for at in range(high - low):
        room[out + at] = room[low + at]
    if tracks:
        for at in range(high - low):
            came[out + at] = came[low + at]
    return out + high - low


@compilable()
def _rewritten(
    ints: Ints, sets: Bytes, mask: int, room: Bytes, came: Ints, stack: Ints, low: int, high: int, out: int,
    tracks: bool,
) -> int:  # fmt: skip
    """Replace all matches of one mask in room[low:high]; where what is written at `out` ends, -1 if nothing matched."""
    begin, skips, first = ints[BEGINS + mask], ints[SKIPS + mask], FIRST_SETS + 256 * mask
    name, name_end = ints[NAME_BEGINS + mask], ints[NAME_BEGINS + mask + 1]
    at, kept, written = low, low, out
    while at < high:
        if not sets[first + room[at]]:
            at += 1
            continue
        end = _match_end(ints, sets, begin, room, low, high, at, stack)
        if end == _TOO_SMALL:
            return _TOO_SMALL
        if end < 0:
            at += 1
            while skips and at < high and sets[first + room[at]]:
                at += 1
            continue
        if written - out + (high - kept) + (name_end - name) + 8 > room.shape[0] // 2:
            return _TOO_SMALL
        written = _copied(room, came, kept, at, written, tracks)
        for place in range(name, name_end):
            room[written] = sets[place]
            if tracks:
                came[written] = came[at]
            written += 1
        at = kept = end
    if written == out:
        return -1
    written = _copied(room, came, kept, high, written, tracks)
    if tracks:
        came[written] = came[high]
    return written


@compilable()
def masked(
    ints: Ints, sets: Bytes, text: Bytes, low: int, high: int, room: Bytes, came: Ints, stack: Ints, tracks: bool
) -> tuple[int, int]:  # fmt: skip
    """Rewrite text[low:high] by all masks.

    Returns: (begin, end) of the result in `room`; (0, -1) where nothing matched; (0, -2) where room is too little.
    With `tracks`, came[begin:end + 1] says for each byte of the result, and for its end, where in the text it began,
    counted from `low`.
    """
    half = room.shape[0] // 2
    if high - low + 8 > half:
        return 0, _TOO_SMALL
    present = 0
    for at in range(high - low):
        room[at] = text[low + at]
        present |= ints[KINDS + text[low + at]]
    if tracks:
        for at in range(high - low + 1):
            came[at] = at
    begin, end, changed = 0, high - low, False
    for mask in range(ints[COUNT]):
        if present & ints[WANTED + mask] != ints[WANTED + mask]:
            continue
        out = half if begin == 0 else 0
        written = _rewritten(ints, sets, mask, room, came, stack, begin, end, out, tracks)
        if written == _TOO_SMALL:
            return 0, _TOO_SMALL
        if written >= 0:
            begin, end, changed = out, written, True
            present |= ints[NAME_KINDS]
    if not changed and not tracks:
        return 0, -1
    return begin, end


@compilable()
def _is_digit_point(point: int, ints: Ints) -> bool:
    low, high = ints[DIGITS], ints[DIGITS_END]
    while low < high:
        middle = (low + high) // 2
        if ints[middle] < point:
            low = middle + 1
        else:
            high = middle
    return low < ints[DIGITS_END] and ints[low] == point


@compilable()
def _has_wide_digit(text: Bytes, low: int, high: int, ints: Ints) -> bool:
    """Whether one of the characters beyond ASCII is a digit, as `str.isdigit` has it."""
    at = low
    while at < high:
        byte = np.int64(text[at])
        width = 1 if byte < 0xC0 else 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
        if width > 1 and at + width <= high:
            point = byte & (0x7F >> width)
            for more in range(1, width):
                point = (point << 6) | (np.int64(text[at + more]) & 0x3F)
            if _is_digit_point(int(point), ints):
                return True
        at += width
    return False


@compilable()
def _hash(text: Bytes, low: int, high: int, seen: int, ints: Ints) -> int:
    """Of one word, eight bytes at a time; even for words without a digit, odd for words with one, never 0.

    Reads up to seven bytes beyond the word.
    """
    # The length is spread over all bits: bytes of value 0 at a word's end must not make up for it.
    value = np.int64(-3750763034362895579) ^ (np.int64(high - low) * np.int64(-7723592293110705685))
    at = low
    while at + 8 <= high:
        value = (value ^ eight_bytes(text, at)) * np.int64(-7046029254386353131)
        value ^= (value >> 32) & np.int64(0xFFFFFFFF)
        at += 8
    if at < high:
        rest = eight_bytes(text, at) & ((np.int64(1) << np.int64(8 * (high - at))) - np.int64(1))
        value = (value ^ rest) * np.int64(-7046029254386353131)
        value ^= (value >> 32) & np.int64(0xFFFFFFFF)
    value *= np.int64(-4658895280553007687)
    value ^= (value >> 29) & np.int64(0x7FFFFFFFF)
    if seen & HIGH and not seen & DIGIT and _has_wide_digit(text, low, high, ints):
        seen |= DIGIT
    value = (value << np.int64(1)) & np.int64(0x7FFFFFFFFFFFFFFF)
    if value == 0:
        value = np.int64(2)
    return int(value | np.int64(1) if seen & DIGIT else value)


@compilable()
def _words(text: Bytes, low: int, high: int, ints: Ints, out: Ints, first: int) -> int:
    """Hash the words of a text that is masked into out[first:]; their number, or -2 if there is no room for them."""
    at, count = low, first
    while at < high:
        begin, seen = at, 0
        while at < high:
            kind = ints[np.uint64(KINDS) + text[np.uint64(at)]]
            if kind & SPACE:
                break
            seen |= kind
            at += 1
        if at > begin:
            if count >= out.shape[0]:
                return _TOO_SMALL
            out[count] = _hash(text, begin, at, seen, ints)
            count += 1
        at += 1
    return count - first


@compilable()
def _wants(ints: Ints, present: int) -> bool:
    """Whether any mask may match where these bytes are."""
    for mask in range(ints[COUNT]):
        if present & ints[WANTED + mask] == ints[WANTED + mask]:
            return True
    return False


@compilable()
def _masked_word(
    text: Bytes, low: int, high: int, seen: int, ints: Ints, sets: Bytes, room: Bytes, came: Ints, stack: Ints
) -> int:  # fmt: skip
    """The hash of one word when it is masked; -2 if there is too little room, -4 - hash if a mask matched."""
    for mask in range(ints[COUNT]):
        if seen & ints[WANTED + mask] != ints[WANTED + mask]:
            continue
        found, end = _first_match(ints, sets, mask, text, low, low, high, stack)
        if end == _TOO_SMALL:
            return _TOO_SMALL
        if end < 0:
            continue
        if found == low and end == high and ints[NAME_HASHES + mask]:
            return -4 - ints[NAME_HASHES + mask]
        return _rewritten_word(text, low, high, seen, found, end, mask, ints, sets, room, came, stack)
    return _hash(text, low, high, seen, ints)


@compilable()
def _first_match(
    ints: Ints, sets: Bytes, mask: int, text: Bytes, low: int, start: int, high: int, stack: Ints
) -> tuple[int, int]:  # fmt: skip
    """Where the first match of a mask is, from `start` on; (high, -1) if there is none, -2: stack too small."""
    begin, skips, first = ints[BEGINS + mask], ints[SKIPS + mask], FIRST_SETS + 256 * mask
    at = start
    while at < high:
        if sets[np.uint64(first) + text[np.uint64(at)]]:
            end = _match_end(ints, sets, begin, text, low, high, at, stack)
            if end >= 0 or end == _TOO_SMALL:
                return at, end
            while skips and at + 1 < high and sets[first + text[at + 1]]:
                at += 1
        at += 1
    return high, -1


@compilable()
def _rewritten_word(
    text: Bytes, low: int, high: int, seen: int, found: int, end: int, mask: int,
    ints: Ints, sets: Bytes, room: Bytes, came: Ints, stack: Ints,
) -> int:  # fmt: skip
    """As `_masked_word` for a word whose first match, of the first mask that matches, is text[found:end]."""
    later = (seen & ~np.int64(15)) | ints[NAME_KINDS]
    for other in range(mask + 1, ints[COUNT]):
        if later & ints[WANTED + other] == ints[WANTED + other]:
            return _word_by_all(text, low, high, ints, sets, room, came, stack)
    written, kept, kinds = 0, low, 0
    name, name_end = ints[NAME_BEGINS + mask], ints[NAME_BEGINS + mask + 1]
    while True:
        if written + (high - kept) + (name_end - name) + 8 > room.shape[0]:
            return _TOO_SMALL
        for at in range(kept, found):
            room[np.uint64(written)] = text[np.uint64(at)]
            kinds |= ints[np.uint64(KINDS) + text[np.uint64(at)]]
            written += 1
        if end < 0:
            break
        for at in range(name, name_end):
            room[written] = sets[at]
            kinds |= ints[KINDS + sets[at]]
            written += 1
        kept = end
        if kept == high:
            break
        found, end = _first_match(ints, sets, mask, text, low, kept, high, stack)
        if end == _TOO_SMALL:
            return _TOO_SMALL
    return -4 - _hash(room, 0, written, kinds, ints)


@compilable()
def _word_by_all(
    text: Bytes, low: int, high: int, ints: Ints, sets: Bytes, room: Bytes, came: Ints, stack: Ints
) -> int:  # fmt: skip
    """As `_masked_word`, mask by mask."""
    begin, end = masked(ints, sets, text, low, high, room, came, stack, False)
    if end == _TOO_SMALL:
        return _TOO_SMALL
    seen = 0
    for at in range(begin, end):
        seen |= ints[KINDS + room[at]]
    return -4 - _hash(room, begin, end, seen, ints)


@compilable()
def _word_by_word(
    text: Bytes, low: int, high: int, ints: Ints, sets: Bytes, room: Bytes, came: Ints, stack: Ints, out: Ints,
    first: int,
) -> int:  # fmt: skip
    """Mask and hash a line word by word; as `_words`, and -3 if a mask that may reach over white space has its say."""
    at, count, all_seen = low, first, 0
    while at < high:
        begin, seen, kind = at, 0, 0
        while at < high:
            kind = ints[np.uint64(KINDS) + text[np.uint64(at)]]
            if kind & SPACE:
                break
            seen |= kind
            at += 1
        all_seen |= seen | kind
        if at > begin:
            if count >= out.shape[0]:
                return _TOO_SMALL
            if seen & ints[FIRSTS] and _wants(ints, seen):
                value = _masked_word(text, begin, at, seen, ints, sets, room, came, stack)
                if value == _TOO_SMALL:
                    return _TOO_SMALL
                if value < 0:
                    all_seen |= ints[NAME_KINDS]
                    value = -4 - value
                out[count] = value
            else:
                out[count] = _hash(text, begin, at, seen, ints)
            count += 1
        at += 1
    if ints[ANY_REACHES]:
        for mask in range(ints[COUNT]):
            if ints[REACHES + mask] and all_seen & ints[WANTED + mask] == ints[WANTED + mask]:
                return _REACHES
    return count - first


@compilable()
def _whole_line(
    text: Bytes, low: int, high: int, ints: Ints, sets: Bytes, room: Bytes, came: Ints, stack: Ints, out: Ints,
    first: int,
) -> int:  # fmt: skip
    """Mask a line, then hash its words; as `_words`."""
    begin, end = masked(ints, sets, text, low, high, room, came, stack, False)
    if end == _TOO_SMALL:
        return _TOO_SMALL
    if end < 0:
        return _words(text, low, high, ints, out, first)
    return _words(room, begin, end, ints, out, first)


@compilable(
    Signature("i8", (Table("u1"), Table("i8"), Table("i8"), "i8", "i8", MASKS, SCRATCH, Table("i8"), Table("i8")))
)
def hash_words(
    text: Bytes, starts: Ints, ends: Ints, first: int, stop: int, masks: MaskTables, scratch: Scratch, begins: Ints,
    out: Ints,
) -> int:  # fmt: skip
    """Mask and hash lines first..stop; line i's words are out[begins[i]:begins[i + 1]]; begins[first] is given.

    A line that is masked already (by `re`) is told by a negative end: its text ends at -1 - end. Eight bytes behind the
    last line may be read.

    Returns: the first line that was not done because something is too small: `stop` when all are.
    """
    text, starts, ends, begins, out = borrowed(text), borrowed(starts), borrowed(ends), borrowed(begins), borrowed(out)
    ints, sets = borrowed(masks.ints), borrowed(masks.sets)
    room, came, stack = borrowed(scratch.room), borrowed(scratch.came), borrowed(scratch.stack)
    for line in range(first, stop):
        low, high = starts[line], ends[line]
        if high < 0:
            count = _words(text, low, -1 - high, ints, out, begins[line])
        else:
            count = _word_by_word(text, low, high, ints, sets, room, came, stack, out, begins[line])
            if count == _REACHES:
                count = _whole_line(text, low, high, ints, sets, room, came, stack, out, begins[line])
        if count == _TOO_SMALL:
            return line
        begins[line + 1] = begins[line] + count
    return stop


@compilable(Signature("none", (Table("i8"), Table("i8"), Table("i8"))))
def hash_lines(begins: Ints, hashed: Ints, out: Ints) -> None:
    """One hash for all words of a line, in their order, begun with what out holds."""
    for line in range(out.shape[0]):
        value = out[line] ^ np.int64(-3750763034362895579)
        for at in range(begins[line], begins[line + 1]):
            value = (value ^ hashed[at]) * np.int64(-7046029254386353131)
            value ^= (value >> 32) & np.int64(0xFFFFFFFF)
        out[line] = value


@compilable(Signature("none", (Table("u1"), Table("i8"), Table("i8"), MASKS, SCRATCH, Table("i8"))))
def match_starts(text: Bytes, starts: Ints, ends: Ints, masks: MaskTables, scratch: Scratch, out: Ints) -> None:
    """Where the match of the first mask at the start of each line ends; -1 where there is none."""
    ints, sets, stack = masks.ints, masks.sets, scratch.stack
    for line in range(starts.shape[0]):
        end = _match_end(ints, sets, ints[BEGINS], text, starts[line], ends[line], starts[line], stack)
        out[line] = end if end >= 0 else -1


@compilable(Signature("i8", (Table("u1"), "i8", "i8", "b1", Table("i8"), Table("i8"), Table("u1"))))
def split_lines(text: Bytes, low: int, high: int, last: bool, starts: Ints, ends: Ints, wide: Bytes) -> int:
    r"""Find the lines of text[low:high], ended by \n, \r\n or \r.

    With `last` nothing follows, so that what has no end is a line too. starts, ends and wide, which says which lines
    have bytes beyond ASCII, are filled; ends[-1] says where the next line begins.

    Returns: their number; not more than there is room for.
    """
    count, at, begin, seen, wide_bits = 0, low, low, np.uint8(0), np.int64(0)
    room = starts.shape[0] - 1
    while at < high and count < room:
        while at + 8 <= high:
            eight = eight_bytes(text, at)
            if (eight - np.int64(0x0E0E0E0E0E0E0E0E)) & ~eight & _TOP_BITS:
                break  # one of them may be below 14; a byte beyond ASCII never is
            wide_bits |= eight & _TOP_BITS
            at += 8
        if at >= high:
            break
        byte = text[at]
        if byte > 13 or (byte != 10 and byte != 13):
            seen |= byte
            at += 1
            continue
        if byte == 13 and at + 1 == high and not last:
            break  # a \n may follow
        starts[count] = begin
        ends[count] = at
        wide[count] = (seen >> 7) | (wide_bits != 0)
        count += 1
        at += 2 if byte == 13 and at + 1 < high and text[at + 1] == 10 else 1
        begin, seen, wide_bits = at, np.uint8(0), np.int64(0)
    if last and count < room and begin < high and at == high:
        starts[count] = begin
        ends[count] = high
        wide[count] = (seen >> 7) | (wide_bits != 0)
        count += 1
        begin = high
    ends[-1] = begin
    return count
