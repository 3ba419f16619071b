"""How long the command line takes to answer, in CPU seconds.

`python benchmarks/programs/startup.py` writes benchmarks/results/startup.json. The first demo compiles the guest, so it
runs with an empty cache folder of its own.
"""

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import record


def cpu_s(arguments: list[str], home: str, repetitions: int = 1) -> float:
    """Least CPU time of `perfwise ARGUMENTS` with that home folder."""
    environment = os.environ | {"HOME": home, "XDG_CACHE_HOME": f"{home}/cache", "XDG_DATA_HOME": f"{home}/data"}
    spans = []
    for _ in range(repetitions):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [sys.executable, "-m", "perfwise", *arguments]
        subprocess.run(command, check=True, env=environment, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spans.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(spans)


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        rows = [
            record.Row(
                "`perfwise demo` on a new machine, compiling the guest", cpu_s(["demo"], home), "at most 60", "s"
            ),
            record.Row("`perfwise demo` afterwards", cpu_s(["demo"], home, 3), "at most 5", "s"),
            record.Row("`perfwise --help`, warm", cpu_s(["--help"], home, 5), "at most 0.35", "s"),
        ]
    for row in rows:
        print(f"{row.figure}: {row.ours:.2f} {row.unit} ({row.aim})")
    record.write("startup", "python benchmarks/programs/startup.py", rows)


if __name__ == "__main__":
    main()
