"""The world of a compiled program: standard input and output, virtual time, seeded entropy, and nothing else.

These are the few functions of WASI preview 1 that a C library calls at all; every other import traps with its own name.
Nothing here touches the host. Each call is charged, since the host's work behind it is no instruction of the program.
"""

import struct
from collections.abc import Callable, Sequence

import wasmtime
from wasmtime import FuncType, Linker, Memory, Store, ValType

from perfwise.core.outcome import Failure
from perfwise.programs.guest.world import EPOCH_S, Stopped, Virtual

__all__ = ["CALL_FUEL", "Exited", "Wasi"]

CALL_FUEL = 2_000
"""Instructions that a call of the system is charged at: about what entering a kernel costs."""

_MODULE = "wasi_snapshot_preview1"
_LARGEST_OUTPUT = 16 << 20  # bytes
_MOST_CALLS = 500_000  # of the system in one run; the host spends some 30 us on each
_OK, _BAD_FILE, _FAULT, _INVALID, _NOT_SEEKABLE = 0, 8, 21, 28, 70
_FDSTAT = struct.pack("<BxHxxxxQQ", 2, 0, (1 << 1) | (1 << 6), 0)  # a character device, to be read and written
_SUBSCRIPTION, _EVENT = struct.Struct("<QBxxxxxxxIxxxxQQHxxxxxx"), struct.Struct("<QHBxxxxxxxxxxxxxxxxxxxxx")
_ABSOLUTE = 1
_WALL_CLOCK = 0


