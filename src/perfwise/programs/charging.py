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

_SHARE, _FUEL = 1.02, 2_000  # honest handovers differ by less, as free lists and the heap differ
_SMALL, _PER_BYTE = 19_500, 180  # instructions; giving out for less is never looked into, as an echo costs a run
_RAISED = 60_000  # instructions; giving an exception's short text out spends less
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
    honest = _honest_giving(meter, calls, limits)
    paid: list[Call] = []
    left = limits.budget
    unknown = itertools.repeat(Call(None, taking=math.inf))  # where even the idle program was stopped
    for call, nothing, giving in zip(calls, itertools.chain(idle, unknown), honest, strict=False):
        if call.cost is None or call.stopped is not None:
            paid.append(call)
            break
        hidden = _beyond(call.taking, nothing.taking) + _beyond(call.giving, giving)
        left -= call.cost + hidden
        if left < 0:
            stopped = Failure("out-of-fuel", "the budget of instructions was spent, part of it outside the calls")
            paid.append(Call(call.cost + hidden, stopped=stopped))
            break
        paid.append(replace(call, cost=call.cost + hidden) if hidden else call)
    return tuple(paid)


def _beyond(spent: float, honest: float) -> float:
    return spent - honest if spent > _SHARE * honest + _FUEL else 0.0


def _honest_giving(meter: Meter, calls: Sequence[Call], limits: Limits) -> list[float]:
    """What giving out each call's answer spends in a program that returns it untouched, where that is much."""
    if all(call.answer is None or call.giving <= _SMALL + _PER_BYTE * len(call.answer) for call in calls):
        return [_RAISED if call.answer is None else call.giving for call in calls]
    # A tuple of one argument, in the plain-data encoding.
    answers = [b"(\x01\x00\x00\x00" + (call.answer if call.answer is not None else b"N") for call in calls]
    bounds = Limits(_PLENTY, None, max(limits.memory_bytes, 1 << 30))
    echoes = meter.measure("def echo(answer): return answer", "echo", answers, bounds, 0).calls
    spent = [echo.giving for echo in echoes] + [0.0] * (len(calls) - len(echoes))
    return [_RAISED if call.answer is None else echo for call, echo in zip(calls, spent, strict=True)]
