"""The child process of the `cpu_time` meter: runs one program on its inputs and reports one JSON line a call.

It shares the candidate's side with the guest, so that both meters read programs in and hand answers over alike.
"""

import gc
import json
import os
import random
import sys
import time


def main() -> None:
    """Read the job from standard input, report on the file descriptor that standard output had."""
    job = json.loads(sys.stdin.buffer.readline())
    report = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="surrogatepass")
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    sys.path.insert(0, job["app"])
    import candidate

    def tell(**facts: object) -> None:
        report.write(json.dumps(facts) + "\n")
        report.flush()

    _bound(job)
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
        before = _cpu_s()
        candidate.call()
        cost = _cpu_s() - before
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


def _bound(job: dict[str, float]) -> None:
    """Resource limits where the platform has them."""
    try:
        import resource
    except ImportError:  # Windows
        return
    seconds = int(job["cpu_s"]) + 2
    bounds = {"RLIMIT_CPU": seconds, "RLIMIT_AS": int(job["memory_bytes"]), "RLIMIT_FSIZE": 0, "RLIMIT_CORE": 0}
    for name, bound in bounds.items():
        try:
            resource.setrlimit(getattr(resource, name), (bound, bound))
        except (AttributeError, ValueError, OSError):
            continue  # not every platform has every limit


def _peak_bytes() -> int | None:
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    main()
