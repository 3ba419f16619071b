"""The host's side of the `valgrind` meter's warm template: start it, hand it jobs, read counts, end it."""

import contextlib
import functools
import json
import os
import re
import selectors
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfwise.errors import MissingMeter
from perfwise.kit.isolate import DeepStack
from perfwise.kit.sandbox.children import Children
from perfwise.kit.sandbox.rungs import Bounds, Sandbox
from perfwise.programs.meters._confined import APP, ONE_THREAD
from perfwise.programs.meters._host import module_path

__all__ = ["Answered", "Template", "template_for"]

_CHILD = Path(__file__).with_name("_valgrind_child.py")
_READY, _CHUNK, _END = 0, 1, 2
_REFERENCES = re.compile(rb"==(\d+)== I\s+refs:\s+([\d,]+)")
_START_WALL_S = 600.0  # it takes some 5 s of CPU
_ROOM = Bounds(
    cpu_s=10**7, memory_bytes=64 << 30, file_bytes=1 << 20
)  # of the template, which runs no program; jobs bound themselves
_MOST_OUTPUT = 256 << 20  # bytes of a job


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a job.

    Args:
        output: what its process reported; it may be forged.
        counts: instructions up to the end of each process that cachegrind told of, by number.
        code: how it ended: exit status, or a signal's number, negative; None if the template was ended with it.
        wall_s: real time that it took.
        cpu_s: CPU seconds of its processes, by the kernel's account.
        cut: `wall` or `output` where a bound of the host's ended it, `lost` where the template broke, else empty.
    """

    output: bytes
    counts: dict[int, int]
    code: int | None
    wall_s: float
    cpu_s: float
    cut: str


class Template:
    """A running template; starts when the first job comes, and again after a job that it had to be ended for.

    Args:
        sandbox: where it runs, with all its jobs.
        command: cachegrind and the interpreter, up to the program's file; `{log}` becomes the log's descriptor.
        packages: what is imported before programs come.
    """

    def __init__(self, sandbox: Sandbox, command: Sequence[str], packages: Sequence[str]) -> None:
        self._sandbox, self._command, self._packages = sandbox, list(command), list(packages)
        self._running: _Running | None = None
        self._starts = 0

    def started(self) -> int:
        """Start it where it does not run. Returns: how often it was started. Raises: MissingMeter if it does not."""
        if self._running is not None and self._running.is_gone():
            self.close()
        if self._running is None:
            self._running = _starter().run(lambda: _Running(self._sandbox, self._command, self._packages))
            weakref.finalize(self, self._running.close)
            self._starts += 1
        return self._starts

    def run(self, job: dict[str, Any], wall_s: float) -> Answered:
        """Have one job done.

        Args:
            job: as `_valgrind_child` reads it.
            wall_s: the most real time.
        Raises: MissingMeter if the template does not start.
        """
        self.started()
        assert self._running is not None
        answered = self._running.run(job, wall_s)
        if answered.cut:
            self.close()
        return answered

    def close(self) -> None:
        """End the template and all that it started."""
        if self._running is not None:
            self._running.close()
            self._running = None


@functools.lru_cache(maxsize=2)
def template_for(sandbox: Sandbox, command: tuple[str, ...], packages: tuple[str, ...]) -> Template:
    """This process's template of that kind; the two that were used last are kept."""
    return Template(sandbox, command, packages)


@functools.cache
def _starter() -> DeepStack:
    """A thread that stays: a sandbox dies with the thread that started it, not only with the process."""
    return DeepStack(1 << 20)


