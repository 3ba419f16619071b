"""Run one confined program to its end, within bounds on time and on what it writes."""

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from perfwise.kit.sandbox.rungs import Bounds, Sandbox

__all__ = ["Ended", "Patience", "end", "run_confined"]

_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Patience:
    """Bounds on the host's side; they end a run, and never decide a number.

    Args:
        wall_s: real time.
        output_bytes: what is read of standard output, and of standard error.
    """

    wall_s: float
    output_bytes: int = 64 << 20


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended.

    Args:
        output: standard output, up to the bound.
        errors: standard error, up to the bound.
        code: exit status, or the signal's number, negative; of bubblewrap 128 + the signal's number.
        wall_s: real time until then.
        cut: `wall` or `output` where a bound of the host's ended it, else empty.
    """

    output: bytes
    errors: bytes
    code: int
    wall_s: float
    cut: str


def run_confined(  # noqa: PLR0913 - what a process is made of
    sandbox: Sandbox,
    command: Sequence[str],
    given: bytes,
    bounds: Bounds,
    patience: Patience,
    *,
    folder: str,
    environment: Mapping[str, str] | None = None,
    event: list[int] | None = None,
) -> Ended:
    """Start the command in the sandbox, give it its standard input, and wait.

    Args:
        sandbox: where.
        command: absolute path of a program, and its arguments.
        given: standard input.
        bounds: of each process.
        patience: bounds of the host's.
        folder: the only writable one, its real path.
        environment: all of it; by default it is empty.
        event: see `Sandbox.command`.
    """
    process = subprocess.Popen(  # noqa: S603 - what the sandbox is for
        sandbox.command(command, bounds, folder, environment=environment, event=event),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env={},
        start_new_session=True,
    )
    started_s = time.monotonic()
    deadline = started_s + patience.wall_s
    cut = "wall"  # if the exchange itself is interrupted
    try:
        (output, errors), cut = _exchange(process, given, deadline, patience.output_bytes)
    finally:
        code = end(process, 0.0 if cut else max(deadline - time.monotonic(), 0.0))
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()
    wall_s = time.monotonic() - started_s
    return Ended(output, errors, code, wall_s, cut or ("wall" if wall_s > patience.wall_s else ""))


def end(process: subprocess.Popen[bytes], grace_s: float = 0.0) -> int:
    """Wait so long for the end, then kill the process and its group. Returns: its code."""
    try:
        return process.wait(grace_s)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        return process.wait()


def _exchange(
    process: subprocess.Popen[bytes], given: bytes, deadline: float, most_bytes: int
) -> tuple[list[bytes], str]:
    """Feed and read until both streams have ended, or a bound is reached; then which."""
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    streams = [process.stdout, process.stderr]
    read = [bytearray(), bytearray()]
    with selectors.DefaultSelector() as waiting:
        _feeding(waiting, process.stdin, given)
        for index, stream in enumerate(streams):
            waiting.register(stream, selectors.EVENT_READ, read[index])
        while waiting.get_map():
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                return [bytes(each) for each in read], "wall"
            for key, _ in waiting.select(left_s):
                _step(waiting, key)
            if max(map(len, read)) > most_bytes:
                return [bytes(each) for each in read], "output"
    return [bytes(each) for each in read], ""


def _feeding(waiting: selectors.BaseSelector, stream: IO[bytes], given: bytes) -> None:
    if not given:
        stream.close()
        return
    os.set_blocking(stream.fileno(), False)
    waiting.register(stream, selectors.EVENT_WRITE, memoryview(given))


def _step(waiting: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
    """Read a chunk, or write one; a stream that has ended is no longer waited for."""
    stream: IO[bytes] = key.fileobj  # type: ignore[assignment]
    if isinstance(key.data, bytearray):
        chunk = os.read(stream.fileno(), _CHUNK)
        key.data.extend(chunk)
        if not chunk:
            waiting.unregister(stream)
        return
    try:
        left = key.data[os.write(stream.fileno(), key.data[:_CHUNK]) :]
    except BrokenPipeError:
        left = memoryview(b"")
    if left:
        waiting.modify(stream, selectors.EVENT_WRITE, left)
    else:
        waiting.unregister(stream)
        stream.close()
