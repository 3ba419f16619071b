"""What a program does on an input, as another program would notice: answer, exception, arguments after, output."""

import functools
import hashlib
import marshal
import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from perfwise.core.outcome import Failure
from perfwise.errors import InvalidTask
from perfwise.programs import plain
from perfwise.programs.contracts import Call, Limits, Meter

__all__ = ["Seen", "Watch", "agreeing", "alike", "answer_key", "answers_alike", "printed", "shown", "told_apart"]

_WATCHER = """


def {name}(*__given):
    import itertools, sys, types
    lazy = (types.GeneratorType, map, filter, zip, enumerate, reversed, itertools.chain, itertools.islice)
    try:
        value = {entry}(*__given)
        kind = type(value).__name__
        if isinstance(value, lazy):
            value = list(itertools.islice(value, 100000))
        told = (True, kind, value)
    except Exception as error:
        told = (False, type(error).__name__, None)
        value = None
    same = [place for place, each in enumerate(__given) if each is value and isinstance(each, (list, dict, set))]
    written = getattr(sys.stdout, "getvalue", str)()
    if written:
        sys.stdout.seek(0)
        sys.stdout.truncate()
    return told, __given, same, written


_perfwise_entry = {entry}
"""
_NAME = "_perfwise_watched"
_NO_END = frozenset({"RecursionError", "MemoryError"})  # limits of the guest, not the program's own meaning
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of one call.

    Args:
        data: (told, arguments after, aliases, output) in the plain-data encoding; None if the call did not end.
        raised: name of an exception that ended it from outside, or a limit's name where it did not end.
        cost: what it spent; None if not known.
    """

    data: bytes | None
    raised: str = ""
    cost: float | None = None

    @property
    def known(self) -> bool:
        """Whether the call ended by itself, in something that can be compared."""
        if self.data is None:
            return False
        told = _value(self.data)[0]
        return not (told[0] is False and told[1] in _NO_END) and not _opaque(told)

    @property
    def raising(self) -> bool:
        """Whether it ended in an exception."""
        return self.data is not None and _value(self.data)[0][0] is False

    @property
    def lazy(self) -> bool:
        """Whether the answer was an iterator."""
        return self.data is not None and _value(self.data)[0][1] in {"generator", "map", "filter", "zip", "enumerate"}


@functools.lru_cache(maxsize=4096)
def _value(data: bytes) -> Any:
    return plain.loads(data)


def _opaque(value: Any) -> bool:
    if value is ...:
        return True
    if isinstance(value, tuple | list | set | frozenset):
        return any(map(_opaque, value))
    return isinstance(value, dict) and any(_opaque(key) or _opaque(each) for key, each in value.items())


@dataclass(frozen=True)
class Watch:
    """Runs programs under watch.

    Args:
        meter: that runs them.
        entry_point: of the program; empty for one that reads standard input, of which only the output is seen.
        memory_bytes: the most that a run may hold.
    """

    meter: Meter
    entry_point: str
    memory_bytes: int

    def see(
        self, source: str, inputs: Sequence[bytes], case_budgets: Sequence[float], seed: int = 0
    ) -> list[Seen] | Failure:
        """What it does on each input, each within its own budget; a failure if it cannot be read in."""
        seen: list[Seen] = []
        text, entry = source, self.entry_point
        if entry:
            text, entry = source + _WATCHER.format(name=_NAME, entry=entry), _NAME
        while len(seen) < len(inputs):
            done = len(seen)
            most = max(case_budgets[done:])
            limits = Limits(sum(case_budgets[done:]) + 1e9, most, self.memory_bytes)
            run = self.meter.measure(text, entry, inputs[done:], limits, seed)
            if run.failure is not None:
                return run.failure
            if not run.calls:
                return Failure("crash", "nothing came of a call")
            seen += [_seen(call, bool(self.entry_point)) for call in run.calls]
        return seen


def _seen(call: Call, watched: bool) -> Seen:
    if call.answer is not None:
        if watched:
            whole = _well_formed(call.answer)
            return Seen(call.answer, cost=call.cost) if whole else Seen(None, "tampered", call.cost)
        return Seen(_told((True, "str", _value(call.answer))), cost=call.cost)
    if call.raised is not None:
        return Seen(_told((False, call.raised[0], None)), call.raised[0], call.cost)
    return Seen(None, call.stopped.kind if call.stopped else "stopped", call.cost)


def _well_formed(data: bytes) -> bool:
    """Whether it has the shape that the watcher gives: a program may have replaced what watches it."""
    try:
        match _value(data):
            case ((bool(), str(), _), tuple(), list(), str()):
                return True
    except InvalidTask:
        pass
    return False


def _told(told: tuple[bool, str, Any]) -> bytes:
    return marshal.dumps((told, (), [], ""), 2)


def alike(a: Seen, b: Seen) -> bool:
    """Whether two ended calls did the same, in value and type, all the way down."""
    if a.data is None or b.data is None:
        return False
    return a.data == b.data or _canonical(_value(a.data)) == _canonical(_value(b.data))


def answers_alike(a: bytes, b: bytes) -> bool:
    """The same of two answers in the plain-data encoding."""
    return a == b or _canonical(_value(a)) == _canonical(_value(b))


def agreeing(a: Sequence[Seen], b: Sequence[Seen]) -> bool:
    """Whether two programs did the same wherever both came to an end that can be compared, at least once."""
    pairs = [(one, other) for one, other in zip(a, b, strict=True) if one.known and other.known]
    return bool(pairs) and all(alike(one, other) for one, other in pairs)


def answer_key(calls: Sequence[Call]) -> str:
    """Digest of what calls answered or raised: equal for equal values of equal types."""
    whole = hashlib.sha256()
    for call in calls:
        told = (
            repr(_canonical(_value(call.answer))) if call.answer is not None else repr(call.raised and call.raised[0])
        )
        whole.update(told.encode("utf-8", "surrogatepass") + b"\0")
    return whole.hexdigest()[:32]


def _canonical(value: Any) -> Any:  # noqa: PLR0911 - a case a type
    """Data that is equal for equal values of equal types: True is not 1, -0.0 not 0.0, and NaN equals NaN."""
    if isinstance(value, list | tuple):
        return (type(value).__name__, *map(_canonical, value))
    if isinstance(value, dict):
        return ("dict", *((_canonical(key), _canonical(each)) for key, each in value.items()))
    if isinstance(value, set | frozenset):
        return (type(value).__name__, *sorted(map(repr, map(_canonical, value))))
    if isinstance(value, float):
        return ("float", "nan" if math.isnan(value) else struct.pack("<d", value))
    if isinstance(value, complex):
        return ("complex", _canonical(value.real), _canonical(value.imag))
    if isinstance(value, int) and not isinstance(value, bool):
        return ("int", hex(value))  # its decimal digits may be too many to be written out
    return (type(value).__name__, value)


def shown(seen: Seen) -> str:
    """What was seen, for people."""
    if seen.data is None:
        return f"no end ({seen.raised})"
    (answered, kind, value), _, _, written = _value(seen.data)
    text = f"raises {kind}" if not answered else _short(printed(value))
    if answered and kind not in {"NoneType", type(value).__name__}:
        text = f"{kind} of {text}"
    return f"{text}, printing {_short(printed(written))}" if written else text


def told_apart(a: Seen, b: Seen) -> tuple[str, str]:
    """Two that differ, each shown with the part that differs."""
    first, second = shown(a), shown(b)
    if first != second or a.data is None or b.data is None:
        return first, second
    before, after = _value(a.data), _value(b.data)
    if _canonical(before[1]) != _canonical(after[1]):
        return f"arguments left as {_short(printed(before[1]))}", f"arguments left as {_short(printed(after[1]))}"
    if before[2] != after[2]:
        return f"an answer that is argument {before[2]}", f"an answer that is argument {after[2]}"
    return f"{first} ({type(before[0][2]).__name__})", f"{second} ({type(after[0][2]).__name__}, or of other types)"


def printed(value: object) -> str:
    """The value as Python writes it, or that it is too long for that."""
    try:
        return repr(value)
    except (ValueError, RecursionError):
        return f"a {type(value).__name__} that is too long to be written out"


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}... ({len(text)} characters)"
