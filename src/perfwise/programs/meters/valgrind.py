"""Native instructions under Valgrind: CPython with its C extensions, and any program."""

import functools
import itertools
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from perfwise.core.outcome import Failure
from perfwise.errors import MissingMeter
from perfwise.kit.sandbox.rungs import Rung
from perfwise.programs import plain
from perfwise.programs.contracts import Call, Language, Limits, Meter, Run
from perfwise.programs.handover import TAMPERED, taken_apart
from perfwise.programs.meters._cachegrind import build, counted_interpreter, counted_whole, packages_of
from perfwise.programs.meters._confined import OUTSIDE, sandbox_for
from perfwise.programs.meters._host import interpreter, processor
from perfwise.programs.meters._reports import end_of, facts_of, failure_to_load
from perfwise.programs.meters._template import Answered, Template, template_for

__all__ = ["ValgrindMeter"]

_PER_CPU_S = 5e7  # instructions that cachegrind executes in a second at least; it decides when a run is ended
_START_S, _LONGEST_S = 3, 3600
_DRIFT = 0.003
_MOVED = 0.025  # by what the template imported: eight functions moved by up to 1.1 %, a bare loop by 2.3 %
_CAVEAT = f"counts of one program differ by up to {_DRIFT:.1%} between runs, and by processor and build of Python"


@dataclass(frozen=True)
class ValgrindMeter:
    """Count the native instructions of each call in the host's own CPython, C extensions such as numpy included.

    A warm template process runs under cachegrind without cache simulation and forks a process a program, which inherits
    what was translated and imported. Around each call that process forks another one that ends at once: cachegrind
    tells the count up to there, and the difference of two is the call and a constant, which is measured on an empty
    function and subtracted.

    Cannot see: caches, branches and memory latency; the kernel's work; more than one thread (none can be started). The
    interpreter is a build of the host's, so counts compare only on one machine, and differ by up to 0.3 % between runs.
    The program shares its process with what asks for a reading, so one that sets out to can understate its cost,
    though not pass off a wrong answer.

    Args:
        allow_unsandboxed: run programs with the user's rights where no sandbox works: only for code that you trust.
        rung: which sandbox; None: the strongest that works here.
        patience_s: real time that a run may take beyond twice its CPU time.

    Source: Nethercote and Seward, PLDI 2007 (Valgrind); cachegrind as in its manual.
    """

    allow_unsandboxed: bool = False
    rung: Rung | None = None
    patience_s: float = 60.0

    @property
    def name(self) -> str:
        """`valgrind`."""
        return "valgrind"

    @property
    def cost_name(self) -> str:
        """`instructions`."""
        return "instructions"

    @property
    def exact(self) -> bool:
        """Nearly, but not across machines, so no."""
        return False

    @property
    def default_budget(self) -> float:
        """A thousand million instructions, some 0.3 s natively and 5 s here."""
        return 1e9

    @property
    def case_allowance(self) -> float:
        """Fifty million instructions: about the 0.01 s of native time that ENAMEL allows."""
        return 5e7

    def for_language(self, language: Language) -> Meter | None:
        """Itself for Python; other programs are counted whole, by `count_program`."""
        return self if language == "python" else None

    def identity(self) -> str:
        """Valgrind's version, the interpreter's and the C library's build. Raises: MissingMeter."""
        sandbox_for(self.rung, allow_unsandboxed=self.allow_unsandboxed)
        return build()

    def interpreter(self) -> str:
        """The host's."""
        return interpreter()

    def machine(self) -> str:
        """Its architecture, system and processor: libraries choose their code by what the processor can do."""
        return f"{platform.machine()} {platform.system()} {processor()}"

    def measure(self, source: str, entry_point: str, inputs: Sequence[bytes], limits: Limits, seed: int) -> Run:
        """Run a program on inputs in a fresh process of the template. See `Meter.measure`."""
        sandbox = sandbox_for(self.rung, allow_unsandboxed=self.allow_unsandboxed)
        packages = packages_of(source)
        template = template_for(sandbox, counted_interpreter(), packages)
        cpu_s = _cpu_s(limits.budget)
        job = {
            "source": source,
            "entry_point": entry_point,
            "inputs": [each.decode("latin-1") for each in inputs],
            "seed": seed,
            "cpu_s": cpu_s,
            "memory_bytes": limits.memory_bytes,
        }
        overheads = _overheads(template, template.started(), self.patience_s)
        answered = template.run(job, 2 * cpu_s + self.patience_s)
        run = _read(answered, len(inputs), cpu_s, overheads)
        told = [_CAVEAT] if sandbox.rung != "none" else [_CAVEAT, OUTSIDE]
        if packages:
            told.append(f"{', '.join(packages)} was imported before, which moves counts by up to {_MOVED:.1%}")
        drift = _MOVED if packages else _DRIFT
        return replace(_within(run, limits, drift), caveats=tuple(told), sandbox=sandbox.rung)

    def count_program(self, command: Sequence[str], given: bytes, limits: Limits) -> tuple[float, bytes]:
        """Instructions of a whole native program, its start and its loader included.

        Args:
            command: absolute path of an ELF program and its arguments.
            given: standard input.
            limits: `budget` and `memory_bytes` hold.
        Returns: the count and what the program wrote to standard output.
        Raises: MissingMeter; InvalidCandidate if the program does not end by itself with status 0.
        """
        sandbox = sandbox_for(self.rung, allow_unsandboxed=self.allow_unsandboxed)
        return counted_whole(sandbox, command, given, _cpu_s(limits.budget), limits.memory_bytes)


