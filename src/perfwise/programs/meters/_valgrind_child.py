"""The warm template of the `valgrind` meter, under cachegrind: loads what programs need, then forks a process a job.

What is translated and imported once is inherited by every fork. A count is read by forking a process that ends at once:
cachegrind tells what was executed up to its end, the ancestors' part included. Two such readings around a call differ
by the call and by what a reading takes, which is the same each time.

The template itself runs no program; the process of a job does, may fork one process after another only when the host
grants it, and dies with the template. On standard output go frames: a byte of kind, four of length, then the bytes.
"""

import ctypes
import gc
import importlib
import json
import os
import random
import resource
import struct
import sys

_LIBC = ctypes.PyDLL(None)  # holds the interpreter's lock, so its fork is a fork and nothing of Python's runs in it
_NOT_DUMPABLE, _DIES_WITH_PARENT, _KILL = 4, 1, 9
_READY, _CHUNK, _END = 0, 1, 2
# What programs import most: in a call it then costs little. All of the library would take three times as long to start.
_COMMON = (
    *("array", "bisect", "cmath", "collections", "copy", "dataclasses", "datetime", "decimal", "enum", "fractions"),
    *("functools", "hashlib", "heapq", "itertools", "json", "math", "operator", "random", "re", "statistics", "string"),
    *("struct", "time", "typing"),
)


def main() -> None:
    """Warm up, then answer requests until standard input ends."""
    setup = json.loads(_exactly(struct.unpack("<Q", _exactly(8))[0]))
    sys.path[:0] = setup["path"]
    _warm_up(setup["packages"])
    _LIBC.prctl(_NOT_DUMPABLE, 0, 0, 0, 0)  # else a job's process could write into this one's memory
    held_bytes = _held_bytes()
    _tell(_READY, b"")
    while header := os.read(0, 8):
        heard, told = os.pipe()
        process = os.fork()
        if process == 0:
            try:
                os.close(heard)
                _job(struct.unpack("<Q", header)[0], told, held_bytes)
            finally:  # never back into the template's own loop
                os._exit(0)
        os.close(told)
        while chunk := os.read(heard, 1 << 16):
            _tell(_CHUNK, chunk)
        os.close(heard)
        _, status, used = os.wait4(process, 0)
        _tell(_END, struct.pack("<id", os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime))


def _warm_up(packages: list[str]) -> None:
    import candidate

    for name in (*_COMMON, *packages):
        try:
            importlib.import_module(name)
        except BaseException:  # the program will meet the same, and it is its own failure
            sys.modules.pop(name, None)
    candidate.warm_up()
    sys.set_int_max_str_digits(0)
    gc.collect()
    gc.freeze()


def _job(length: int, told: int, held_bytes: int) -> None:
    """One program on its inputs: JSON lines as the other native meters write them, with readings in place of costs."""
    _LIBC.prctl(_DIES_WITH_PARENT, _KILL, 0, 0, 0)
    job = json.loads(_exactly(length))
    _bound(job["cpu_s"], held_bytes + job["memory_bytes"])
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    import candidate

    report = os.fdopen(told, "w", encoding="utf-8", errors="surrogatepass")

    def tell(**facts: object) -> None:
        report.write(json.dumps(facts) + "\n")
        report.flush()

    random.seed(job["seed"])
    failure = candidate.load(job["source"], job["entry_point"])
    tell(failure=failure)
    if failure:
        return
    for arguments in job["inputs"]:
        candidate.take(arguments)
        gc.collect()
        gc.disable()
        before = reading()
        candidate.call()
        after = reading()
        gc.enable()
        tell(before=before, after=after, text=candidate.give())


def reading(fork=_LIBC.fork, leave=os._exit, wait=os.waitpid) -> int:  # type: ignore[no-untyped-def]
    """Have cachegrind tell the count so far. Returns: the process under whose number it is told."""
    process: int = fork()
    if process == 0:
        leave(0)
    wait(process, 0)
    return process


def _held_bytes() -> int:
    """Address space of this process; only the template may look."""
    with open("/proc/self/statm", encoding="ascii") as sizes:  # noqa: PTH123
        return int(sizes.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def _bound(cpu_s: int, memory_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))  # SIGKILL at once: valgrind handles SIGXCPU
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))


def _exactly(length: int) -> bytes:
    parts = []
    while length:
        parts.append(os.read(0, min(length, 1 << 16)))
        if not parts[-1]:
            os._exit(1)
        length -= len(parts[-1])
    return b"".join(parts)


def _tell(kind: int, data: bytes) -> None:
    frame = memoryview(struct.pack("<BI", kind, len(data)) + data)
    while frame:
        frame = frame[os.write(1, frame) :]


if __name__ == "__main__":
    main()
