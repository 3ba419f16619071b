"""CPU seconds: what the host's own interpreter takes, repeated, with an interval and a caveat."""

import platform
from collections.abc import Sequence
from dataclasses import dataclass

from perfwise.kit.sandbox.rungs import Rung
from perfwise.programs.contracts import Language, Limits, Meter, Run
from perfwise.programs.meters._confined import sandbox_for
from perfwise.programs.meters._host import interpreter
from perfwise.programs.meters._repeating import Program, Repetitions

__all__ = ["CpuTimeMeter"]

_LONGEST_S = 3600.0
_CAVEAT = "CPU time is noisy: compare intervals, on one machine, in one run"


@dataclass(frozen=True)
class CpuTimeMeter:
    """Repeat a run in fresh child processes and take each call's median CPU time.

    Each repetition is a process of its own in a sandbox (`perfwise.kit.sandbox`: bubblewrap, else Landlock), with an
    empty environment, bounded in CPU time, memory and file size. Where no sandbox works the meter refuses, unless
    `allow_unsandboxed`. A further cost is `peak_bytes`, the most memory that the process held, its interpreter
    included.

    Cannot see: anything below some ten microseconds a call. The program shares its process with the clock, so one that
    sets out to can understate its cost, though not pass off a wrong answer.

    The interval of the sum runs from the least to the greatest of the repetitions: with six of them it holds the median
    of the distribution with probability 1 - 2 / 2^6 = 0.969, whatever the distribution is.

    Args:
        repetitions: at least 2.
        allow_unsandboxed: run programs with the user's rights where no sandbox works: only for code that you trust.
        rung: which sandbox; None: the strongest that works here.
        patience_s: real time that a repetition may take beyond twice its CPU time.

    Source: the sign-test interval for a median, Conover, Practical Nonparametric Statistics, 1999, ch. 3.
    """

    repetitions: int = 6
    allow_unsandboxed: bool = False
    rung: Rung | None = None
    patience_s: float = 60.0

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
        """The number of repetitions. Raises: MissingMeter where no sandbox works."""
        sandbox_for(self.rung, allow_unsandboxed=self.allow_unsandboxed)
        return f"median of {self.repetitions}"

    def interpreter(self) -> str:
        """The host's."""
        return interpreter()

    def machine(self) -> str:
        """Its processor architecture, system and host name: seconds of another machine are other seconds."""
        return f"{platform.machine()} {platform.system()} {platform.node()}"

    def measure(self, source: str, entry_point: str, inputs: Sequence[bytes], limits: Limits, seed: int) -> Run:
        """Run a program on inputs in fresh child processes. See `Meter.measure`."""
        sandbox = sandbox_for(self.rung, allow_unsandboxed=self.allow_unsandboxed)
        cpu_s = min(limits.budget, _LONGEST_S)
        repetitions = Repetitions(self.repetitions, sandbox, cpu_s, self.patience_s, None, _CAVEAT)
        return repetitions.measure(Program(source, entry_point, inputs, seed), limits)
