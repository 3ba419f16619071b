"""Probes inside the guest: what a candidate spends by function and by line, read off the clock that is its fuel.

This file is never imported: its text is read into a guest as a program before the candidate, and `install` is called.
The world's clock answers with the fuel spent, so the time between two events is what the candidate spent between them.
What a probe spends between its two readings of the clock is left out. The way from the interpreter to the first
reading and back from the second is the same for each kind of event; `programs/probing.py` measures it and hands it in.

A reading costs the host much more than the guest. After the first ones only some stretches between events are read,
chosen by chance from a fixed seed, and weigh as much as those left out. Stretches of a line that was rarely visited are
always read, since one of them may well be the dearest of all.
"""

import gc
import sys
import time
import types
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["install"]

_TOOL = 4  # a number that no kind of tool claims
_MOST_NODES = 20_000  # what is called below the last one counts as its caller's
_RARE = 300  # visits of a line up to which each is read
_DEEPER = 20  # frames that a probe stands above what it watches

_Place = tuple[str, int, str]  # file, first line and qualified name of a function
_clock = time.monotonic_ns


class _Node:
    """A function below its callers; one that calls itself, directly or through others, stands there once."""

    __slots__ = ("below", "calls", "parent", "place", "seen", "spent")

    def __init__(self, place: _Place, parent: "_Node | None") -> None:
        self.place, self.parent = place, parent
        self.calls = self.spent = self.seen = 0
        self.below: dict[_Place, _Node] = {}


class _Line:
    """A line of the candidate: its visits, what it spent itself, and with the calls that it made."""

    __slots__ = ("active", "seen", "spent", "total", "visits")

    def __init__(self) -> None:
        self.visits = self.spent = self.total = self.active = self.seen = 0


class _Enough(BaseException):
    """The call is as far as it came in the run without probes."""