def _cpu_s(budget: float) -> int:
    return int(min(_START_S + budget / _PER_CPU_S, _LONGEST_S))


@functools.lru_cache(maxsize=8)
def _overheads(template: Template, start: int, patience_s: float) -> tuple[float, ...]:  # noqa: ARG001 - measured at each start
    """What the first calls of an empty function count, the readings themselves. It also warms the template."""
    inputs = [plain.dumps(()).decode("latin-1")] * 6
    job = {"source": "def empty(): pass", "entry_point": "empty", "inputs": inputs, "seed": 0}
    answered = template.run({**job, "cpu_s": 60, "memory_bytes": 1 << 30}, 120 + patience_s)
    costs = [call.cost for call in _read(answered, len(inputs), 60, (0.0,)).calls if call.cost is not None]
    if len(costs) < len(inputs):
        raise MissingMeter("valgrind ran, but counted nothing; perfwise knows its versions from 3.19 on")
    return tuple(costs)


def _read(answered: Answered, wanted: int, cpu_s: float, overheads: Sequence[float]) -> Run:
    """What the job's process told, with counts that cachegrind told; every line may be the program's own work."""
    early = end_of(answered.code, answered.wall_s, answered.cut, cpu_s)
    lines = facts_of(answered.output)
    if not lines:
        return Run(failure=early)
    if failure := failure_to_load(lines[0]):
        return Run(failure=failure)
    reported = [line for line in lines[1 : wanted + 1] if "text" in line]
    later = itertools.repeat(statistics.median(overheads))
    calls = [
        _call(line, answered.counts, overhead)
        for line, overhead in zip(reported, itertools.chain(overheads, later), strict=False)
    ]
    if len(calls) < wanted and (not calls or calls[-1].stopped is None):
        calls.append(Call(None, stopped=early))
    return Run(tuple(calls))


def _call(facts: dict[str, Any], counts: dict[int, int], overhead: float) -> Call:
    before, after, text = facts.get("before"), facts.get("after"), facts["text"]
    if not (isinstance(before, int) and isinstance(after, int) and isinstance(text, str)):
        return Call(None, stopped=TAMPERED)
    first, second = counts.get(before), counts.get(after)
    if first is None or second is None or second < first:
        return Call(None, stopped=TAMPERED)
    return taken_apart(text, max(second - first - overhead, 0.0))


def _within(run: Run, limits: Limits, drift: float) -> Run:
    """The calls up to the one that spends the budget, or its own."""
    calls: list[Call] = []
    left = limits.budget
    for call in run.calls:
        allowed = left if limits.case_budget is None else min(left, limits.case_budget)
        if call.cost is not None and call.cost > allowed:
            calls.append(
                Call(max(allowed, 0.0), stopped=Failure("out-of-fuel", "the budget of instructions was spent"))
            )
            break
        calls.append(call)
        left -= call.cost or 0.0
    total = sum(call.cost or 0.0 for call in calls)
    interval = (total * (1 - drift), total * (1 + drift)) if calls else None
    return Run(tuple(calls), run.failure, run.costs, interval)
