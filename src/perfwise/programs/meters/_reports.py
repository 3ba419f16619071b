"""What the native meters' child processes report: lines that the program may have forged, and how they ended."""

import json
import signal
from typing import Any

from perfwise.core.outcome import Failure
from perfwise.programs.handover import TAMPERED, told_failure

__all__ = ["end_of", "facts_of", "failure_to_load"]


def facts_of(output: bytes) -> list[dict[str, Any]]:
    """One JSON object a line; what is none is an empty one."""
    return [_facts(line) for line in output.split(b"\n") if line.strip()]


def _facts(line: bytes) -> dict[str, Any]:
    try:
        facts = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}


def failure_to_load(first: dict[str, Any]) -> Failure | None:
    """What the first line says of reading the program in."""
    told = first.get("failure")
    if told == "":
        return None
    return told_failure(told) if isinstance(told, str) else TAMPERED


def end_of(code: int | None, wall_s: float, cut: str, cpu_s: float) -> Failure:
    """Why a process ended too early.

    Args:
        code: exit status, or the signal's number, negative, or 128 + the signal's number.
        wall_s: real time that it took.
        cut: the bound of the host's that ended it, or empty.
        cpu_s: its bound on CPU time.
    """
    if cut == "wall":
        return Failure("out-of-time", "no end within the bound on real time")
    if cut == "output":
        return Failure("answer-too-large", "the program wrote more than the host reads")
    if code is None:
        return Failure("crash", "the program took down the process that it was forked from")
    # A program can end itself by any code or signal, so the bound counts as reached only where that time has passed.
    if (-code if code < 0 else code - 128) in (signal.SIGXCPU, signal.SIGKILL) and wall_s >= cpu_s:
        return Failure("out-of-time", "the bound on CPU time was reached")
    return Failure("exit", f"the process ended with code {code}")
