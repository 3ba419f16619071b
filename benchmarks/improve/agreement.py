"""Does the count agree with CPU time? The sign of the change, for accepted programs, on the host's interpreter.

python benchmarks/improve/agreement.py --improved FILE...: what benchmarks/improve/rules.py --rows wrote. The two
programs of a pair run in turns in the native sandbox; the least CPU time of several turns is taken.
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))

import _sets

import record
from perfwise.programs.contracts import Limits
from perfwise.programs.judge import Judge
from perfwise.programs.meters.cpu_time import CpuTimeMeter

LEAST = 1.03  # changes of less are left out
TURNS = 5


def timed(task, sources):
    """Least CPU seconds of both on the stress inputs, in the native sandbox; None if one ended otherwise."""
    opened = Judge().open(task)
    stress = [data for data, case in zip(opened.inputs, opened.cases, strict=True) if case.stress]
    best = [float("inf")] * 2
    for _ in range(TURNS):
        for side, source in enumerate(sources):
            run = CpuTimeMeter().measure(source, task.entry_point, stress, Limits(60.0), 0)
            if run.failure is not None or len(run.calls) < len(stress) or run.calls[-1].stopped is not None:
                return None
            best[side] = min(best[side], sum(call.cost for call in run.calls))
    return best


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--improved", type=Path, nargs="+", required=True)
    parser.add_argument("--most", type=int, default=60)
    given = parser.parse_args()
    tasks = _sets.coffe_tasks()
    originals = {job.name: job.source for job in [*_sets.best_solutions(), *_sets.sampled()]}
    rows = [row for file in given.improved for row in map(json.loads, file.read_text().splitlines())]
    rows = [row for row in rows if row.get("source") and row["before"] and row["after"] and row["ratio"] > LEAST]
    agree = compared = 0
    for row in rows[:: max(len(rows) // given.most, 1)]:
        found = timed(tasks[row["task"]], [originals[row["name"]], row["source"]])
        if found is None or min(found) < 2e-3:
            continue
        compared += 1
        agree += found[1] < found[0]
        print(f"{row['name']}: count {row['ratio']:.2f}, time {found[0] / found[1]:.2f}", flush=True)
    version = ".".join(map(str, sys.version_info[:3]))
    note = f"{agree} of {compared} accepted programs that count at least 3 % less are faster on CPython {version}; the guest is CPython 3.14; at least 2 ms, least of {TURNS} turns"
    record.write(
        "improve-agreement",
        "python benchmarks/improve/agreement.py",
        [
            record.Row(
                "accepted programs whose CPU time falls too",
                agree / compared,
                "told with n",
                "share",
                "0.76",
                "an earlier prototype: 65 of 85 changes",
                note,
            )
        ],
    )


if __name__ == "__main__":
    main()
