"""A regular expression as a program for the scanner: what `re` does on ASCII text, without `re`.

The program backtracks in the order in which `re` does, so that the two find the same spans. What has no program here
(back references, wide lookarounds, patterns that match nothing) is said to be so, and stays with `re`.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Program", "program_of"]

MATCH, SET, SPLIT, JUMP, RUN, LAZY, SPAN, BOUNDARY, INSIDE, START, END, AHEAD, NOT_AHEAD, BEHIND, NOT_BEHIND = range(15)
_MOST_STEPS = 400
_parser: Any = re._parser  # type: ignore[attr-defined]  # no public name gives the parsed form
_constants: Any = re._constants  # type: ignore[attr-defined]
_KNOWN_FLAGS = re.UNICODE | re.ASCII | re.IGNORECASE | re.MULTILINE | re.DOTALL | re.VERBOSE
_WORD = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
_CATEGORIES = {
    "CATEGORY_DIGIT": frozenset(b"0123456789"),
    "CATEGORY_SPACE": frozenset(b" \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f"),
    "CATEGORY_WORD": _WORD,
}
_ALL = frozenset(range(128))


class _Unknown(Exception):
    """The pattern has something that no program is made of."""


@dataclass(frozen=True, eq=False)
class Program:
    """What the scanner runs.

    Args:
        steps: (steps, 4) int64: what to do and its operands.
        sets: (sets, 256) uint8: which bytes are in a set.
        first: (256,) uint8: bytes that a match can begin with.
        skips_run: whether a match that failed at the first byte of a run of the first set fails in all of the run.
        needed: a byte without which there is no match, -1 if none is known.
        reaches: whether what a match is may depend on white space, or on where the line begins and ends.
    """

    steps: NDArray[np.int64]
    sets: NDArray[np.uint8]
    first: NDArray[np.uint8]
    skips_run: bool
    needed: int
    reaches: bool


def program_of(pattern: str) -> Program | None:
    """The program; None where the pattern is left to `re`. Raises: re.error for what is no regular expression."""
    parsed = _parser.parse(pattern)
    flags = parsed.state.flags
    if flags & ~int(_KNOWN_FLAGS) or parsed.getwidth()[0] == 0:
        return None
    code = _Code(folds=bool(flags & re.IGNORECASE))
    try:
        code.sequence(parsed)
    except _Unknown:
        return None
    code.add(MATCH)
    code.tighten()
    first, empty = code.first(0)
    assert not empty, "a pattern without empty matches begins with something"
    table = np.zeros(256, np.uint8)
    table[sorted(first)] = 1
    return Program(
        np.array(code.steps, np.int64).reshape(-1, 4),
        np.array([[byte in each for byte in range(256)] for each in code.sets] or [[False] * 256], np.uint8),
        table,
        code.steps[0][0] == SPAN,
        _needed(parsed, code.folds),
        code.reaches(),
    )


@dataclass
class _Code:
    folds: bool
    steps: list[list[int]] = field(default_factory=list)
    sets: list[frozenset[int]] = field(default_factory=list)

    def add(self, what: int, a: int = 0, b: int = 0, c: int = 0) -> int:
        if len(self.steps) >= _MOST_STEPS:
            raise _Unknown
        self.steps.append([what, a, b, c])
        return len(self.steps) - 1

    def set_of(self, members: frozenset[int]) -> int:
        if members not in self.sets:
            self.sets.append(members)
        return self.sets.index(members)

    def sequence(self, items: Any) -> None:
        for operation, value in items:
            self.item(str(operation), value)

    def item(self, operation: str, value: Any) -> None:
        single = _single(operation, value, self.folds)
        if single is not None:
            self.add(SET, self.set_of(single))
            return
        match operation:
            case "BRANCH":
                self.branch(value[1])
            case "SUBPATTERN":
                if value[1] or value[2]:
                    raise _Unknown
                self.sequence(value[3])
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                self.repeat(operation, *value)
            case "AT":
                self.place(str(value))
            case "ASSERT" | "ASSERT_NOT":
                self.look(operation == "ASSERT", *value)
            case _:
                raise _Unknown

    def branch(self, alternatives: list[Any]) -> None:
        ends = []
        for alternative in alternatives[:-1]:
            split = self.add(SPLIT)
            self.steps[split][1] = len(self.steps)
            self.sequence(alternative)
            ends.append(self.add(JUMP))
            self.steps[split][2] = len(self.steps)
        self.sequence(alternatives[-1])
        for end in ends:
            self.steps[end][1] = len(self.steps)

    def repeat(self, operation: str, least: int, most: Any, body: Any) -> None:
        endless = most is _constants.MAXREPEAT
        single = _single(str(body[0][0]), body[0][1], self.folds) if len(body) == 1 else None
        if single is not None:
            kind = {"MAX_REPEAT": RUN, "MIN_REPEAT": LAZY, "POSSESSIVE_REPEAT": SPAN}[operation]
            self.add(kind, self.set_of(single), least, -1 if endless else int(most))
            return
        if operation == "POSSESSIVE_REPEAT":
            raise _Unknown
        for _ in range(least):
            self.sequence(body)
        if endless:
            self.loop(body, greedy=operation == "MAX_REPEAT")
        else:
            self.optional(body, int(most) - least, greedy=operation == "MAX_REPEAT")

    def loop(self, body: Any, *, greedy: bool) -> None:
        if body.getwidth()[0] == 0:
            raise _Unknown
        split = self.add(SPLIT)
        self.sequence(body)
        self.add(JUMP, split)
        self.aim(split, greedy=greedy)

    def optional(self, body: Any, times: int, *, greedy: bool) -> None:
        splits = []
        for _ in range(times):
            splits.append(self.add(SPLIT))
            self.sequence(body)
        for split in splits:
            self.aim(split, greedy=greedy)

    def aim(self, split: int, *, greedy: bool) -> None:
        """The body comes right behind the split; what follows, here."""
        body, beyond = split + 1, len(self.steps)
        self.steps[split][1:3] = (body, beyond) if greedy else (beyond, body)

    def place(self, where: str) -> None:
        known = {
            "AT_BOUNDARY": BOUNDARY,
            "AT_NON_BOUNDARY": INSIDE,
            "AT_BEGINNING": START,
            "AT_BEGINNING_STRING": START,
            "AT_END": END,
            "AT_END_STRING": END,
        }
        if where not in known:
            raise _Unknown
        self.add(known[where])

    def look(self, wanted: bool, direction: int, body: Any) -> None:
        single = _single(str(body[0][0]), body[0][1], self.folds) if len(body) == 1 else None
        if single is None:
            raise _Unknown
        kinds = (AHEAD, NOT_AHEAD) if direction > 0 else (BEHIND, NOT_BEHIND)
        self.add(kinds[0] if wanted else kinds[1], self.set_of(single))

    def first(self, start: int) -> tuple[set[int], bool]:
        """Bytes that can be consumed next from a step on, and whether it can end without any."""
        seen: set[int] = set()
        todo, found, empty = [start], set[int](), False
        while todo:
            at = todo.pop()
            if at in seen:
                continue
            seen.add(at)
            what, a, b, _ = self.steps[at]
            if what == MATCH:
                empty = True
            elif what in (SET, RUN, LAZY, SPAN):
                found |= self.sets[a]
                if what != SET and b == 0:
                    todo.append(at + 1)
            elif what == SPLIT:
                todo += [a, b]
            else:
                todo.append(a if what == JUMP else at + 1)
        return found, empty

    def reaches(self) -> bool:
        """Whether a match may depend on more than one word and the fact that it ends."""
        white = _CATEGORIES["CATEGORY_SPACE"]
        for what, a, _, _ in self.steps:
            if what in (START, END, AHEAD, BEHIND):  # these tell the end of a line from white space
                return True
            if what in (SET, RUN, LAZY, SPAN, NOT_AHEAD, NOT_BEHIND) and self.sets[a] & white:
                return True
        return False

    def tighten(self) -> None:
        """Runs that never need to give a byte back become spans, so that failing takes one try."""
        for at, (what, a, _, most) in enumerate(self.steps):
            if what != RUN or most != -1:
                continue
            following, empty = self.first(at + 1)
            ends_at_word = self.steps[at + 1][0] == BOUNDARY and self.sets[a] <= _WORD
            if ends_at_word or (not empty and not following & self.sets[a]):
                self.steps[at][0] = SPAN


def _single(operation: str, value: Any, folds: bool) -> frozenset[int] | None:
    """The bytes of what matches exactly one character; None for everything else."""
    match operation:
        case "LITERAL":
            return _folded(frozenset({value}), folds) & _ALL
        case "NOT_LITERAL":
            return _ALL - _folded(frozenset({value}), folds)
        case "ANY":
            return _ALL - {10}
        case "IN":
            return _members(value, folds)
        case _:
            return None


def _members(items: list[Any], folds: bool) -> frozenset[int]:
    negated, found = False, frozenset[int]()
    for operation, value in items:
        match str(operation):
            case "NEGATE":
                negated = True
            case "LITERAL":
                found |= {value}
            case "RANGE":
                found |= frozenset(range(value[0], min(value[1], 127) + 1))
            case "CATEGORY":
                found |= _category(str(value))
            case _:
                raise _Unknown
    found = _folded(found, folds) & _ALL
    return _ALL - found if negated else found


def _category(name: str) -> frozenset[int]:
    if name in _CATEGORIES:
        return _CATEGORIES[name]
    positive = name.replace("_NOT_", "_")
    if positive not in _CATEGORIES:
        raise _Unknown
    return _ALL - _CATEGORIES[positive]


def _folded(members: frozenset[int], folds: bool) -> frozenset[int]:
    if not folds:
        return members
    both = {case for each in members for case in (chr(each).lower(), chr(each).upper())}
    return members | {ord(case) for case in both if len(case) == 1}


def _needed(items: Any, folds: bool) -> int:
    """A byte that every match has, the rarer kinds first; -1 if none is sure."""
    found: list[int] = []
    for operation, value in items:
        match str(operation):
            case "LITERAL" if value < 128 and not (folds and chr(value).isalpha()):
                found.append(value)
            case "SUBPATTERN":
                found.append(_needed(value[3], folds))
            case "MAX_REPEAT" | "MIN_REPEAT" if value[0] > 0:
                found.append(_needed(value[2], folds))
    known = [each for each in found if each >= 0]
    return min(known, key=lambda byte: (chr(byte).isalnum(), byte), default=-1)