class _Watch:
    """The probes, what they found so far, and where in the program the clock stands."""

    def __init__(self, overheads: dict[str, int], readings: int, events: int) -> None:
        self.overheads, self.readings, self.left = overheads, readings, readings
        self.events_left = events
        self.frequent: set[int] = set()  # lines
        self.root = _Node(("", 0, ""), None)
        self.nodes = [self.root]
        self.lines: dict[tuple[_Place, int], _Line] = {}
        self.starts: dict[types.CodeType, list[tuple[int, int, int | None]]] = {}
        self.node: _Node | None = None  # None: nothing is recorded
        self.line: _Line | None = None
        self.code: types.CodeType | None = None
        self.stack: list[tuple[_Node, _Line | None, types.CodeType | None, int]] = []
        self.elapsed = self.most = self.last = 0
        self.weight = self.chance = 1  # what the stretch that runs counts for; 0: it is not read
        self.skip = 0  # events until a stretch is read again
        self.state = 1
        self.enough = False

    def begin(self, most: int) -> None:
        """Record a call from here on, for so much fuel at most; 0: without end."""
        self.line = self.code = None
        self.most, self.enough = most and self.elapsed + most, most > 0 and self.events_left <= 0
        self.skip, self.weight = 0, self.chance
        self.node = self.root if self.events_left > 0 else None
        self.last = _clock()

    def end(self) -> None:
        """Record no more; what is open was left."""
        self.node, self.enough, self.skip = None, False, 0  # first, so that nothing of the probes' own is recorded
        while self.stack:
            _, self.line, _, before = self.stack.pop()
            self._left(before)

    # The probes, each called by the interpreter with the code and a place in it.

    def on_line(self, code: types.CodeType, number: int) -> None:
        if self.skip > 1 and not self.weight and number in self.frequent:  # the usual way, so the shortest
            self.skip -= 1
            return None
        if self.node is None:
            return self._stop_again(code)
        if self.weight:
            self._ended(_clock() - self.last, "line")
        self.line = line = self._line(code, number)
        if line.seen > _RARE:
            self.frequent.add(number)
        if self._chosen():
            line.visits += self.weight
            self.last = _clock()
        return None

    def on_start(self, code: types.CodeType, _: int) -> None:
        if self.node is None:
            return self._stop_again(code)
        if self.weight:
            self._ended(_clock() - self.last, "start")
        self._push(code)
        self.node.calls += 1
        self.line = self._line(code, code.co_firstlineno) if code in self.starts else None
        if self._chosen():
            self.last = _clock()
        return None

    def on_resume(self, code: types.CodeType, offset: int, *_: Any) -> None:
        if self.node is None:
            return self._stop_again(code)
        if self.weight:
            self._ended(_clock() - self.last, "resume")
        self._push(code)
        self.line = self._line_at(code, offset) if code in self.starts else None
        if self._chosen():
            self.last = _clock()
        return None

    def on_return(self, code: types.CodeType, *_: Any) -> None:
        if self.node is None:
            return self._stop_again(code)
        if self.weight:
            self._ended(_clock() - self.last, "return")
        self._leave(code)
        if self._chosen():
            self.last = _clock()
        return None

    def on_yield(self, code: types.CodeType, *_: Any) -> None:
        if self.node is None:
            return self._stop_again(code)
        if self.weight:
            self._ended(_clock() - self.last, "yield")
        self._leave(code)
        if self._chosen():
            self.last = _clock()
        return None

    def on_unwind(self, code: types.CodeType, *_: Any) -> None:
        if self.node is None:
            return  # an exception on its way out; another one would hide it
        if self.weight:
            self._ended(_clock() - self.last, "unwind")
        self._leave(code)
        if self._chosen():
            self.last = _clock()

    # What they share

    def _ended(self, spent: int, event: str) -> None:
        """A stretch was read."""
        assert self.node is not None
        spent = (spent - self.overheads[event]) * self.weight
        self.elapsed += spent
        self.node.spent += spent
        if self.line is not None:
            self.line.spent += spent
            if not self.line.active:
                self.line.total += spent
        if self.most and self.elapsed > self.most:
            self.end()
            self.enough = True
            raise _Enough

    def _stop_again(self, code: types.CodeType) -> None:
        if self.enough and code in self.starts:  # the program caught it
            raise _Enough

    def _chosen(self) -> bool:
        """Whether the stretch that begins now is read."""
        self.events_left -= 1
        if self.events_left <= 0:
            return self._no_more()
        if self._is_rare():
            self.weight = 1
            return True
        if self.skip > 1:
            self.skip -= 1
            self.weight = 0
            return False
        if not self.skip and self.chance > 1:
            self.state = (self.state * 1_103_515_245 + 12_345) & 0x7FFF_FFFF
            self.skip = (self.state >> 8) % (2 * self.chance - 1)  # chance - 1 in the mean
            self.events_left -= self.skip
            if self.skip:
                self.weight = 0
                return False
        self.skip, self.weight = 0, self.chance
        self.left -= 1
        if not self.left:
            self.left = self.readings
            self.chance *= 2
        return True

    def _is_rare(self) -> bool:
        stretch = self.line or self.node
        assert stretch is not None
        stretch.seen += 1
        return self.chance > 1 and stretch.seen <= _RARE

    def _no_more(self) -> bool:
        """So many events were seen that the rest is left out."""
        endless = self.most
        self.end()
        if endless:
            self.enough = True
            raise _Enough
        return False

    def _push(self, code: types.CodeType) -> None:
        node = self.node
        assert node is not None
        if self.chance > 1 and self.code in self.starts:
            self.line = self._line_of_caller(self.code)
        if self.line is not None:
            self.line.active += 1
        self.stack.append((node, self.line, self.code, self.elapsed))
        place = (code.co_filename, code.co_firstlineno, code.co_qualname)
        self.node, self.code = node.below.get(place) or self._below(node, place), code

    def _line_of_caller(self, caller: types.CodeType) -> _Line | None:
        """Where the call stands, if it stands in the code that runs; the events that said so may have been skipped."""
        frame = sys._getframe(4)
        return self._line(caller, frame.f_lineno) if frame.f_code is caller and frame.f_lineno else self.line

    def _below(self, node: _Node, place: _Place) -> _Node:
        above: _Node | None = node
        while above is not None and above.place != place:
            above = above.parent
        if above is None:
            if len(self.nodes) >= _MOST_NODES:
                return node
            above = _Node(place, node)
            self.nodes.append(above)
        node.below[place] = above
        return above

    def _leave(self, code: types.CodeType) -> None:
        if code is not self.code and all(code is not below for _, _, below, _ in self.stack):
            return  # it was entered before the recording began
        while code is not self.code:
            self._pop()
        self._pop()

    def _pop(self) -> None:
        self.node, self.line, self.code, before = self.stack.pop()
        self._left(before)

    def _left(self, before: int) -> None:
        """A call that the line made has ended."""
        if self.line is not None:
            self.line.active -= 1
            if not self.line.active:
                self.line.total += self.elapsed - before

    def _line(self, code: types.CodeType, number: int) -> _Line:
        key = ((code.co_filename, code.co_firstlineno, code.co_qualname), number)
        line = self.lines.get(key)
        if line is None:
            line = self.lines[key] = _Line()
        return line

    def _line_at(self, code: types.CodeType, offset: int) -> _Line:
        number = next((line for start, end, line in self.starts[code] if start <= offset < end), None)
        return self._line(code, number or code.co_firstlineno)


