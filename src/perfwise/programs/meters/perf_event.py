"""Native instructions by the processor's own counter, where the machine lets one read it."""

import errno
import functools
import json
import os
import platform
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass

from perfwise.errors import MissingMeter
from perfwise.kit.sandbox.confine import EVENT
from perfwise.kit.sandbox.rungs import Bounds, Rung, Sandbox
from perfwise.kit.sandbox.running import Patience, run_confined
from perfwise.programs.contracts import Language, Limits, Meter, Run
from perfwise.programs.meters._confined import sandbox_for
from perfwise.programs.meters._host import interpreter, interpreter_build, interpreter_path, processor
from perfwise.programs.meters._repeating import Program, Repetitions

__all__ = ["PerfEventMeter"]

_INSTRUCTIONS = (0, 1)  # PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS
_PER_CPU_S = 1e8  # instructions that a processor executes in a second at least; it decides when a run is ended
_START_S, _LONGEST_S = 2, 3600.0
_CAVEAT = "hardware counts wander by up to some 0.1 % between runs, and differ by processor and build of Python"
_PROBE = f"""
import json, os, struct
def read(): return struct.unpack("=QQQ", os.read({EVENT}, 24))
before = read()
for _ in range(100000): pass
print(json.dumps([after - earlier for after, earlier in zip(read(), before)]))
"""
_REMEDIES = {
    errno.ENOENT: "the processor's counters are not passed on to this machine, as in most virtual machines",
    errno.EOPNOTSUPP: "the processor's counters are not passed on to this machine, as in most virtual machines",
    errno.EACCES: "set /proc/sys/kernel/perf_event_paranoid to 2 or less",
    errno.EPERM: "set /proc/sys/kernel/perf_event_paranoid to 2 or less, and let a container's filter pass it",
    errno.ENOSYS: "the kernel was built without performance events",
}


@dataclass(frozen=True)
class PerfEventMeter:
    """Count the instructions that the processor retires in user mode, in the host's own CPython, packages included.

    Each repetition is a process of its own in the native sandbox; the counter is opened before the program is there
    and never stopped. Each call's cost is the median of the repetitions, as for `cpu_time`. Nothing is slowed down.

    Cannot see: caches, branches and memory latency; the kernel's work; more than one thread (none can be started).
    Most virtual machines and hosted runners do not have it; it is probed, and refused where a known loop counts
    nothing or the counter has to be shared. The program shares its process with what reads the counter, so one that
    sets out to can understate its cost, though not pass off a wrong answer.

    Args:
        repetitions: at least 2.
        allow_unsandboxed: run programs with the user's rights where no sandbox works: only for code that you trust.
        rung: which sandbox; None: the strongest that works here.
        patience_s: real time that a repetition may take beyond twice its CPU time.
        event: type and configuration, as perf_event_open(2) has them; by default instructions.

    Source: perf_event_open(2); COFFE (arXiv:2502.02827) and EvalPerf (arXiv:2408.06450) count so.
    """

    repetitions: int = 6
    allow_unsandboxed: bool = False
    rung: Rung | None = None
    patience_s: float = 60.0
    event: tuple[int, int] = _INSTRUCTIONS

    @property
    def name(self) -> str:
        """`perf_event`."""
        return "perf_event"

    @property
    def cost_name(self) -> str:
        """`instructions`."""
        return "instructions"

    @property
    def exact(self) -> bool:
        """Nearly, but not quite, and not across machines."""
        return False

    @property
    def default_budget(self) -> float:
        """Ten thousand million instructions, some 3 s."""
        return 1e10

    @property
    def case_allowance(self) -> float:
        """Fifty million instructions: about the 0.01 s of native time that ENAMEL allows."""
        return 5e7

    def for_language(self, language: Language) -> Meter | None:
        """Itself for Python; it measures nothing else."""
        return self if language == "python" else None

    def identity(self) -> str:
        """The event, the number of repetitions and the interpreter's build. Raises: MissingMeter after a probe."""
        sandbox = sandbox_for(self.rung, allow_unsandboxed=self.allow_unsandboxed)
        if fault := _fault(sandbox, self.event):
            raise MissingMeter(
                f"the meter perf_event does not work here: {fault}; valgrind counts instructions without it"
            )
        return f"event {self.event[0]}:{self.event[1]}, median of {self.repetitions}, {interpreter_build()}"

    def interpreter(self) -> str:
        """The host's."""
        return interpreter()

    def machine(self) -> str:
        """Its architecture, system and processor."""
        return f"{platform.machine()} {platform.system()} {processor()}"

    def measure(self, source: str, entry_point: str, inputs: Sequence[bytes], limits: Limits, seed: int) -> Run:
        """Run a program on inputs in fresh child processes. See `Meter.measure`."""
        self.identity()
        sandbox = sandbox_for(self.rung, allow_unsandboxed=self.allow_unsandboxed)
        cpu_s = min(_START_S + limits.budget / _PER_CPU_S, _LONGEST_S)
        repetitions = Repetitions(self.repetitions, sandbox, cpu_s, self.patience_s, self.event, _CAVEAT)
        return repetitions.measure(Program(source, entry_point, inputs, seed), limits)


@functools.cache
def _fault(sandbox: Sandbox, event: tuple[int, int]) -> str:
    """What a probe in the sandbox finds wrong; empty if a known loop is counted."""
    command = [interpreter_path(), "-I", "-S", "-c", _PROBE]
    with tempfile.TemporaryDirectory() as folder:
        place = os.path.realpath(folder)
        ended = run_confined(sandbox, command, b"", Bounds(10, 1 << 30), Patience(60), folder=place, event=list(event))
    return refusal(ended.errors.decode("utf-8", "replace")) if ended.code else doubt(ended.output)


def refusal(errors: str) -> str:
    """Why the counter could not be opened, from what the sandbox's launcher said, and what to do."""
    found = re.search(r"\[Errno (\d+)\] (perf_event_open: .*)", errors)
    if found is None:
        return (errors.strip().splitlines() or ["the probe did not run"])[-1]
    remedy = _REMEDIES.get(int(found[1]))
    return f"{found[2]} ({remedy})" if remedy else found[2]


def doubt(told: bytes) -> str:
    """What speaks against the probe's count, enabled time and running time; empty if nothing does."""
    try:
        count, enabled_ns, running_ns = json.loads(told)
    except (ValueError, TypeError):
        return "the probe told nothing"
    if count <= 0:
        return "the counter is there and counts nothing"
    if enabled_ns != running_ns:
        return "the counter is shared with others, so its counts are estimates; end other users of perf"
    return ""
