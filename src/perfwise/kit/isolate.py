"""Isolation mechanisms: a thread with a deep stack, and bounds on a child process."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

__all__ = ["DeepStack"]

R = TypeVar("R")


class DeepStack:
    """Runs functions, one at a time, on one thread whose stack is much deeper than usual.

    Code that recurses natively needs it: the stack of a thread is fixed when the thread starts.

    Args:
        stack_bytes: of the thread; reserved, not used up.
    """

    def __init__(self, stack_bytes: int) -> None:
        self._stack_bytes = stack_bytes
        self._waiting: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def run(self, function: Callable[[], R]) -> R:
        """The function's value, or its exception. May be called from the deep thread itself."""
        if threading.current_thread() is self._thread:
            return function()
        if self._thread is None:
            self._start()
        future: Future[R] = Future()
        self._waiting.put((future, function))
        return future.result()

    def _start(self) -> None:
        usual = threading.stack_size(self._stack_bytes)
        try:
            self._thread = threading.Thread(target=self._serve, name="deep-stack", daemon=True)
            self._thread.start()
        finally:
            threading.stack_size(usual)

    def _serve(self) -> None:
        while True:
            future, function = self._waiting.get()
            try:
                future.set_result(function())
            except BaseException as error:  # handed to the caller, whatever it is
                future.set_exception(error)
            del future, function
