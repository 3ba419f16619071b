"""Instances of compiled programs, one at a time, under fuel."""

import functools
import hashlib
import importlib.metadata
import platform
from collections.abc import Callable
from typing import Any, TypeVar

import wasmtime
from wasmtime import Func, Instance, Linker, Memory, Module, Store

from perfwise.core.outcome import Failure
from perfwise.errors import HarnessError
from perfwise.kit.isolate import DeepStack
from perfwise.programs.compiled.compiler import STACK_BYTES
from perfwise.programs.compiled.wasi import Wasi
from perfwise.programs.guest.runtime import cache_folder, engine_config, write_whole
from perfwise.programs.guest.world import Stopped

__all__ = ["Bench", "Running", "load_bench"]

R = TypeVar("R")

_THREAD_STACK = 256 << 20
_ALLOCATION = 4 << 20  # memory within this of its bound is full

_TRAPS = (
    ("all fuel consumed", "out-of-fuel", "the budget of instructions was spent"),
    ("call stack exhausted", "recursion", "the machine stack was exhausted"),
    ("integer divide by zero", "crash", "it divided by zero"),
    ("out of bounds", "crash", "it reached outside its memory"),
    ("unreachable", "crash", "it aborted: a failed assertion, an exception of the library, or no memory left"),
    ("unknown import", "forbidden", "the program reached for what the sandbox does not have"),
)


class Running:
    """An instance that has been made but not begun.

    Args:
        wasi: its world.
        store: that holds it.
        instance: the module's.
        most_bytes: of memory, without the stack.
    """

    def __init__(self, wasi: Wasi, store: Store, instance: Instance, most_bytes: int) -> None:
        self.wasi, self.store, self._most_bytes = wasi, store, most_bytes
        self._exports = instance.exports(store)
        self._spent_before = 0
        self._given = 0

    def begin(self, given: bytes, seed: int) -> None:
        """Open its world: standard input, clock, entropy."""
        self.wasi.open(self.store, self.memory, given)
        self.wasi.begin(seed, lambda: self.spent)

    @property
    def memory(self) -> Memory:
        """Its linear memory."""
        memory = self._exports["memory"]
        assert isinstance(memory, Memory)
        return memory

    def call(self, name: str, *arguments: int, fuel: float) -> tuple[Any, int]:
        """Call an export: its value and the fuel spent. Raises: Stopped where it ended inside; Exited."""
        function = self._exports[name]
        assert isinstance(function, Func)
        self._given = max(int(fuel), 1)
        self.store.set_fuel(self._given)
        try:
            value = function(self.store, *arguments)
        except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
            raise Stopped(self._out_of_memory() or _failure(str(error))) from None
        finally:
            spent = self._given - self.store.get_fuel()
            self._spent_before += spent
            self._given = self.store.get_fuel()
        return value, spent

    def _out_of_memory(self) -> Failure | None:
        """An allocation that fails ends in an abort; what tells is how full the memory is."""
        if self.memory_bytes < self._most_bytes - _ALLOCATION:
            return None
        return Failure("out-of-memory", f"it wanted more than {self._most_bytes >> 20} MiB")

    def has(self, name: str) -> bool:
        """Whether it exports that."""
        return name in self._exports

    @property
    def spent(self) -> int:
        """Fuel of all calls so far."""
        return self._spent_before + self._given - self.store.get_fuel()

    @property
    def memory_bytes(self) -> int:
        """Linear memory that it holds now, without the stack that is set aside."""
        return max(int(self.memory.data_len(self.store)) - STACK_BYTES, 0)

    def put(self, at: int, data: bytes) -> None:
        """Write into its memory. Raises: Stopped if that lies outside."""
        at &= 0xFFFFFFFF
        if at + len(data) > self.memory.data_len(self.store):
            raise Stopped(Failure("tampered", "the program replaced what hands over its answers"))
        self.memory.write(self.store, bytearray(data), at)

    def get(self, at: int, size: int) -> bytes:
        """Read from its memory; what lies outside is missing."""
        at &= 0xFFFFFFFF
        return bytes(self.memory.read(self.store, at, min(at + size, self.memory.data_len(self.store))))


class Bench:
    """The engine that runs compiled programs, and the world they see. One a process."""

    def __init__(self) -> None:
        self._stack = DeepStack(_THREAD_STACK)
        self._engine = wasmtime.Engine(engine_config())
        self._wasi = Wasi()
        self._module = functools.lru_cache(maxsize=8)(self._loaded)

    def run(self, function: Callable[[], R]) -> R:
        """Run on the deep stack, where instances must be used."""
        return self._stack.run(function)

    def instance(self, module: bytes, memory_bytes: int) -> Running:
        """A fresh instance of a module. Raises: Stopped if it cannot be made within the memory."""
        store = Store(self._engine)
        store.set_limits(memory_size=memory_bytes + STACK_BYTES)
        store.set_fuel(10**9)
        try:
            loaded, linker = self._module(module)
            return Running(self._wasi, store, linker.instantiate(store, loaded), memory_bytes)
        except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
            if "memory minimum size" in str(error) or "exceeds memory limits" in str(error):
                raise Stopped(Failure("out-of-memory", "its data alone does not fit into the memory")) from None
            raise Stopped(_failure(str(error))) from None

    def _loaded(self, module: bytes) -> tuple[Module, Linker]:
        """The module in this machine's code, made now or before, and what it is linked against."""
        key = [hashlib.sha256(module).hexdigest(), importlib.metadata.version("wasmtime")]
        named = hashlib.sha256(" ".join([*key, platform.machine(), platform.system()]).encode()).hexdigest()[:16]
        path = cache_folder() / f"compiled-{named}.cwasm"
        loaded = None
        if path.exists():
            try:
                loaded = Module.deserialize_file(self._engine, str(path))
            except wasmtime.WasmtimeError:
                loaded = None  # made for another processor, or cut short
        if loaded is None:
            try:
                loaded = Module(self._engine, module)
            except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
                raise HarnessError(f"a module that the compiler made cannot be loaded: {error}") from error
            write_whole(path, loaded.serialize())
        linker = Linker(self._engine)
        self._wasi.define(linker)
        linker.define_unknown_imports_as_traps(loaded)
        return loaded, linker


@functools.cache
def load_bench() -> Bench:
    """This process's bench."""
    return Bench()


def _failure(text: str) -> Failure:
    cause = text.rpartition("Caused by:")[2].strip()
    for mark, kind, message in _TRAPS:
        if mark in cause:
            return Failure(kind, f"{message} ({cause})" if kind == "forbidden" else message)
    return Failure("crash", cause or text)
