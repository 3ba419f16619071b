"""Load the pinned guest, compiled once for this machine, and run instances of it under fuel."""

import functools
import gc
import hashlib
import importlib.metadata
import json
import lzma
import os
import platform
import tempfile
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import platformdirs
import wasmtime
from wasmtime.component import Component, Func, Linker

from perfwise.core.outcome import Failure
from perfwise.errors import HarnessError, MissingMeter
from perfwise.kit.isolate import DeepStack
from perfwise.programs.guest.memory import linear_memories
from perfwise.programs.guest.world import Stopped, World

__all__ = [
    "Guest",
    "Instance",
    "cache_folder",
    "engine_config",
    "guest_record",
    "is_compiled",
    "load_guest",
    "write_whole",
]

R = TypeVar("R")

_HERE = Path(__file__).parent
_WASM_STACK = 64 << 20  # deep enough that the guest's own RecursionError comes first, also through C
_THREAD_STACK = 256 << 20
_PLENTY = 10**15  # fuel for what is ours

# What the text of a trap says, in the order of asking, and what that means for a candidate.
_TRAPS = (
    ("all fuel consumed", "out-of-fuel", "the budget of instructions was spent"),
    ("call stack exhausted", "recursion", "the machine stack was exhausted"),
    ("wasi:cli/exit", "exit", "the program ended the whole interpreter"),
    ("wasi:cli/stderr", "crash", "the interpreter failed while it handed over"),
    ("unknown import", "forbidden", "the program reached for what the sandbox does not have"),
    ("out of bounds", "crash", "the interpreter crashed"),
    ("too much data is being copied", "answer-too-large", "the answer is too large to hand over"),
    ("wasm trap", "crash", "the interpreter crashed"),
)


@dataclass(frozen=True, slots=True)
class GuestRecord:
    """What is known of the pinned guest without loading it."""

    sha256: str
    size_bytes: int
    interpreter: str


@functools.cache
def guest_record() -> GuestRecord:
    """The pinned guest's record."""
    data = json.loads((_HERE / "guest.json").read_text("utf-8"))
    return GuestRecord(data["sha256"], data["bytes"], data["interpreter"])


def cache_folder() -> Path:
    """Where the compiled guest and compiled programs are kept, in the user's cache."""
    return Path(platformdirs.user_cache_dir("perfwise"))


def is_compiled() -> bool:
    """Whether the next start takes milliseconds instead of the first compilation."""
    return _compiled_path().exists()


class Guest:
    """The compiled guest and its world. One a process; instances run one at a time, on a thread with a deep stack."""

    def __init__(self) -> None:
        self.stack = DeepStack(_THREAD_STACK)
        self.world = World()
        self._engine = wasmtime.Engine(engine_config())
        self._component = _load(self._engine)
        self._linker = Linker(self._engine)
        self.world.define(self._linker)
        self._linker.define_unknown_imports_as_traps(self._component)

    def instance(self, memory_bytes: int, seed: int = 0) -> "Instance":
        """A fresh instance: the snapshot as it was built."""
        store = wasmtime.Store(self._engine)
        store.set_limits(memory_size=memory_bytes)
        store.set_fuel(_PLENTY)
        return Instance(self.world, store, self._linker.instantiate(store, self._component), seed)

    def watched(self, memory_bytes: int, seed: int = 0) -> "Instance":
        """A fresh instance that can tell its memory, as long as no other one is made beside it."""
        collecting = gc.isenabled()
        gc.disable()  # an instance that went away now could leave its place, and its address, to this one
        try:
            others = linear_memories().keys()
            made = self.instance(memory_bytes, seed)
        finally:
            if collecting:
                gc.enable()
        made.others = others
        return made

    def run(self, function: Callable[[], R]) -> R:
        """Run on the deep stack, where instances must be used."""
        return self.stack.run(function)


