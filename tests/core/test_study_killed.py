"""A study that is killed at any moment loses nothing committed and repeats none of it."""

import os
import select
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from perfwise.core.outcome import Attempt
from perfwise.core.store import open_store
from perfwise.core.study import Study

from .toy import ToyCandidate, ToyEngine, ToyTask

TASKS = [ToyTask(name) for name in "ABCD"]
CANDIDATES = [ToyCandidate(str(number), "x" * (number % 50)) for number in range(60)]  # ten of them are equal to others

CHILD = """
import sys, multiprocessing
from contextlib import nullcontext
from pathlib import Path
from perfwise.core.store import open_store
from perfwise.core.study import Study
from tests.core.test_study_killed import CANDIDATES, TASKS
from tests.core.toy import ToyEngine, processes

place, diary, workers = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
with open_store(place) as store, (processes(workers) if workers else nullcontext()) as executor:
    run = store.unfinished("none") or (store.runs() or [store.begin("toy", {}, "now", 240)])[0]
    study = Study.product(TASKS, CANDIDATES, ToyEngine(diary, pause_s=0.002), log=store.log(run))
    def progress(finished, total):
        print(finished, ",".join(str(child.pid) for child in multiprocessing.active_children()), flush=True)
    for _ in study.run(executor, progress=progress):
        pass
print("finished", flush=True)
"""


def run_and_kill(place: str, diary: Path, workers: int, commits: int) -> list[int]:
    """Kill after so many commits were told; the finished counts that were told, and no worker is left."""
    command = [sys.executable, "-c", CHILD, place, str(diary), str(workers)]
    child = subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True)
    lines = [line for _ in range(commits) if (line := child.stdout.readline()) and line != "finished\n"]
    pids = lines[-1].partition(" ")[2].strip() if lines else ""
    started = [os.pidfd_open(int(pid)) for pid in pids.split(",") if pid]
    child.kill()
    child.wait()
    for worker in started:
        assert select.select([worker], [], [], 20)[0], "a worker outlived its parent"
        os.close(worker)
    lines += [line for line in child.stdout.read().split("\n")[:-1] if line != "finished"]
    child.stdout.close()
    return [int(line.split()[0]) for line in lines]


def runs_of(diary: Path) -> Counter[str]:
    lines = diary.read_text().split("\n") if diary.exists() else []
    return Counter(line for line in lines if line)


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="watches processes end as Linux allows")
@pytest.mark.parametrize(("workers", "moments"), [(0, [1, 2, 3]), (2, [1, 3])])
def test_killed_at_several_points_and_resumed(place: str, tmp_path: Path, workers: int, moments: list[int]) -> None:
    diary = tmp_path / "diary"
    committed: set[Attempt] = set()
    for moment in moments:
        before = runs_of(diary)
        told = run_and_kill(place, diary, workers, moment)
        with open_store(place) as store:
            now = set(store.done(store.run("latest")))
        assert committed <= now  # none is lost
        assert len(now) >= max(told, default=0)  # what was told is there
        repeated = {line for line, times in runs_of(diary).items() if times > before[line] > 0}
        assert not repeated & {
            f"{task} {candidate} {seed}" for task, _, candidate, seed in committed
        }  # none is repeated
        committed = now
    with open_store(place) as store:
        log = store.log(store.run("latest"))
        study = Study.product(TASKS, CANDIDATES, ToyEngine(diary), log=log)
        assert study.plan().already_done == len(committed)
        list(study.run())
        assert len(log.done()) == 240
        alone = list(Study.product(TASKS, CANDIDATES, ToyEngine(tmp_path / "other diary")).run())
        assert sorted(alone, key=lambda o: o.attempt) == sorted(store.outcomes(log.run), key=lambda o: o.attempt)
