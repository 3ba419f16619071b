"""Repeat a run in fresh confined processes, and take each call's median cost."""

import json
import math
import os
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfwise.core.outcome import Failure
from perfwise.kit.sandbox.confine import EVENT
from perfwise.kit.sandbox.rungs import Bounds, Sandbox
from perfwise.kit.sandbox.running import Ended, Patience, run_confined
from perfwise.programs.contracts import Call, Limits, Run
from perfwise.programs.handover import TAMPERED, taken_apart
from perfwise.programs.meters._confined import APP, ONE_THREAD, OUTSIDE
from perfwise.programs.meters._host import interpreter_path, module_path
from perfwise.programs.meters._reports import end_of, facts_of, failure_to_load

__all__ = ["Program", "Repetitions"]

_CHILD = Path(__file__).with_name("_native_child.py")
_START_S = 1  # CPU seconds for the interpreter itself
_LEAST_MEMORY = 1 << 30
_MOST_OUTPUT = 256 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Program:
    """What is run: see `Meter.measure`."""

    source: str
    entry_point: str
    inputs: Sequence[bytes]
    seed: int


@dataclass(frozen=True, slots=True)
class Repetitions:
    """How a run is repeated.

    Args:
        count: at least 2.
        sandbox: where.
        cpu_s: the most CPU time of one repetition.
        patience_s: real time for a repetition beyond twice its CPU time, for a program that sleeps.
        event: (type, configuration) of a performance event to count by; None: CPU seconds.
        caveat: what makes the numbers doubtful.
    """

    count: int
    sandbox: Sandbox
    cpu_s: float
    patience_s: float
    event: tuple[int, int] | None
    caveat: str

    def measure(self, program: Program, limits: Limits) -> Run:
        """Each call's median over the repetitions; the answers are the first repetition's."""
        runs = [self._once(program, limits)]
        while _finished(runs[-1], program.inputs) and len(runs) < self.count:
            runs.append(self._once(program, limits))
        caveats = (self.caveat,) if self.sandbox.rung != "none" else (self.caveat, OUTSIDE)
        return _merged(runs, limits, caveats, self.sandbox.rung)

    def _once(self, program: Program, limits: Limits) -> Run:
        job = {
            "path": [str(APP), *module_path()],
            "source": program.source,
            "entry_point": program.entry_point,
            "inputs": [each.decode("latin-1") for each in program.inputs],
            "seed": program.seed,
            "event": None if self.event is None else EVENT,
        }
        bounds = Bounds(self.cpu_s + _START_S, max(limits.memory_bytes, _LEAST_MEMORY))
        # Without site, so that nothing of the environment is loaded before the program; packages are on its path.
        # Counts want one hash seed, which -I would ignore; seconds want the average over many.
        isolated = ["-I"] if self.event is None else ["-s", "-P"]
        command = [interpreter_path(), *isolated, "-S", "-B", str(_CHILD)]
        with tempfile.TemporaryDirectory() as folder:
            ended = run_confined(
                self.sandbox,
                command,
                (json.dumps(job) + "\n").encode(),
                bounds,
                Patience(2 * self.cpu_s + self.patience_s, _MOST_OUTPUT),
                folder=os.path.realpath(folder),
                environment=ONE_THREAD | ({} if self.event is None else {"PYTHONHASHSEED": "0"}),
                event=None if self.event is None else list(self.event),
            )
        return _read(ended, len(program.inputs), self.cpu_s)


def _finished(run: Run, inputs: Sequence[bytes]) -> bool:
    return run.failure is None and len(run.calls) == len(inputs) and all(call.stopped is None for call in run.calls)


def _read(ended: Ended, wanted: int, cpu_s: float) -> Run:
    """What the child told; every line may be the program's own work."""
    early = end_of(ended.code, ended.wall_s, ended.cut, cpu_s)
    lines = facts_of(ended.output)
    if not lines:
        return Run(failure=early)
    if failure := failure_to_load(lines[0]):
        return Run(failure=failure)
    calls = [_call(line) for line in lines[1 : wanted + 1] if "text" in line]
    if len(calls) < wanted and (not calls or calls[-1].stopped is None):
        calls.append(Call(None, stopped=early))
    peak = lines[-1].get("peak_bytes")
    return Run(tuple(calls), costs={"peak_bytes": float(peak)} if isinstance(peak, int) and peak > 0 else {})


def _call(facts: dict[str, Any]) -> Call:
    cost, text = facts.get("cost"), facts["text"]
    if isinstance(cost, float) and math.isnan(cost):
        return Call(None, stopped=Failure("unsupported", "the counter had to be shared while the program ran"))
    if not isinstance(cost, int | float) or not isinstance(text, str) or not 0 <= cost < math.inf:
        return Call(None, stopped=TAMPERED)
    return taken_apart(text, float(cost))


def _merged(runs: Sequence[Run], limits: Limits, caveats: tuple[str, ...], rung: str) -> Run:
    first = runs[0]
    if first.failure is not None or len(runs) == 1:
        return Run(first.calls, first.failure, first.costs, None, caveats, rung)
    complete = [run for run in runs if len(run.calls) == len(first.calls)]
    columns = [[float(run.calls[index].cost or 0.0) for run in complete] for index in range(len(first.calls))]
    calls = tuple(
        _within(Call(statistics.median(column), call.answer, call.raised, call.stopped), limits)
        for call, column in zip(first.calls, columns, strict=True)
    )
    totals = [sum(row) for row in zip(*columns, strict=True)]
    return Run(calls, None, first.costs, (min(totals), max(totals)), caveats, rung)


def _within(call: Call, limits: Limits) -> Call:
    if limits.case_budget is None or call.cost is None or call.cost <= limits.case_budget:
        return call
    return Call(limits.case_budget, stopped=Failure("out-of-time", "the bound on one case was reached"))
