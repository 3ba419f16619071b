"""CPU seconds: what the host's own interpreter takes, repeated, with an interval and a caveat."""

import json
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfwise.core.outcome import Failure
from perfwise.programs import guest
from perfwise.programs.contracts import Call, Language, Limits, Meter, Run
from perfwise.programs.handover import taken_apart, told_failure

__all__ = ["CpuTimeMeter"]

_CHILD = Path(__file__).with_name("_native_child.py")
_APP = Path(guest.__file__).parent / "app"
_WALL_S = 60  # beside the CPU bound, for a program that sleeps; ends a run, never decides a number


@dataclass(frozen=True)
class CpuTimeMeter:
    """Repeat a run in fresh child processes and take each call's median CPU time.

    Each repetition is a process of its own with an empty environment, bounded in CPU time, memory and file size. **That
    is not a sandbox**: the program runs with the user's rights, so this meter is used only when the user allows it.

    The interval of the sum runs from the least to the greatest of the repetitions: with six of them it holds the median
    of the distribution with probability 1 - 2 / 2^6 = 0.969, whatever the distribution is.

    Args:
        repetitions: at least 2.

    Source: the sign-test interval for a median, Conover, Practical Nonparametric Statistics, 1999, ch. 3.
    """

    repetitions: int = 6

    @property
    def name(self) -> str:
        """`cpu_time`."""
        return "cpu_time"

    @property
    def cost_name(self) -> str:
        """`cpu_s`."""
        return "cpu_s"

    @property
    def exact(self) -> bool:
        """Never."""
        return False

    @property
    def default_budget(self) -> float:
        """Ten seconds."""
        return 10.0

    @property
    def case_allowance(self) -> float:
        """Ten milliseconds, as ENAMEL allows."""
        return 0.01

    def for_language(self, language: Language) -> Meter | None:
        """Itself for Python; it measures nothing else."""
        return self if language == "python" else None

    def identity(self) -> str:
        """The number of repetitions."""
        return f"median of {self.repetitions}"

    def interpreter(self) -> str:
        """The host's."""
        return f"{platform.python_implementation()} {platform.python_version()}"

    def machine(self) -> str:
        """Its processor architecture, system and host name: seconds of another machine are other seconds."""
        return f"{platform.machine()} {platform.system()} {platform.node()}"

    def measure(self, source: str, entry_point: str, inputs: Sequence[bytes], limits: Limits, seed: int) -> Run:
        """Run a program on inputs in fresh child processes. See `Meter.measure`."""
        cpu_s = min(limits.budget, 3600.0)
        job = {
            "app": str(_APP),
            "source": source,
            "entry_point": entry_point,
            "inputs": [each.decode("latin-1") for each in inputs],
            "seed": seed,
            "cpu_s": cpu_s,
            "memory_bytes": max(limits.memory_bytes, 1 << 30),
        }
        runs = [_repetition(job, cpu_s, len(inputs))]
        while runs[-1].failure is None and _finished(runs[-1], inputs) and len(runs) < self.repetitions:
            runs.append(_repetition(job, cpu_s, len(inputs)))
        return _merged(runs, limits)


def _finished(run: Run, inputs: Sequence[bytes]) -> bool:
    return len(run.calls) == len(inputs) and run.calls[-1].stopped is None


def _repetition(job: dict[str, Any], cpu_s: float, wanted: int) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = subprocess.run(  # noqa: S603 - our own child
                [sys.executable, "-I", "-B", str(_CHILD)],
                input=(json.dumps(job) + "\n").encode("utf-8"),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=folder,
                env={},
                timeout=2 * cpu_s + _WALL_S,
                check=False,
            )
            output, code = done.stdout, done.returncode
        except subprocess.TimeoutExpired as late:
            output, code = late.stdout or b"", None
    return _read(output, code, wanted)


def _read(output: bytes, code: int | None, wanted: int) -> Run:
    lines = [json.loads(line) for line in output.split(b"\n") if line.strip()]
    if not lines:
        return Run(failure=_end(code))
    if lines[0]["failure"]:
        return Run(failure=told_failure(lines[0]["failure"]))
    calls = [taken_apart(line["text"], line["cost"]) for line in lines[1:] if "text" in line]
    if len(calls) < wanted:
        calls.append(Call(None, stopped=_end(code)))
    peak = lines[-1].get("peak_bytes")
    return Run(tuple(calls), costs={} if peak is None else {"peak_bytes": float(peak)})


def _end(code: int | None) -> Failure:
    if code is None:
        return Failure("out-of-time", "no end within the bound on real time")
    if code in (-24, -9):  # SIGXCPU; SIGKILL follows where the soft and the hard limit are one
        return Failure("out-of-time", "the bound on CPU time was reached")
    return Failure("exit", f"the process ended with code {code}")


def _merged(runs: Sequence[Run], limits: Limits) -> Run:
    """Each call's median over the repetitions; the answers are the first repetition's."""
    first = runs[0]
    caveat = "CPU time is noisy: compare intervals, on one machine, in one run; the program ran outside the sandbox"
    if first.failure is not None or len(runs) == 1:
        return Run(first.calls, first.failure, first.costs, None, (caveat,))
    complete = [run for run in runs if len(run.calls) == len(first.calls)]
    columns = [[float(run.calls[index].cost or 0.0) for run in complete] for index in range(len(first.calls))]
    calls = tuple(
        _within(Call(statistics.median(column), call.answer, call.raised, call.stopped), limits)
        for call, column in zip(first.calls, columns, strict=True)
    )
    totals = [sum(row) for row in zip(*columns, strict=True)]
    return Run(calls, None, first.costs, (min(totals), max(totals)), (caveat,))


def _within(call: Call, limits: Limits) -> Call:
    if limits.case_budget is None or call.cost is None or call.cost <= limits.case_budget:
        return call
    return Call(limits.case_budget, stopped=Failure("out-of-time", "the bound on one case was reached"))