def install(
    bounds: dict[str, int], overheads: dict[str, int], lines: bool, counted: list[bool], most: list[int]
) -> None:
    """Watch the program that is read in next.

    Args:
        bounds: `readings`: after so many readings of the clock only every second stretch is read, after as many more
            every fourth, and so on; `events`: after so many nothing more is recorded; `library`: whether functions
            that are not the program's are watched.
        overheads: by kind of event, the fuel from the reading before it to its own that is the probes'.
        lines: whether to watch the program's lines as well.
        counted: of each call, whether it is recorded.
        most: of each call, the fuel after which it is ended; 0: it ends by itself.
    """
    watch = _Watch(overheads, bounds["readings"], bounds["events"])
    monitoring: Any = vars(sys)["monitoring"]  # the type checker knows the host's version, which has none
    everywhere, each_code = _register(watch, monitoring)
    guest: Any = sys.modules["candidate"]
    call, plan = guest.call, iter(list(zip(counted, most, strict=True)))
    told: set[str] = set()

    def watched_compile(source: Any, filename: str, mode: str) -> Any:
        code = compile(source, filename, mode)
        for each in _with_inner(code):
            watch.starts[each] = list(each.co_lines())
            monitoring.set_local_events(_TOOL, each, each_code | (monitoring.events.LINE if lines else 0))
        return code

    def watched_call() -> Any:
        wanted, longest = next(plan, (False, 0))
        if wanted:
            watch.begin(longest)
        try:
            return call()
        finally:
            watch.end()
            if monitoring.get_events(_TOOL) != everywhere or sys.gettrace() or sys.getprofile():
                told.add("tracing")

    guest.compile, guest.call, guest.found = watched_compile, watched_call, lambda: _found(watch, told)
    vars(time)["sleep"] = _watched_sleep(watch, time.sleep)
    sys.setrecursionlimit(sys.getrecursionlimit() + _DEEPER)
    for code in (
        _all_code() if bounds["library"] else ()
    ):  # else each is made ready on its first call, at the candidate's cost
        monitoring.set_local_events(_TOOL, code, each_code)


def _register(watch: _Watch, monitoring: Any) -> tuple[int, int]:
    """Register the probes. Returns: the events of functions, and those of them that are set for a code by itself."""
    monitoring.use_tool_id(_TOOL, "perfwise")
    kinds = monitoring.events
    own = {
        kinds.PY_START: watch.on_start,
        kinds.PY_RESUME: watch.on_resume,
        kinds.PY_RETURN: watch.on_return,
        kinds.PY_YIELD: watch.on_yield,
    }
    exceptional = {kinds.PY_THROW: watch.on_resume, kinds.PY_UNWIND: watch.on_unwind}
    for kind, probe in {**own, **exceptional, kinds.LINE: watch.on_line}.items():
        monitoring.register_callback(_TOOL, kind, probe)
    monitoring.set_events(_TOOL, sum(exceptional))
    return sum(exceptional), sum(own)


def _watched_sleep(watch: _Watch, sleep: Callable[[float], None]) -> Callable[[float], None]:
    """`time.sleep`, which moves the clock and spends nothing."""

    def watched(seconds: float) -> None:
        before = _clock()
        try:
            sleep(seconds)
        finally:
            watch.last += _clock() - before

    watched.__code__ = watched.__code__.replace(co_filename="time", co_firstlineno=1, co_qualname="sleep")
    return watched


def _all_code() -> list[types.CodeType]:
    """Of every function there is, with those inside; none of these have begun."""
    gc.unfreeze()
    functions = [each for each in gc.get_objects() if type(each) is types.FunctionType]
    gc.freeze()
    return [code for each in functions if each.__globals__ is not globals() for code in _with_inner(each.__code__)]


def _with_inner(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _with_inner(constant)


def _found(watch: _Watch, told: set[str]) -> dict[str, Any]:
    index = {id(node): place for place, node in enumerate(watch.nodes)}
    return {
        "nodes": [
            (-1 if node.parent is None else index[id(node.parent)], *node.place, node.calls, node.spent)
            for node in watch.nodes
        ],
        "lines": [
            (*place, number, line.visits, line.spent, line.total) for (place, number), line in watch.lines.items()
        ],
        "events_left": max(watch.events_left, 0),
        "chance": watch.chance,
        "told": sorted(told),
    }
