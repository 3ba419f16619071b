"""WebAssembly instructions: the same count on every run and every machine, and the sandbox in one."""

import functools
import importlib.metadata
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

from perfwise.core.outcome import Failure
from perfwise.programs import plain
from perfwise.programs.compiled.compiler import compiler_version
from perfwise.programs.contracts import Call, Language, Limits, Meter, Run
from perfwise.programs.guest.runtime import Guest, Instance, guest_record, load_guest
from perfwise.programs.guest.world import Stopped
from perfwise.programs.handover import taken_apart, told_failure
from perfwise.programs.meters._compiled import CompiledMeter

__all__ = ["WasmMeter"]

_SPARE_FUEL = 10**11  # of a whole run, for taking arguments in and giving answers out


@dataclass(frozen=True)
class WasmMeter:
    """Count the WebAssembly instructions of each call, in a guest without files, network, clock or entropy.

    The guest is CPython compiled to WebAssembly; the host spends one unit of fuel an instruction. A run starts from a
    snapshot, so nothing of an earlier run is left. Only the calls are counted: not reading the program in, not taking
    arguments in and answers out. What the latter spend is told as `Call.taking` and `Call.giving`, so that work hidden
    there can be charged.

    A further cost is `peak_bytes`, where the system shows it (Linux): the guest's linear memory, which only grows. An
    empty program's is some 34 MB.

    Cannot see: what a native C extension would cost (there is none in the guest), caches and memory latency of a real
    machine. Comparing long texts costs about 20 instructions a byte here and next to none natively.

    Programs in C and C++ are compiled to WebAssembly and counted themselves, by the same fuel, in the same kind of
    sandbox: docs/cpp.md.

    Args:
        optimisation: of the compiler, 2 or 3; Python knows none.

    Source: Haas et al., PLDI 2017 (WebAssembly); fuel as in Wasmtime's `consume_fuel`.
    """

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
        """Two thousand million instructions, some 0.2 s."""
        return 2e9

    @property
    def case_allowance(self) -> float:
        """A hundred million instructions: about the 0.01 s of native time that ENAMEL allows."""
        return 1e8

    def for_language(self, language: Language) -> Meter | None:
        """Itself for Python; for C and C++ what counts the compiled program itself. Raises: MissingExtra."""
        if language in {"c", "c++"}:
            compiler_version()
            return CompiledMeter(language, self.optimisation)
        return self if language == "python" else None

    def identity(self) -> str:
        """The guest's digest and the major version of the engine that charges fuel."""
        return _identity()

    def interpreter(self) -> str:
        """The guest's interpreter."""
        return guest_record().interpreter

    def machine(self) -> str:
        """Any: the count does not depend on it."""
        return "any"

    def measure(self, source: str, entry_point: str, inputs: Sequence[bytes], limits: Limits, seed: int) -> Run:
        """Run a program on inputs in a fresh guest. See `Meter.measure`."""
        guest = load_guest()
        return guest.run(lambda: _measure(guest, source, entry_point, inputs, limits, seed))


def _measure(guest: Guest, source: str, entry_point: str, inputs: Sequence[bytes], limits: Limits, seed: int) -> Run:
    call_overhead(0)  # makes an instance of its own the first time
    instance = guest.watched(limits.memory_bytes, seed)
    instance.begin()
    failure = _load(instance, source, entry_point, limits, seed)
    if failure is not None:
        return Run(failure=failure)
    calls: list[Call] = []
    left, spare = limits.budget, float(_SPARE_FUEL)
    for index, arguments in enumerate(inputs):
        allowed = min(left, limits.case_budget or left)
        calls.append(_call(instance, arguments, allowed, spare, call_overhead(index)))
        if calls[-1].stopped is not None:
            break
        left -= calls[-1].cost or 0.0
        spare -= calls[-1].taking + calls[-1].giving
    peak_bytes = instance.memory_bytes()
    return Run(calls=tuple(calls), costs={} if peak_bytes is None else {"peak_bytes": float(peak_bytes)})


def _load(instance: Instance, source: str, entry_point: str, limits: Limits, seed: int) -> Failure | None:
    try:
        source.encode()
    except UnicodeEncodeError:
        return Failure("syntax", "the source holds lone surrogates, which no encoding can carry")
    try:
        text, _ = instance.call("load", source, entry_point, seed, fuel=limits.load_budget)
    except Stopped as stopped:
        return stopped.failure
    if not text:
        return None
    failure = told_failure(text)
    return _unsupported(failure.message) or failure


def _call(instance: Instance, arguments: bytes, allowed: float, spare: float, overhead: int) -> Call:
    """Take the arguments in, make the metered call, give the answer out."""
    cost, allowed = None, max(allowed, 0.0)
    try:
        _, taking = instance.call("take", arguments.decode("latin-1"), fuel=spare)
        cost = allowed  # if the call is stopped
        _, spent = instance.call("call", fuel=allowed + overhead)
        cost = float(max(spent - overhead, 0))
        text, giving = instance.call("give", fuel=spare)
    except Stopped as stopped:
        return Call(cost, stopped=stopped.failure)
    return replace(_supported(taken_apart(text, cost)), taking=float(taking), giving=float(giving))


def _supported(call: Call) -> Call:
    """The call, or one that was stopped because a module is missing: this meter's limit, not the program's fault."""
    unsupported = _unsupported(": ".join(call.raised)) if call.raised else None
    return call if unsupported is None else Call(call.cost, stopped=unsupported)


def _unsupported(message: str) -> Failure | None:
    """A missing module is this meter's limit, not the program's fault."""
    if message.startswith("ModuleNotFoundError"):
        return Failure("unsupported", f"{message}; the guest has the standard library only")
    return None


@functools.cache
def _identity() -> str:
    return f"guest {guest_record().sha256[:16]}, wasmtime {importlib.metadata.version('wasmtime').split('.')[0]}"


def call_overhead(index: int) -> int:
    """Fuel that call number `index` of an empty function spends; subtracted from every call."""
    overheads = _call_overheads()
    return overheads[index] if index < len(overheads) else int(statistics.median(overheads))


@functools.cache
def _call_overheads() -> tuple[int, ...]:
    """Of the first calls in a fresh instance, in order: they differ by some hundreds, as free lists fill."""
    guest = load_guest()

    def measure() -> tuple[int, ...]:
        instance = guest.instance(1 << 28)
        instance.begin()
        instance.call("load", "def empty(): pass", "empty", 0)
        spent = []
        for _ in range(64):
            instance.call("take", plain.dumps(()).decode("latin-1"))
            spent.append(instance.call("call")[1])
            instance.call("give")
        return tuple(spent)

    return guest.run(measure)
