"""Charge work that a program hides outside its calls.

A program can reach the code that takes its arguments in and gives its answers out, and could work there instead of in
the call that is metered. Both are metered beside the call; what they spend beyond honest ones is added to the call's
cost. Taking in depends on the arguments only, so an idle program on the same inputs shows what is honest; giving out
depends on the answer only, so an echo of the same answer does.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace

from perfwise.core.outcome import Failure
from perfwise.programs.contracts import Call, Limits, Meter

__all__ = ["charged", "idle_calls"]

_TAKING = 1.02, 2_000  # honest taking in differs by less than this factor and this many instructions
_GIVING = 1.15, 5_000  # giving out frees the arguments, whose cost depends on what the call left in the free lists
_SMALL, _PER_BYTE = 4_500, 180  # instructions; giving out for so little more is not looked into: an echo costs a run
_PLENTY = 1e12


def idle_calls(meter: Meter, entry_point: str, inputs: Sequence[bytes], memory_bytes: int) -> tuple[Call, ...]:
    """What taking these inputs in spends in a program that does nothing."""
    source = f"def {entry_point}(*_): pass" if entry_point else ""
    return meter.measure(source, entry_point, inputs, Limits(_PLENTY, None, memory_bytes), 0).calls


def charged(meter: Meter, calls: tuple[Call, ...], idle: Sequence[Call], limits: Limits) -> tuple[Call, ...]:
    """The calls with hidden work added to their costs; they end where that spends the budget.

    Args:
        meter: that made the calls.
        calls: of one run.
        idle: from `idle_calls` on the same inputs.
        limits: of the run.
    """
    unknown = itertools.repeat(Call(None, taking=math.inf, giving=math.inf))  # where the idle program was stopped
    expected = list(itertools.islice(itertools.chain(idle, unknown), len(calls)))
    honest = _honest_giving(meter, calls, expected, limits)
    paid: list[Call] = []
    left = limits.budget
    for call, nothing, giving in zip(calls, expected, honest, strict=True):
        if call.cost is None or call.stopped is not None:
            paid.append(call)
            break
        hidden = _beyond(call.taking, nothing.taking, *_TAKING) + _beyond(call.giving, giving, *_GIVING)
        left -= call.cost + hidden
        if left < 0:
            stopped = Failure("out-of-fuel", "the budget of instructions was spent, part of it outside the calls")
            paid.append(Call(call.cost + hidden, stopped=stopped))
            break
        paid.append(replace(call, cost=call.cost + hidden) if hidden else call)
    return tuple(paid)


def _beyond(spent: float, honest: float, share: float, fuel: float) -> float:
    return spent - honest if spent > share * honest + fuel else 0.0


def _honest_giving(meter: Meter, calls: Sequence[Call], idle: Sequence[Call], limits: Limits) -> list[float]:
    """What giving out each call's answer spends in a program that hides nothing, looked into where it is much.

    It frees the arguments, as the idle program does too, and encodes the answer, as a program does that returns it
    untouched. An exception frees the frames it came through, so what giving it out spends says nothing.
    """
    if all(_is_small(call, nothing) for call, nothing in zip(calls, idle, strict=True)):
        return [math.inf] * len(calls)
    # A tuple of one argument, in the plain-data encoding; first an empty answer, for what any giving spends.
    answers = [b"(\x01\x00\x00\x00" + (call.answer if call.answer is not None else b"N") for call in calls]
    nothing_at_all = b"(\x01\x00\x00\x00N"
    bounds = Limits(_PLENTY, None, max(limits.memory_bytes, 1 << 30))
    source = "def echo(answer): return answer"
    echoes = meter.measure(source, "echo", [nothing_at_all, *answers], bounds, 0).calls
    base = echoes[0].giving
    encoding = [echo.giving - base for echo in echoes[1:]] + [math.inf] * (len(calls) - len(echoes) + 1)
    return [
        math.inf if call.answer is None else nothing.giving + more
        for call, nothing, more in zip(calls, idle, encoding, strict=True)
    ]


def _is_small(call: Call, nothing: Call) -> bool:
    return call.answer is None or call.giving <= nothing.giving + _SMALL + _PER_BYTE * len(call.answer)
