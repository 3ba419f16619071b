"""The child process of the meters that repeat a run: one program on its inputs, one JSON line a call.

It shares the candidate's side with the guest, so that all meters read programs in and hand answers over alike. Its
bounds are there before it starts (`perfwise.kit.sandbox`). What it counts by: CPU seconds, or, where the job names an
event, a performance counter that was opened before it started. A count that runs backwards is taken for tampering.
"""

import gc
import json
import os
import random
import struct
import sys
import time


def main() -> None:
    """Read the job from standard input, report on the file descriptor that standard output had."""
    job = json.loads(sys.stdin.buffer.readline())
    report = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="surrogatepass")
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    sys.path[:0] = job["path"]
    import candidate

    def tell(**facts: object) -> None:
        report.write(json.dumps(facts) + "\n")
        report.flush()

    read = _cpu_s if job["event"] is None else _event_of(job["event"])
    sys.set_int_max_str_digits(0)
    random.seed(job["seed"])
    failure = candidate.load(job["source"], job["entry_point"])
    tell(failure=failure)
    if failure:
        return
    for arguments in job["inputs"]:
        candidate.take(arguments)
        gc.collect()
        gc.disable()
        before = read()
        candidate.call()
        cost = read() - before
        gc.enable()
        tell(cost=cost, text=candidate.give())
    tell(peak_bytes=_peak_bytes())


def _cpu_s() -> float:
    """CPU time of all threads. Under a bound on CPU time `time.process_time` moves in steps of 4 ms on some kernels."""
    try:
        import resource
    except ImportError:
        return time.process_time()
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _event_of(descriptor: int):  # type: ignore[no-untyped-def]
    """Read an event that is always enabled; a counter that had to share the hardware is scaled, and says so by NaN."""

    def read() -> float:
        count, enabled, running = struct.unpack("=QQQ", os.read(descriptor, 24))
        return float(count) if enabled == running else float("nan")

    return read


def _peak_bytes() -> int | None:
    """Of this program alone: what `getrusage` tells holds the peak of whatever ran in the process before it."""
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as status:  # noqa: PTH123
            return next((int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:")), None)
    except OSError:
        pass
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    main()