class _Running:
    """One process tree under cachegrind, with its pipes, its log and its listener."""

    def __init__(self, sandbox: Sandbox, command: Sequence[str], packages: Sequence[str]) -> None:
        self._folder = tempfile.TemporaryDirectory()
        # Sockets, because a program could open the other end of a pipe again through /proc, and forge a count.
        self._log, log = socket.socketpair()
        channel, given = socket.socketpair()
        arguments = [each.format(log=log.fileno()) for each in (*command, str(_CHILD))]
        place = os.path.realpath(self._folder.name)
        environment = ONE_THREAD | {"PYTHONHASHSEED": "0", "TMPDIR": place}  # valgrind writes there as it starts
        confined = sandbox.rung != "none"
        with log, channel, given:
            self._process = subprocess.Popen(  # noqa: S603 - what the sandbox is for
                sandbox.command(
                    arguments, _ROOM, place, environment=environment, children=given.fileno() if confined else -1
                ),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=place,
                env={},
                pass_fds=(log.fileno(), given.fileno()),
                start_new_session=True,
            )
            given.close()
            self._children = self._listener(channel) if confined else None
        self._closed = False
        self._begin(0.0)
        self._given = memoryview(_framed(json.dumps({"path": [str(APP), *module_path()], "packages": packages})))
        self._may_fork = False
        if self._until(_READY, time.monotonic() + _START_WALL_S):
            self.close()
            raise MissingMeter("Python did not start under valgrind; try valgrind --tool=cachegrind python3 -c 0")

    def run(self, job: dict[str, Any], wall_s: float) -> Answered:
        started_s = time.monotonic()
        self._begin(started_s)
        self._given = memoryview(_framed(json.dumps(job)))
        self._may_fork = True
        cut = self._until(_END, started_s + wall_s)
        self._empty_folder()
        code = None if cut else self._code
        return Answered(bytes(self._output), self._counts, code, time.monotonic() - started_s, self._cpu_s, cut)

    def is_gone(self) -> bool:
        return self._process.poll() is not None

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._log):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        if self._children is not None:
            self._children.close()
        self._folder.cleanup()

    def _begin(self, started_s: float) -> None:
        """Forget the last job."""
        self._started_s = started_s
        self._output, self._frames, self._lines = bytearray(), bytearray(), bytearray()
        self._counts: dict[int, int] = {}
        self._job, self._granted, self._ended = 0, 0, 0
        self._code, self._cpu_s = 0, 0.0
        self._heard: int | None = None

    def _listener(self, channel: socket.socket) -> Children:
        channel.settimeout(_START_WALL_S)
        try:
            _, descriptors, _, _ = socket.recv_fds(channel, 1, 1)
        except OSError:
            descriptors = []
        if not descriptors:
            self._process.kill()
            raise MissingMeter("the sandbox for the valgrind meter did not start; see perfwise doctor")
        return Children(descriptors[0])

    def _until(self, kind: int, deadline: float) -> str:
        """Serve pipes, log and listener until that frame has come. Returns: what cut it short, or nothing."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdin.fileno(), False)
        self._log.setblocking(False)
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._process.stdout, selectors.EVENT_READ, self._read)
            waiting.register(self._log, selectors.EVENT_READ, self._read_log)
            if self._children is not None:
                waiting.register(self._children, selectors.EVENT_READ, self._answer)
            waiting.register(self._process.stdin, selectors.EVENT_WRITE, lambda: self._feed(waiting))
            while self._heard != kind:
                left_s = deadline - time.monotonic()
                if left_s <= 0:
                    return "wall"
                for key, _ in waiting.select(left_s):
                    if not key.data():
                        return "lost"
                if len(self._output) > _MOST_OUTPUT:
                    return "output"
        self._read_log()
        return ""

    def _feed(self, waiting: selectors.BaseSelector) -> bool:
        assert self._process.stdin is not None
        try:
            self._given = self._given[os.write(self._process.stdin.fileno(), self._given[: 1 << 16]) :]
        except BrokenPipeError:
            return False
        if not self._given:
            waiting.unregister(self._process.stdin)
        return True

    def _read(self) -> bool:
        assert self._process.stdout is not None
        chunk = os.read(self._process.stdout.fileno(), 1 << 16)
        self._frames += chunk
        while len(self._frames) >= 5:
            kind, length = struct.unpack_from("<BI", self._frames)
            if len(self._frames) < 5 + length:
                break
            data = bytes(self._frames[5 : 5 + length])
            del self._frames[: 5 + length]
            self._hear(kind, data)
        return bool(chunk)

    def _hear(self, kind: int, data: bytes) -> None:
        if kind == _CHUNK:
            self._output += data
        elif kind == _END:
            self._code, self._cpu_s = struct.unpack("<id", data)
        self._heard = kind

    def _read_log(self) -> bool:
        """Take in what cachegrind told; whether it is still there."""
        while True:
            try:
                chunk = self._log.recv(1 << 16)
            except BlockingIOError:
                return True
            if not chunk:
                return False
            self._lines += chunk
            *whole, rest = bytes(self._lines).split(b"\n")
            self._lines = bytearray(rest)
            for line in whole:
                if found := _REFERENCES.match(line):
                    self._counts[int(found[1])] = int(found[2].replace(b",", b""))
                    self._ended += 1

    def _answer(self) -> bool:
        assert self._children is not None
        asked = self._children.asked()
        if asked is not None:
            number, process = asked
            self._read_log()
            self._children.answer(number, granted=self._grants(process))
        return True

    def _grants(self, process: int) -> bool:
        """The template may make the process of a job; that may make one after another, each once the last ended.

        A process counts as ended when cachegrind has told its count, so nothing that a program starts can live on
        beside the next. Until the job's process asks, it is the only one that can.
        """
        if self._may_fork:
            self._may_fork = False
            return True
        self._job = self._job or process
        if process != self._job or self._granted > self._ended:
            return False
        self._granted += 1
        return True

    def _empty_folder(self) -> None:
        """Nothing that a program leaves is there for the next."""
        for each in Path(self._folder.name).iterdir():
            _remove(each)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _framed(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data
