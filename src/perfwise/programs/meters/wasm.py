"""WebAssembly instructions: the same count on every run and every machine, and the sandbox in one."""

import functools
import importlib.metadata
import json
from collections.abc import Sequence
from dataclasses import dataclass

from perfwise.core.outcome import Failure
from perfwise.programs import plain
from perfwise.programs.contracts import Call, Limits, Run
from perfwise.programs.guest.runtime import Guest, Instance, Stopped, guest_record, load_guest

__all__ = ["WasmMeter"]

_STEP_FUEL = 10**11


@dataclass(frozen=True)
class WasmMeter:
    """Count the WebAssembly instructions of each call, in a guest without files, network, clock or entropy.

    The guest is CPython compiled to WebAssembly; the host spends one unit of fuel an instruction. A run starts from a
    snapshot, so nothing of an earlier run is left. Only the calls are counted: not reading the program in, not taking
    arguments in and answers out. What the latter spend is told as `Call.handover`, so that work hidden there can be
    charged.

    Cannot see: what a native C extension would cost (there is none in the guest), caches and memory latency of a real
    machine. Comparing long texts costs about 20 instructions a byte here and next to none natively.

    Source: Haas et al., PLDI 2017 (WebAssembly); fuel as in Wasmtime's `consume_fuel`.
    """

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
    instance = guest.instance(limits.memory_bytes, seed)
    instance.begin()
    failure = _load(instance, source, entry_point, limits, seed)
    if failure is not None:
        return Run(failure=failure)
    calls: list[Call] = []
    try:
        _step(instance, inputs[0])
        left = limits.budget
        for index, following in enumerate([*inputs[1:], b""]):
            allowed = min(left, limits.case_budget or left)
            calls.append(_call(instance, following, allowed, call_overhead(index)))
            if calls[-1].stopped is not None:
                break
            left -= calls[-1].cost or 0.0
    except Stopped as stopped:  # outside the metered calls, where an honest program does nothing
        calls.append(Call(None, stopped=stopped.failure))
    return Run(calls=tuple(calls))


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
    kind, message = json.loads(text)
    return _unsupported(message) or Failure(kind, message)


def _step(instance: Instance, arguments: bytes) -> tuple[str, int]:
    """Take the last answer out and the next arguments in. Returns: what the guest handed over, fuel spent."""
    text, spent = instance.call("step", arguments.decode("latin-1"), fuel=_STEP_FUEL)
    return text, spent


def _call(instance: Instance, following: bytes, allowed: float, overhead: int) -> Call:
    """One metered call and the step after it."""
    try:
        _, spent = instance.call("call", fuel=allowed + overhead)
    except Stopped as stopped:
        return Call(float(allowed), stopped=stopped.failure)
    cost = float(max(spent - overhead, 0))
    text, handover = _step(instance, following)
    return _taken_apart(text, cost, float(handover))


def _taken_apart(text: str, cost: float, handover: float) -> Call:
    """What the guest handed over; what is not well-formed plain data counts as no answer at all."""
    if text.startswith("V"):
        data = text[1:].encode("latin-1", "replace")
        if plain.is_plain(data):
            return Call(cost, answer=data, handover=handover)
    if text.startswith("E"):
        kind, _, message = text[1:].partition("\0")
        unsupported = _unsupported(f"{kind}: {message}")
        raised = None if unsupported else (kind, message)
        return Call(cost, raised=raised, stopped=unsupported, handover=handover)
    return Call(cost, stopped=Failure("tampered", "the program replaced what hands over its answer"))


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
    return overheads[index] if index < len(overheads) else min(overheads)


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
            instance.call("step", plain.dumps(()).decode("latin-1"))
            spent.append(instance.call("call")[1])
        return tuple(spent)

    return guest.run(measure)