class Instance:
    """A running guest."""

    def __init__(self, world: World, store: wasmtime.Store, instance: Any, seed: int) -> None:
        self._world, self._store, self._instance = world, store, instance
        self._seed = seed
        self._functions: dict[str, Func] = {}
        self._spent_before = 0
        self._given = _PLENTY
        self.others: Collection[int] = ()

    def memory_bytes(self) -> int | None:
        """What a watched instance holds, which is the most that it ever held; None where that cannot be seen."""
        seen = [length for image, length in linear_memories().items() if image not in self.others]
        return seen[0] if len(seen) == 1 else None

    def call(self, name: str, *arguments: str | int, fuel: float = _PLENTY) -> tuple[Any, int]:
        """Call an export.

        Args:
            name: of the export.
            arguments: as its type wants them; texts must encode as UTF-8.
            fuel: the most it may spend.
        Returns: its value and the fuel spent.
        Raises: Stopped when the instance ended inside the call.
        """
        function = self._functions.get(name)
        if function is None:
            function = self._functions[name] = self._instance.get_func(self._store, name)
        self._given = max(int(fuel), 1)
        self._store.set_fuel(self._given)
        try:
            value = function(self._store, *arguments)
            spent = self._given - self._store.get_fuel()
            self._spent_before += spent
            function.post_return(self._store)
        except wasmtime.WasmtimeError as error:
            raise Stopped(_failure(str(error))) from None
        return value, spent

    def begin(self) -> None:
        """Start the world's clock and entropy for this instance."""
        self._world.begin(self._seed, self._spent)

    def _spent(self) -> int:
        return self._spent_before + self._given - self._store.get_fuel()

    def fuel_left(self) -> int:
        """Of what the last call was given; still readable after it was stopped."""
        return self._store.get_fuel()


@functools.cache
def load_guest() -> Guest:
    """This process's guest. The first call on a machine compiles it (about 20 s of CPU); later ones take milliseconds.

    Raises: MissingMeter if this machine cannot run it.
    """
    return Guest()


def _failure(text: str) -> Failure:
    cause = text.rpartition("Caused by:")[2].strip()
    for mark, kind, message in _TRAPS:
        if mark in cause:
            return Failure(kind, f"{message} ({cause})" if kind in {"forbidden", "crash"} else message)
    return Failure("crash", cause or text)


def engine_config() -> wasmtime.Config:
    """Of every engine that counts: one way of counting for interpreted and compiled programs."""
    config = wasmtime.Config()
    config.consume_fuel = True
    config.wasm_component_model = True
    config.cranelift_opt_level = "speed"
    config.cranelift_nan_canonicalization = True  # else NaN bits, and with them counts, depend on the machine
    # The engine refuses a wasm stack above the async one, which the Python package has no setter for.
    wasmtime._bindings.wasmtime_config_async_stack_size_set(config.ptr(), 2 * _WASM_STACK)
    config.max_wasm_stack = _WASM_STACK
    return config


def _compiled_path() -> Path:
    key = [guest_record().sha256, importlib.metadata.version("wasmtime"), platform.machine(), platform.system(), "1"]
    return cache_folder() / f"guest-{hashlib.sha256(' '.join(key).encode()).hexdigest()[:16]}.cwasm"


def _load(engine: wasmtime.Engine) -> Component:
    path = _compiled_path()
    if path.exists():
        try:
            return Component.deserialize_file(engine, str(path))
        except wasmtime.WasmtimeError:
            pass  # made for another processor, or cut short: made again below
    try:
        component = Component(engine, _guest_bytes())
    except wasmtime.WasmtimeError as error:
        raise MissingMeter(f"the WebAssembly guest cannot be compiled on this machine: {error}") from error
    write_whole(path, component.serialize())
    return component


def _guest_bytes() -> bytes:
    data = lzma.decompress((_HERE / "guest.wasm.xz").read_bytes())
    if hashlib.sha256(data).hexdigest() != guest_record().sha256:
        raise HarnessError("guest.wasm.xz is not the pinned guest that guest.json records; reinstall perfwise")
    return data


def write_whole(path: Path, data: bytes | bytearray) -> None:
    """Write beside and rename, so that another process sees all of it or nothing. A full disk only costs the cache."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as scratch:
            scratch.write(data)
        os.replace(scratch.name, path)  # noqa: PTH105 - atomic on every platform
    except OSError:
        return
