"""The `wasm` meter for C and C++: the program itself is the WebAssembly that is counted."""

import importlib.metadata
import marshal
import re
from collections.abc import Sequence
from dataclasses import dataclass

from perfwise.core.outcome import Failure
from perfwise.programs.compiled.compiler import Recipe, compiler_version, kept_module, recipe_identity
from perfwise.programs.compiled.runtime import Bench, load_bench
from perfwise.programs.compiled.wasi import CALL_FUEL, Exited
from perfwise.programs.contracts import Call, Language, Limits, Meter, Run
from perfwise.programs.guest.world import Stopped
from perfwise.programs.handover import taken_apart

__all__ = ["CompiledMeter"]

_SPARE_FUEL = 10**11  # of one case, for taking arguments in and giving answers out
_ROOM = 10**9
# What honest taking in and giving out spend at the most; what goes beyond is work hidden there, and is charged.
_HANDING, _HANDING_PER_BYTE = 50_000, 250
_LARGEST_ANSWER = 16 << 20
_LONG = re.compile(r"\blong\b(?!\s+(?:long|double))(?<!long long)")


@dataclass(frozen=True)
class CompiledMeter:
    """Compile a program and count the instructions of each call, every one in a fresh instance.

    A whole program is counted from its start to its end. Of a function the call alone is counted; its arguments arrive
    and its answer leaves as plain data through a small driver.

    Args:
        language: `c` or `c++`.
        optimisation: 2 or 3, as in -O2 and -O3.
    """

    language: Language
    optimisation: int = 2

    @property
    def name(self) -> str:
        """`wasm`."""
        return "wasm"

    @property
    def cost_name(self) -> str:
        """`wasm_instructions`."""
        return "wasm_instructions"

    @property
    def exact(self) -> bool:
        """Always."""
        return True

    @property
    def default_budget(self) -> float:
        """Two thousand million instructions, some 0.5 s."""
        return 2e9

    @property
    def case_allowance(self) -> float:
        """None is needed: a call is never cold."""
        return 0.0

    def for_language(self, language: Language) -> Meter | None:
        """Itself for its own language."""
        return self if language == self.language else None

    def identity(self) -> str:
        """Compiler, flags, headers, engine. Raises: MissingExtra."""
        wasmtime = importlib.metadata.version("wasmtime").split(".")[0]
        return f"{recipe_identity(self.language, self.optimisation)}, wasmtime {wasmtime}, {CALL_FUEL} a system call"

    def interpreter(self) -> str:
        """The target and its compiler."""
        return f"{self.language} by ziglang {compiler_version()} for wasm32-wasi"

    def machine(self) -> str:
        """Any: the count does not depend on it."""
        return "any"

    def measure(self, source: str, entry_point: str, inputs: Sequence[bytes], limits: Limits, seed: int) -> Run:
        """Run a program on inputs, each in a fresh instance. See `Meter.measure`."""
        if entry_point and self.language == "c":
            told = "functions in C carry too little of their types to be called with plain data; "
            return Run(failure=Failure("unsupported", told + "name the file .cpp, or write a whole program"))
        entry = _entry(source, entry_point)
        module = kept_module(source, Recipe(self.language, entry, self.optimisation))
        if isinstance(module, Failure):
            return Run(failure=module)
        bench = load_bench()
        case = _Function(bench, module, limits, seed) if entry_point else _Program(bench, module, limits, seed)
        return bench.run(lambda: _run(case, inputs, limits, _caveats(source)))


def _entry(source: str, entry_point: str) -> str:
    """The function, or the method of that name where the program is a class `Solution`."""
    in_class = entry_point and re.search(r"\b(?:class|struct)\s+Solution\b", source)
    return f"Solution::{entry_point}" if in_class else entry_point


def _caveats(source: str) -> tuple[str, ...]:
    if not _LONG.search(source):
        return ()
    return (
        "`long`, size_t and pointers have 32 bits here: a wrong answer of a program with `long` may be due to that",
    )


def _run(case: "_Program", inputs: Sequence[bytes], limits: Limits, caveats: tuple[str, ...]) -> Run:
    calls: list[Call] = []
    left = limits.budget
    for given in inputs:
        try:
            calls.append(case.call(given, min(left, limits.case_budget or left)))
        except Stopped as stopped:  # before anything was counted
            calls.append(Call(None, stopped=stopped.failure))
        if calls[-1].stopped is not None:
            break
        left = max(left - (calls[-1].cost or 0.0), 0.0)
    costs = {"peak_bytes": float(case.peak_bytes)} if case.peak_bytes else {}
    return Run(tuple(calls), costs=costs, caveats=caveats)


@dataclass
class _Program:
    """A whole program: a case is standard input and standard output."""

    bench: Bench
    module: bytes
    limits: Limits
    seed: int
    peak_bytes: int = 0

    def call(self, given: bytes, allowed: float) -> Call:
        """One case from start to end."""
        running = self.bench.instance(self.module, self.limits.memory_bytes)
        (text,) = marshal.loads(given)  # noqa: S302 - made by the judge and walked there
        running.begin(text.encode("utf-8", "surrogatepass"), self.seed)
        code = 0
        try:
            _, spent = running.call("_start", fuel=allowed)
        except Exited as end:
            code, spent = end.code, running.spent
        except Stopped as stopped:
            return Call(float(min(running.spent, allowed)), stopped=stopped.failure)
        finally:
            self.peak_bytes = max(self.peak_bytes, running.memory_bytes)
        if code:
            return Call(float(spent), raised=("SystemExit", f"exit status {code}"))
        answer = marshal.dumps(running.wasi.output.decode("utf-8", "replace"), 2)
        return Call(float(spent), answer=answer)


@dataclass
class _Function(_Program):
    """A function: a case is its arguments and its answer."""

    def call(self, given: bytes, allowed: float) -> Call:
        """One call in a fresh instance; what it prints is lost."""
        running = self.bench.instance(self.module, self.limits.memory_bytes)
        running.begin(b"", self.seed)
        cost: float | None = None
        try:
            if running.has("_initialize"):
                running.call("_initialize", fuel=self.limits.load_budget)
            room, _ = running.call("perfwise_room", len(given), fuel=_ROOM)
            running.put(room, given)
            _, taking = running.call("perfwise_take", fuel=_SPARE_FUEL)
            cost = allowed  # if the call is stopped
            _, spent = running.call("perfwise_call", fuel=allowed)
            cost = float(spent) + _hidden(taking, len(given))
            at, giving = running.call("perfwise_give", fuel=_SPARE_FUEL)
            size, _ = running.call("perfwise_size", fuel=_ROOM)
        except Stopped as stopped:
            return Call(cost, stopped=stopped.failure)
        except Exited as end:
            return Call(cost, stopped=Failure("exit", f"the program ended itself with status {end.code}"))
        finally:
            self.peak_bytes = max(self.peak_bytes, running.memory_bytes)
        cost += _hidden(giving, size)
        if cost > allowed:
            return Call(cost, stopped=Failure("out-of-fuel", "the budget was spent, part of it outside the call"))
        if not 0 <= size <= _LARGEST_ANSWER:
            return Call(cost, stopped=Failure("answer-too-large", f"the answer takes {size:,} bytes"))
        return taken_apart(running.get(at, size).decode("latin-1"), cost)


def _hidden(spent: int, size: int) -> float:
    """What handing so many bytes over spent beyond what an honest program can."""
    return float(spent) if spent > _HANDING + _HANDING_PER_BYTE * size else 0.0
