"""Does it work here? Tiny programs of known outcome, run for real."""

from collections.abc import Callable
from dataclasses import dataclass

from perfwise.errors import PerfwiseError
from perfwise.kit.sandbox.rungs import RUNGS, rung_works
from perfwise.programs import plain
from perfwise.programs.compiled.compiler import compiler_version, is_prepared
from perfwise.programs.contracts import Limits, Run
from perfwise.programs.evaluate import meter_named
from perfwise.programs.guest.runtime import guest_record

__all__ = [
    "Finding",
    "check_clock",
    "check_compiled",
    "check_count",
    "check_instructions",
    "check_native_sandbox",
    "check_sandbox",
]

# What the counting program costs in the pinned guest, by the beginning of its digest.
_RECORDED = {"4953b7bb04f50f84": 1_042_881.0}

_COUNTED = "def f(n):\n    total = 0\n    for i in range(n):\n        total += i * i\n    return total\n"
_COUNTED_IN_C = """
#include <stdio.h>
int main(void) {
    long long n, total = 0;
    if (scanf("%lld", &n) != 1) return 1;
    for (long long i = 0; i < n; i++) total += i * i % 7;
    printf("%lld\\n", total);
    return 0;
}
"""
_ESCAPES = {
    "read a file": "def f(n):\n    return open('/etc/hosts').read()\n",
    "write a file": "def f(n):\n    return open('/tmp/perfwise', 'w').write('x')\n",
    "open a socket": "import socket\ndef f(n):\n    return socket.create_connection(('127.0.0.1', 80)).fileno()\n",
    "start a process": "import os\ndef f(n):\n    return os.system('true')\n",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found.

    Args:
        subject: what was checked.
        works: whether it did what it should.
        message: what was seen; where it does not work, what to do.
    """

    subject: str
    works: bool
    message: str


def check_count() -> Finding:
    """Count a tiny program with the wasm meter and compare with the count recorded for this guest."""
    return _guarded("meter wasm", _count)


def check_sandbox() -> Finding:
    """Try to leave the guest in four ways; every one must fail."""
    return _guarded("sandbox", _sandbox)


def check_native_sandbox() -> Finding:
    """Which rungs of the sandbox for native code refuse a trial program what they must."""
    working = [rung for rung in RUNGS if rung_works(rung)]
    if not working:
        told = "install bubblewrap and allow user namespaces, or use Linux 5.13 or later with Landlock"
        return Finding("native sandbox", False, f"native meters refuse to run programs; {told}")
    spare = f", and {working[1]} behind it" if len(working) > 1 else ""
    refused = "a trial was refused files, network and processes"
    return Finding("native sandbox", True, f"{working[0]}{spare}: {refused}")


def check_compiled() -> Finding:
    """Count a tiny program in C with the wasm meter, where the compiler has been prepared."""
    return _guarded("meter wasm for C and C++", _compiled)


def check_clock() -> Finding:
    """Time a tiny program of our own with the cpu_time meter."""
    return _guarded("meter cpu_time", _clock)


def check_instructions(name: str) -> Finding:
    """Count a tiny program of our own with a meter of native instructions: `valgrind` or `perf_event`."""
    return _guarded(f"meter {name}", lambda subject: _instructions(subject, name))


def _guarded(subject: str, check: Callable[[str], Finding]) -> Finding:
    try:
        return check(subject)
    except (PerfwiseError, OSError, ImportError) as error:
        return Finding(subject, False, str(error))


def _count(subject: str) -> Finding:
    cost = _run("wasm", _COUNTED).calls[0].cost
    if cost is None:
        return Finding(subject, False, "it ran, but counted nothing; reinstall perfwise")
    recorded = _RECORDED.get(guest_record().sha256[:16])
    if recorded is None:
        return Finding(subject, True, f"counted {cost:,.0f} instructions; nothing is recorded for this guest")
    if cost != recorded:
        message = (
            f"counted {cost:,.0f} instructions instead of {recorded:,.0f}: counts made here compare with no others"
        )
        return Finding(subject, False, message)
    return Finding(subject, True, f"counted {cost:,.0f} instructions, as everywhere")


def _compiled(subject: str) -> Finding:
    version = compiler_version()
    if not is_prepared():
        return Finding(
            subject, True, f"ziglang {version}; the first program compiles the library, a minute of CPU time"
        )
    meter = meter_named("wasm").for_language("c")
    assert meter is not None
    run = meter.measure(_COUNTED_IN_C, "", [plain.dumps(("1000",))], Limits(budget=1e9), seed=0)
    cost = run.calls[0].cost if run.calls else None
    if cost is None:
        return Finding(subject, False, f"the compiler of ziglang {version} does not work: {run.failure}")
    return Finding(subject, True, f"ziglang {version}, counted {cost:,.0f} instructions")


def _sandbox(subject: str) -> Finding:
    escaped = [name for name, source in _ESCAPES.items() if _answered(_run("wasm", source))]
    if escaped:
        return Finding(subject, False, f"a program could {', '.join(escaped)}; do not run untrusted code here")
    return Finding(subject, True, f"WebAssembly guest: a program could not {', '.join(_ESCAPES)}")


def _clock(subject: str) -> Finding:
    cost = _run("cpu_time", _COUNTED, 300_000).calls[0].cost
    if not cost:
        return Finding(subject, False, "it ran, but measured nothing")
    return Finding(subject, True, "measures CPU seconds, noisy, in the native sandbox")


def _instructions(subject: str, name: str) -> Finding:
    call = _run(name, _COUNTED, 10_000).calls[0]
    if not call.cost:
        return Finding(subject, False, f"it ran, but counted nothing: {call.stopped}")
    return Finding(subject, True, f"counted {call.cost:,.0f} native instructions, in the native sandbox")


def _run(meter: str, source: str, n: int = 1000) -> Run:
    limits = Limits(budget=10.0 if meter == "cpu_time" else 1e9)
    return meter_named(meter).measure(source, "f", [plain.dumps((n,))], limits, seed=0)


def _answered(run: Run) -> bool:
    return bool(run.calls) and run.calls[0].answer is not None
