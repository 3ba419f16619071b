"""The candidate's side of the guest: read a program in, call it, hand over plain data.

Nothing here knows an expected answer. A candidate can reach and change all of it; what it hands over is judged
elsewhere as data, and the host meters `take` and `give` too and charges what honest ones would not spend.
"""

import builtins
import json
import marshal
import os
import sys
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any

from script import TextStream

_PLAIN = 2  # marshal's version without references: a tree that the host can check byte by byte
_MESSAGE = 300  # characters of an exception's message that are kept


class _State:
    function: Callable[..., Any] | None = None
    arguments: tuple[Any, ...] = ()
    answer: Any = None
    error: BaseException | None = None


def load(source: str, entry_point: str) -> str:
    """Read a program in. Returns: "" or a failure as JSON [kind, message]."""
    sys.stdin, sys.stdout, sys.stderr = TextStream(), TextStream(), TextStream()
    try:
        code = compile(source, "<candidate>", "exec")
    except BaseException as error:  # a deep nest raises MemoryError or RecursionError
        return _failure("syntax", error)
    if not entry_point:
        builtins.open = _open_standard_streams(builtins.open)
        _State.function = _main(code)
        return ""
    names: dict[str, Any] = {"__name__": "candidate", "__builtins__": builtins}
    try:
        exec(code, names)
    except BaseException as error:
        return _failure("exception", error)
    function = names.get(entry_point)
    if not callable(function):
        return json.dumps(["no-entry-point", f"the program defines no function {entry_point!r}"])
    _State.function = function
    return ""


def warm_up() -> None:
    """Run this file's own paths until the interpreter has specialised them: early calls then cost what late ones do."""
    for _ in range(64):
        load("def f(*_): return 0", "f")
        for _ in range(4):
            take(marshal.dumps((1, "a"), _PLAIN).decode("latin-1"))
            call()
            give()
    _State.function, _State.arguments = None, ()


def take(arguments: str) -> None:
    """Take the arguments of the next call in: a marshalled tuple, a character a byte."""
    _State.arguments = marshal.loads(arguments.encode("latin-1"))


def call() -> int:
    """The metered call. Returns: 0 answered, 1 raised."""
    state = _State
    try:
        state.answer = state.function(*state.arguments)  # type: ignore[misc]
    except BaseException as error:
        state.error = error
        return 1
    return 0


def give() -> str:
    """Give the answer of the last call out, once.

    Returns: "V" + marshalled plain data, or "E" + exception type + NUL + message.
    """
    state = _State
    answer, error = state.answer, state.error
    state.answer, state.error, state.arguments = None, None, ()
    if error is not None:
        return f"E{type(error).__name__}\0{_message(error)}"
    try:
        data = marshal.dumps(
            answer, _PLAIN
        )  # refuses every type of the candidate's own making, so runs none of its code
    except ValueError:
        data = marshal.dumps(_plain(answer, {}), _PLAIN)
    return "V" + data.decode("latin-1")


def _plain(value: Any, seen: dict[int, Any]) -> Any:
    """The plain value below subclasses, read by the base types' own slots; `...` for what is not plain data."""
    kind = type(value)
    if value is None or kind in (bool, int, float, complex, str, bytes):
        return value
    if id(value) in seen:
        return ...  # a cycle
    for base, convert in _BASES:
        if isinstance(value, base):
            seen = {**seen, id(value): None} if base in _CONTAINERS else seen
            return convert(value, seen)
    return ...


# Common answers that are nearly plain: made so at C speed, as their handover is compared with the reference's.
_LIBRARY: dict[type, Callable[[Any], Any]] = {Counter: dict, OrderedDict: dict, defaultdict: dict}
_CONTAINERS = (list, tuple, set, frozenset, dict)
_BASES: tuple[tuple[type, Callable[[Any, dict[int, Any]], Any]], ...] = (
    (bool, lambda value, _: bool(value)),
    (int, lambda value, _: int.__add__(value, 0)),
    (float, lambda value, _: float.__add__(value, 0.0) if value == value else float("nan")),
    (complex, lambda value, _: complex.__add__(value, 0j)),
    (str, lambda value, _: str.__getitem__(value, slice(None))),
    (bytes, lambda value, _: bytes.__getitem__(value, slice(None))),
    (list, lambda value, seen: [_plain(each, seen) for each in list.__iter__(value)]),
    (tuple, lambda value, seen: tuple([_plain(each, seen) for each in tuple.__iter__(value)])),
    (set, lambda value, seen: {_plain(each, seen) for each in set.__iter__(value)}),
    (frozenset, lambda value, seen: frozenset([_plain(each, seen) for each in frozenset.__iter__(value)])),
    (dict, lambda value, seen: {_plain(key, seen): _plain(each, seen) for key, each in dict.items(value)}),
)


def _message(error: BaseException) -> str:
    try:
        return str(error)[:_MESSAGE]
    except BaseException:
        return ""


def _failure(kind: str, error: BaseException) -> str:
    return json.dumps([kind, f"{type(error).__name__}: {_message(error)}"])


def _main(code: Any) -> Callable[[str], str]:
    """A whole program as a function from standard input to standard output; a clean `sys.exit` is a normal end."""

    def run(text: str) -> str:
        sys.stdin, sys.stdout = TextStream(text), TextStream()
        written = sys.stdout
        try:
            exec(code, {"__name__": "__main__", "__builtins__": builtins})
        except SystemExit as stop:
            if stop.code not in (None, 0):
                raise
        return written.getvalue()

    return run


def _open_standard_streams(real: Callable[..., Any]) -> Callable[..., Any]:
    """`open(0)`, `os.read(0, n)` and their like, a common idiom of contest programs, on the streams in memory."""
    read, write, fstat = os.read, os.write, os.fstat

    def standard(file: Any, mode: str = "r", *rest: Any, **named: Any) -> Any:
        stream = {0: sys.stdin, "/dev/stdin": sys.stdin, 1: sys.stdout, "/dev/stdout": sys.stdout}.get(file)
        if stream is None:
            return real(file, mode, *rest, **named)
        return stream.buffer if "b" in mode else stream

    def written(fd: int, data: Any) -> int:
        return write(fd, data) if fd != 1 else (sys.stdout.flush() or sys.stdout.buffer.write(data))

    def size(fd: int) -> Any:
        if fd != 0:
            return fstat(fd)
        length = len(sys.stdin.buffer.getvalue())  # type: ignore[union-attr]
        return os.stat_result((0o100644, 0, 0, 1, 0, 0, length, 0, 0, 0))

    os.read = lambda fd, n: read(fd, n) if fd != 0 else sys.stdin.buffer.read(n)
    os.write, os.fstat = written, size
    return standard
