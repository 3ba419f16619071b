"""Which sandbox this machine has, strongest first, and the command that starts a program in it."""

import functools
import marshal
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from perfwise.kit.sandbox import confine
from perfwise.kit.sandbox.confine import landlock_version

if TYPE_CHECKING:
    from perfwise.kit.sandbox.confine import Specification

__all__ = ["RUNGS", "Bounds", "Rung", "Sandbox", "rung_works", "strongest_rung"]

Rung: TypeAlias = Literal["bubblewrap", "landlock", "none"]

RUNGS: tuple[Rung, ...] = ("bubblewrap", "landlock")
"""What confines, strongest first. `none` bounds a program and confines nothing."""

_LAUNCHER = Path(confine.__file__)
_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")
_SYSTEM = ("/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache")
_DESCRIPTORS = 256

# Tries what must fail, and says so. Its own folder must be writable.
_TRIAL = """
import os, socket, sys
def refused(act):
    try: act()
    except OSError: return True
    return False
open("own", "w").close()
tried = [lambda: open("/etc/hosts").read(), lambda: open(sys.argv[1], "w"), lambda: socket.socket(), os.fork]
sys.stdout.write("confined" if all(map(refused, tried)) and not os.environ.get("HOME") else "open")
"""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one process may use.

    Args:
        cpu_s: CPU seconds; rounded up.
        memory_bytes: of address space.
        file_bytes: the largest file it may write.
    """

    cpu_s: float
    memory_bytes: int
    file_bytes: int = 0

    def as_resources(self) -> dict[str, list[int]]:
        """Soft and hard limits by the names of `resource`; the hard one on CPU time comes a second later."""
        cpu_s = int(-(-self.cpu_s // 1))
        return {
            "RLIMIT_CPU": [cpu_s, cpu_s + 1],
            "RLIMIT_AS": [self.memory_bytes] * 2,
            "RLIMIT_FSIZE": [self.file_bytes] * 2,
            "RLIMIT_CORE": [0, 0],
            "RLIMIT_MSGQUEUE": [0, 0],
            "RLIMIT_MEMLOCK": [0, 0],
            "RLIMIT_NOFILE": [_DESCRIPTORS] * 2,
        }


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A way to start programs confined: no network, one writable folder, no new processes or threads, no rights.

    Both rungs filter system calls (seccomp) and drop all capabilities. `bubblewrap` adds namespaces: nothing but the
    readable paths is there, and the processes of the host are out of sight. `landlock` leaves the host's paths in
    sight and refuses to open them. `none` only bounds.

    Args:
        rung: which way.
        readable: paths that may be read and executed beside the system's own programs and this interpreter.
    """

    rung: Rung
    readable: tuple[str, ...] = field(default=())

    def command(
        self,
        command: Sequence[str],
        bounds: Bounds,
        folder: str,
        *,
        environment: Mapping[str, str] | None = None,
        children: int = -1,
        event: list[int] | None = None,
    ) -> list[str]:
        """The command that starts `command` in the sandbox, with the interpreter's help.

        Args:
            command: an absolute path to a program, and its arguments.
            bounds: of each process.
            folder: the only writable one, and where it starts.
            environment: all of it; by default it is empty.
            children: descriptor of a socket that gets the listener for new processes; -1: new processes are refused.
            event: type and configuration of a performance event to be left open, see `confine.EVENT`.
        """
        readable = [path for path in _visible(self.readable) if os.path.lexists(path)]
        specification: Specification = {
            "bounds": bounds.as_resources(),
            "confine": self.rung != "none",
            "landlock": self.rung == "landlock",
            "readable": [*readable, *_DEVICES, "/proc/self"],
            "writable": [folder, "/dev/null"],
            "environment": dict(environment or {}),
            "children": children,
            "event": event,
        }
        inside = [_interpreter(), "-I", "-S", "-B", str(_LAUNCHER), marshal.dumps(dict(specification)).hex(), *command]
        return [*_bubblewrap(readable, folder), *inside] if self.rung == "bubblewrap" else inside


def _bubblewrap(readable: Sequence[str], folder: str) -> list[str]:
    found = shutil.which("bwrap")
    assert found is not None, "the rung was tried before it is used"
    command = [found, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--proc", "/proc"]
    for path in readable:
        command += ["--ro-bind", path, path]
    for path in _DEVICES:
        command += ["--dev-bind", path, path]
    return [*command, "--bind", folder, folder, "--remount-ro", "/", "--chdir", folder, "--"]


def _visible(further: Sequence[str]) -> list[str]:
    """System, interpreter and launcher, then what is asked for; none inside another."""
    own = [sys.base_prefix, sys.prefix, sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), str(_LAUNCHER)]
    seen: list[str] = []
    for path in sorted({*_SYSTEM, *own, *further}, key=lambda each: (each.count("/"), each)):
        if not any(path.startswith(f"{other}/") for other in seen):
            seen.append(path)
    return seen


def _interpreter() -> str:
    return os.path.realpath(sys.executable)


@functools.cache
def strongest_rung() -> Rung | None:
    """The first of `RUNGS` that confines on this machine; None if none does."""
    return next((rung for rung in RUNGS if rung_works(rung)), None)


@functools.cache
def rung_works(rung: Rung) -> bool:
    """Whether a trial in the sandbox was refused all that it must be. Never raises."""
    if sys.platform != "linux" or platform.machine() not in confine.ARCHITECTURES:
        return False
    if (rung == "bubblewrap" and shutil.which("bwrap") is None) or (rung == "landlock" and not landlock_version()):
        return False
    with tempfile.TemporaryDirectory() as folder, tempfile.NamedTemporaryFile() as outside:
        trial = [_interpreter(), "-I", "-S", "-c", _TRIAL, outside.name]
        command = Sandbox(rung).command(trial, Bounds(10, 1 << 30), os.path.realpath(folder))
        try:
            done = subprocess.run(  # noqa: S603 - our own trial
                command, stdin=subprocess.DEVNULL, capture_output=True, cwd=folder, env={}, timeout=60, check=False
            )
        except (OSError, subprocess.SubprocessError):
            return False
    return done.stdout == b"confined"
