"""What a program spends by function and by line: a run of its own with probes, beside the run that is reported."""

import functools
import marshal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfwise.errors import HarnessError, InvalidCandidate
from perfwise.programs import plain
from perfwise.programs.contracts import Call
from perfwise.programs.guest.runtime import Instance, load_guest
from perfwise.programs.guest.world import Stopped
from perfwise.programs.handover import taken_apart, told_failure

__all__ = ["EVENTS", "LineSpent", "NodeSpent", "Probed", "ProbedTask", "probed"]

EVENTS = ("line", "start", "resume", "return", "yield", "unwind")
"""Kinds of events at which a probe reads the clock."""

_READINGS_OF_LINES = 6_000  # until the probes begin to skip some: half a second or so
_READINGS_OF_FUNCTIONS = 100_000  # a function's stretches differ more than a line's, so more are read
_MOST_EVENTS = 2_000_000  # some 10 s
_FUEL_OF_AN_EVENT = 40_000
_PLENTY = 10**11
_LOST = "the probes lost what they had found: the program ended the interpreter, or replaced what hands answers over"


@dataclass(frozen=True, slots=True)
class NodeSpent:
    """A function below its callers.

    Args:
        parent: place of its caller in `Probed.nodes`; -1: none.
        file: `<candidate>` for the program's own.
        line: first of the function.
        name: qualified.
        calls: times it was entered.
        spent: instructions of its own, without the functions that it calls.
    """

    parent: int
    file: str
    line: int
    name: str
    calls: int
    spent: int


@dataclass(frozen=True, slots=True)
class LineSpent:
    """A line of the program.

    Args:
        first_line: of its function.
        name: qualified, of its function.
        line: number in the program, from 1.
        visits: times that it was come to.
        spent: instructions of its own.
        total: with what it called, each only once where it calls itself.
    """

    first_line: int
    name: str
    line: int
    visits: int
    spent: int
    total: int


@dataclass(frozen=True, slots=True)
class ProbedTask:
    """What to run.

    Args:
        entry_point: of the program; empty for one that reads standard input.
        inputs: argument tuples in the plain-data encoding.
        counted: of each input, whether its call is recorded.
        costs: of each call in the run without probes.
        stopped: whether a limit stopped the last of these calls.
        memory_bytes: the most that the run may hold, without what the probes take.
        seed: what `random` starts from.
    """

    entry_point: str
    inputs: Sequence[bytes]
    counted: Sequence[bool]
    costs: Sequence[float]
    stopped: bool = False
    memory_bytes: int = 512 << 20
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Probed:
    """What the probes found, with what they spent themselves taken out.

    Args:
        nodes: functions below their callers; the first stands for the outside.
        lines: of the program; empty where they were not watched.
        calls: what came of each call: answers as in the run without probes.
        fuel: instructions of the counted calls, probes and all.
        complete: whether nothing was left out for taking too long.
        one_in: at the end, one of so many stretches was read.
        traced: whether the program set a trace or profile function, or touched the probes.
    """

    nodes: tuple[NodeSpent, ...]
    lines: tuple[LineSpent, ...]
    calls: tuple[Call, ...]
    fuel: float
    complete: bool
    one_in: int
    traced: bool


def probed(source: str, task: ProbedTask, *, lines: bool) -> Probed:
    """Run a program under probes, in a guest of its own.

    Args:
        source: the program.
        task: what to run.
        lines: whether to watch lines as well, which takes several times as long.
    Raises: InvalidCandidate if the program cannot be read in, or ends what watches it.
    """
    return _probed(source, task, _overheads(), lines=lines)


def _probed(source: str, task: ProbedTask, overheads: Mapping[str, int] | None, *, lines: bool) -> Probed:
    """`overheads`: None to find them out, from programs that use nothing of the library."""
    guest = load_guest()

    def run() -> Probed:
        instance = guest.instance(task.memory_bytes + (256 << 20), task.seed)
        instance.begin()
        _install(instance, task, overheads or dict.fromkeys(EVENTS, 0), lines=lines, library=overheads is not None)
        try:
            text, _ = instance.call("load", source, task.entry_point, task.seed, fuel=_PLENTY)
            if text:
                raise InvalidCandidate(f"the program cannot be explained: {told_failure(text)}")
            calls, fuel = _calls(instance, task)
            found = _found(instance)
        except Stopped as stopped:
            raise InvalidCandidate(f"the program cannot be explained: {_LOST} ({stopped.failure})") from None
        return _taken_apart(found, calls, fuel)

    return guest.run(run)


def _install(instance: Instance, task: ProbedTask, overheads: Mapping[str, int], *, lines: bool, library: bool) -> None:
    count = len(task.costs)
    most = [0] * count
    if task.stopped and count:
        most[-1] = max(int(task.costs[-1]), 1)
    readings = _MOST_EVENTS if not library else _READINGS_OF_LINES if lines else _READINGS_OF_FUNCTIONS
    bounds = {"readings": readings, "events": _MOST_EVENTS, "library": int(library)}
    text, _ = instance.call("load", _probes(), "install", task.seed)
    if not text:
        arguments = (bounds, dict(overheads), lines, list(task.counted[:count]), most)
        instance.call("take", _encoded(arguments))
        instance.call("call")
        text = instance.call("give")[0].removeprefix("VN")
    if text:
        raise HarnessError(f"the probes cannot be installed: {text}")


