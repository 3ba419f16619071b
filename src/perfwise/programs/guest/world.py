"""The guest's world: no files, no network, no true clock, no true entropy.

The guest is linked against these few functions; every other import traps with its own name, so what a candidate tried
to reach stands in its outcome. Nothing here touches the host.
"""

import itertools
import random
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from wasmtime.component import Linker, LinkerInstance, ResourceHost, ResourceType

from perfwise.core.outcome import Failure

__all__ = ["EPOCH_S", "Stopped", "Virtual", "World"]

_VERSION = "@0.2.9"
_ENTROPY = 1 << 20  # bytes for one run
_POLLABLE = 1  # any number: the only resource type there is
EPOCH_S = 946_684_800
"""2000-01-01T00:00:00Z, when every run starts."""


class Stopped(Exception):
    """An instance ended inside a call; it cannot be used again."""

    def __init__(self, failure: Failure) -> None:
        self.failure = failure
        super().__init__(str(failure))


class Virtual:
    """Virtual time and seeded entropy for one run at a time.

    Time is the fuel spent, one nanosecond a unit, plus what was slept; sleeping costs no real time.

    Attributes:
        seed: of the entropy; set before a run.
        spent: gives the fuel spent so far; set before a run.
    """

    def __init__(self) -> None:
        self.seed = 0
        self.spent: Callable[[], int] = lambda: 0
        self._slept_ns = 0
        self._entropy = random.Random(0)
        self._entropy_left = _ENTROPY

    def begin(self, seed: int, spent: Callable[[], int]) -> None:
        """Start a run: time zero, fresh entropy."""
        self.seed, self.spent = seed, spent
        self._slept_ns = 0
        self._entropy = random.Random(seed)
        self._entropy_left = _ENTROPY

    def entropy(self, count: int) -> bytes:
        """The next bytes of the run's entropy. Raises: Stopped where a run asks for too many."""
        self._entropy_left -= count
        if self._entropy_left < 0:  # a byte costs the host much more than the guest
            raise Stopped(Failure("forbidden", f"the program asked for more than {_ENTROPY:,} bytes of entropy"))
        return self._entropy.randbytes(count)

    def now_ns(self) -> int:
        """Since the run began."""
        return self.spent() + self._slept_ns

    def sleep_until(self, due_ns: int) -> None:
        """Move time to then, if it is to come."""
        self._slept_ns += max(due_ns - self.now_ns(), 0)


class World(Virtual):
    """The world of the interpreter's component."""

    def __init__(self) -> None:
        super().__init__()
        self._due: dict[int, int] = {}
        self._handles = itertools.count(1)

    def begin(self, seed: int, spent: Callable[[], int]) -> None:
        """Start a run: time zero, fresh entropy, no timers."""
        super().begin(seed, spent)
        self._due.clear()
        self._handles = itertools.count(1)

    def define(self, linker: Linker) -> None:
        """Give a linker everything that the guest may use."""
        with linker.root() as root:
            self._define(root)

    def _define(self, root: LinkerInstance) -> None:
        with root.add_instance("wasi:io/poll" + _VERSION) as poll:
            poll.add_resource("pollable", ResourceType.host(_POLLABLE), lambda _, rep: self._due.pop(rep, None))
            poll.add_func("poll", self._wait)
            poll.add_func("[method]pollable.block", self._block)
        _add(root, "wasi:cli/environment", {"get-environment": lambda _: [], "get-arguments": lambda _: []})
        _add(root, "wasi:filesystem/preopens", {"get-directories": lambda _: []})
        _add(root, "wasi:random/random", {"get-random-bytes": lambda _, n: self.entropy(n)})
        _add(root, "wasi:clocks/wall-clock", {"now": lambda _: self._wall_clock()})
        monotonic: dict[str, Callable[..., Any]] = {
            "now": lambda _: self.now_ns(),
            "subscribe-duration": lambda _, ns: self._timer(self.now_ns() + ns),
            "subscribe-instant": lambda _, ns: self._timer(ns),
        }
        _add(root, "wasi:clocks/monotonic-clock", monotonic)

    def _wall_clock(self) -> SimpleNamespace:
        seconds, nanoseconds = divmod(self.now_ns(), 1_000_000_000)
        return SimpleNamespace(seconds=EPOCH_S + seconds, nanoseconds=nanoseconds)

    def _timer(self, due_ns: int) -> ResourceHost:
        handle = next(self._handles)
        self._due[handle] = due_ns
        return ResourceHost.own(handle, _POLLABLE)

    def _block(self, store: Any, pollable: Any) -> None:
        self._wait(store, [pollable])

    def _wait(self, store: Any, pollables: list[Any]) -> list[int]:
        """Move time to where the first timer is due; which are due then."""
        due = [self._due.get(pollable.to_host(store).rep, 0) for pollable in pollables]
        if not due:
            return []
        first = max(min(due), self.now_ns())
        self.sleep_until(first)
        return [index for index, each in enumerate(due) if each <= first]


def _add(root: LinkerInstance, name: str, functions: dict[str, Callable[..., Any]]) -> None:
    with root.add_instance(name + _VERSION) as instance:
        for function_name, function in functions.items():
            instance.add_func(function_name, function)