class Exited(Exception):
    """The program ended itself; `code` is its exit status."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(code)


class Wasi(Virtual):
    """What one program sees at a time.

    Attributes:
        output: what it has written on standard output.
    """

    def __init__(self) -> None:
        super().__init__()
        self.output = bytearray()
        self._calls_left = 0
        self._input = memoryview(b"")
        self._store: Store | None = None
        self._memory: Memory | None = None

    def open(self, store: Store, memory: Memory, given: bytes) -> None:
        """Begin to serve an instance. `begin` starts its clock and its entropy."""
        self._store, self._memory = store, memory
        self._input = memoryview(given)
        self.output = bytearray()
        self._calls_left = _MOST_CALLS

    def define(self, linker: Linker) -> None:
        """Give a linker everything that a program may use."""
        functions: dict[str, tuple[str, Callable[..., int | None]]] = {
            "args_get": ("ii", lambda *_: _OK),
            "args_sizes_get": ("ii", self._none_of),
            "environ_get": ("ii", lambda *_: _OK),
            "environ_sizes_get": ("ii", self._none_of),
            "fd_prestat_get": ("ii", lambda *_: _BAD_FILE),
            "fd_prestat_dir_name": ("iii", lambda *_: _BAD_FILE),
            "fd_fdstat_get": ("ii", self._file_state),
            "fd_fdstat_set_flags": ("ii", lambda *_: _OK),
            "fd_close": ("i", lambda *_: _OK),
            "fd_seek": ("ilii", lambda *_: _NOT_SEEKABLE),
            "fd_read": ("iiii", self._read),
            "fd_write": ("iiii", self._write),
            "clock_res_get": ("ii", lambda _, at: self._put(at, "<Q", 1)),
            "clock_time_get": ("ili", self._clock),
            "random_get": ("ii", lambda at, size: self._put_bytes(at, self.entropy(size & 0xFFFFFFFF))),
            "poll_oneoff": ("iiii", self._wait),
            "sched_yield": ("", lambda: _OK),
            "proc_exit": ("i", self._exit),
        }
        kinds = {"i": ValType.i32(), "l": ValType.i64()}
        for name, (parameters, function) in functions.items():
            results = [] if name == "proc_exit" else [ValType.i32()]
            kind = FuncType([kinds[each] for each in parameters], results)
            linker.define_func(_MODULE, name, kind, self._charged(function))

    def _charged(self, function: Callable[..., int | None]) -> Callable[..., int | None]:
        def call(*arguments: int) -> int | None:
            assert self._store is not None
            left = self._store.get_fuel() - CALL_FUEL
            if left < 0:
                raise Stopped(Failure("out-of-fuel", "the budget of instructions was spent"))
            self._calls_left -= 1
            if self._calls_left < 0:
                raise Stopped(Failure("out-of-fuel", f"it called the system more than {_MOST_CALLS:,} times"))
            self._store.set_fuel(left)
            return function(*arguments)

        return call

    def _none_of(self, count_at: int, size_at: int) -> int:
        return self._put(count_at, "<I", 0) or self._put(size_at, "<I", 0)

    def _file_state(self, file: int, at: int) -> int:
        return self._put_bytes(at, _FDSTAT) if 0 <= file <= 2 else _BAD_FILE

    def _read(self, file: int, vectors_at: int, count: int, size_at: int) -> int:
        if file != 0:
            return _BAD_FILE
        done = 0
        for at, size in self._vectors(vectors_at, count):
            part = self._input[:size]
            self._put_bytes(at, part)
            self._input = self._input[len(part) :]
            done += len(part)
        return self._put(size_at, "<I", done)

    def _write(self, file: int, vectors_at: int, count: int, size_at: int) -> int:
        if file not in (1, 2):
            return _BAD_FILE
        done = 0
        for at, size in self._vectors(vectors_at, count):
            if file == 1:
                self.output += self._bytes(at, size)
            done += size
        if len(self.output) > _LARGEST_OUTPUT:
            raise Stopped(Failure("answer-too-large", f"it wrote more than {_LARGEST_OUTPUT:,} bytes"))
        return self._put(size_at, "<I", done)

    def _vectors(self, at: int, count: int) -> Sequence[tuple[int, int]]:
        if not 0 <= count <= 1024:
            raise Stopped(Failure("crash", "it handed over more than 1,024 buffers at once"))
        return list(struct.iter_unpack("<II", self._bytes(at, 8 * count)))

    def _clock(self, clock: int, _: int, at: int) -> int:
        since = EPOCH_S * 1_000_000_000 if clock == _WALL_CLOCK else 0
        return self._put(at, "<Q", since + self.now_ns())

    def _wait(self, asked_at: int, told_at: int, count: int, size_at: int) -> int:
        """Sleeping moves the virtual clock to where the first of the timers is due; files are ready at once."""
        if not 0 < count <= 64:
            return _INVALID
        asked = [_SUBSCRIPTION.unpack(self._bytes(asked_at + 48 * i, 48)) for i in range(count)]
        due = [self._due(*each) for each in asked]
        self.sleep_until(min(due))
        told = [_EVENT.pack(each[0], 0, each[1]) for each, at in zip(asked, due, strict=True) if at <= self.now_ns()]
        return self._put_bytes(told_at, b"".join(told)) or self._put(size_at, "<I", len(told))

    def _due(self, _user: int, kind: int, clock: int, timeout: int, _precision: int, flags: int) -> int:
        if kind != 0:
            return 0
        if not flags & _ABSOLUTE:
            return self.now_ns() + timeout
        return timeout - (EPOCH_S * 1_000_000_000 if clock == _WALL_CLOCK else 0)

    def _exit(self, code: int) -> None:
        raise Exited(code)

    def _bytes(self, at: int, size: int) -> bytes:
        assert self._memory is not None
        at &= 0xFFFFFFFF
        size &= 0xFFFFFFFF
        if at + size > self._memory.data_len(self._storelike):
            raise Stopped(Failure("crash", "out of bounds memory access"))
        return bytes(self._memory.read(self._storelike, at, at + size))

    def _put(self, at: int, form: str, value: int) -> int:
        return self._put_bytes(at, struct.pack(form, value))

    def _put_bytes(self, at: int, data: bytes | memoryview) -> int:
        assert self._memory is not None
        at &= 0xFFFFFFFF
        if at + len(data) > self._memory.data_len(self._storelike):
            return _FAULT
        self._memory.write(self._storelike, bytearray(data), at)
        return _OK

    @property
    def _storelike(self) -> wasmtime.Store:
        assert self._store is not None
        return self._store