def _calls(instance: Instance, task: ProbedTask) -> tuple[tuple[Call, ...], float]:
    calls, fuel = [], 0.0
    for arguments, cost, counted in zip(task.inputs, task.costs, task.counted, strict=False):
        instance.call("take", arguments.decode("latin-1"), fuel=_PLENTY)
        _, spent = instance.call("call", fuel=3 * cost + _MOST_EVENTS * _FUEL_OF_AN_EVENT)
        fuel += spent if counted else 0.0
        calls.append(taken_apart(instance.call("give", fuel=_PLENTY)[0], float(spent)))
    return tuple(calls), fuel


def _found(instance: Instance) -> Any:
    instance.call("load", "from candidate import found", "found", 0, fuel=_PLENTY)
    instance.call("take", _encoded(()), fuel=_PLENTY)
    instance.call("call", fuel=_PLENTY)
    answer = taken_apart(instance.call("give", fuel=_PLENTY)[0], 0.0).answer
    if answer is None:
        raise InvalidCandidate(f"the program cannot be explained: {_LOST}")
    return marshal.loads(answer)  # noqa: S302 - walked before: plain data only


def _taken_apart(found: Any, calls: tuple[Call, ...], fuel: float) -> Probed:
    try:
        nodes = tuple(NodeSpent(*_typed(row, (int, str, int, str, int, int))) for row in found["nodes"])
        lines = [_typed(row, (str, int, str, int, int, int, int)) for row in found["lines"]]
        if any(node.parent >= place for place, node in enumerate(nodes)):
            raise ValueError("a function stands above its caller")
        return Probed(
            nodes,
            tuple(LineSpent(*row[1:]) for row in lines),
            calls,
            fuel,
            complete=bool(found["events_left"]),
            one_in=int(found["chance"]),
            traced=bool(found["told"]),
        )
    except (KeyError, TypeError, ValueError) as cause:
        raise InvalidCandidate(f"the program cannot be explained: {_LOST}") from cause


def _typed(row: Any, kinds: tuple[type, ...]) -> tuple[Any, ...]:
    if len(row) != len(kinds) or any(type(value) is not kind for value, kind in zip(row, kinds, strict=True)):
        raise TypeError(f"{row!r} is not {kinds}")
    return tuple(row)


def _encoded(value: Any) -> str:
    return plain.dumps(value).decode("latin-1")


@functools.cache
def _probes() -> str:
    return Path(__file__).with_name("guest").joinpath("probes.py").read_text("utf-8")


# What a probe spends outside its own readings, from programs of which it is known how often each event comes.

_FEW, _MANY = 50, 100  # rounds; the difference leaves out what a first round costs
_CALLING = "def inner(): pass\ndef outer(n):\n    for _ in range(n): inner()\n"
_LOOPING = "def outer(n):\n    for _ in range(n): pass\n"
_YIELDING = "def inner(n):\n    for _ in range(n): yield\ndef outer(n):\n    for _ in inner(n): pass\n"
_RAISING = (
    "error = ValueError()\ndef inner(): raise error\n"
    "def outer(n):\n    for _ in range(n):\n        try: inner()\n        except ValueError: pass\n"
)


@functools.cache
def _overheads() -> dict[str, int]:
    """By kind of event. A call's two are told apart by taking an empty function for half of what a call costs."""
    calling, looping = _per_round(_CALLING), _per_round(_LOOPING)
    leaving = int(calling.inner - (calling.plain - looping.plain) / 2)
    yielding, raising = _per_round(_YIELDING), _per_round(_RAISING)
    giving = int(yielding.inner - yielding.plain / 2)
    entering = int(calling.added) - leaving
    return {
        "line": int(_per_line()),
        "start": entering,
        "return": leaving,
        "resume": int(yielding.added) - giving,
        "yield": giving,
        "unwind": int(raising.added) - entering,
    }


@dataclass(frozen=True, slots=True)
class _Round:
    """Of one round of a loop: its count, what the probes add to it, and what the inner function seems to spend."""

    plain: float
    added: float
    inner: float


def _per_round(source: str) -> _Round:
    few, many = (_measured(source, rounds, lines=False) for rounds in (_FEW, _MANY))
    plain_, seen, inner = ((after - before) / (_MANY - _FEW) for before, after in zip(few, many, strict=True))
    return _Round(plain_, seen - plain_, inner)


def _per_line() -> float:
    """From loops whose bodies differ by twenty lines."""
    added = []
    for lines in (10, 30):
        source = "def outer(n):\n    for _ in range(n):\n" + "        a = 1\n" * lines
        few, many = (_measured(source, rounds, lines=True) for rounds in (_FEW, _MANY))
        added.append((many[1] - few[1]) - (many[0] - few[0]))
    return (added[1] - added[0]) / 20 / (_MANY - _FEW)


def _measured(source: str, rounds: int, *, lines: bool) -> tuple[float, float, float]:
    """(count without probes, seen by uncorrected probes, of that in `inner`)."""
    inputs = [plain.dumps((rounds,))]
    task = ProbedTask("outer", inputs, [True], [_counted(source, inputs[0])])
    found = _probed(source, task, None, lines=lines)
    inner = sum(node.spent for node in found.nodes if node.name == "inner")
    return task.costs[0], sum(node.spent for node in found.nodes if node.file == "<candidate>"), inner


def _counted(source: str, arguments: bytes) -> float:
    guest = load_guest()

    def run() -> float:
        instance = guest.instance(1 << 28)
        instance.begin()
        instance.call("load", source, "outer", 0)
        instance.call("take", arguments.decode("latin-1"))
        return float(instance.call("call")[1])

    return guest.run(run)
