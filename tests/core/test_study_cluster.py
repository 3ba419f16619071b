"""A study on a Dask cluster of two workers, of which one is killed."""

from collections import Counter
from pathlib import Path

import pytest

from perfwise.core.outcome import Attempt
from perfwise.core.store import open_store
from perfwise.core.study import Study
from perfwise.errors import HarnessError, InvalidOption
from perfwise.kit.cluster import _turn, joined
from tests.dask_cluster import LocalCluster, started

from .toy import ToyCandidate, ToyEngine, ToyTask

pytestmark = pytest.mark.xdist_group("dask")

TASKS = [ToyTask(name) for name in "ABCD"]
CANDIDATES = [ToyCandidate(str(number), "x" * number) for number in range(60)]


@pytest.fixture
def cluster(tmp_path: Path):
    with started(tmp_path) as running:
        yield running


def runs_of(diary: Path) -> Counter[str]:
    return Counter(diary.read_text().splitlines())


def test_a_worker_killed_mid_study_loses_nothing_and_repeats_nothing_finished(cluster: LocalCluster, tmp_path: Path):
    diary = tmp_path / "diary"
    finished: set[Attempt] = set()
    with joined(cluster.address) as executor, open_store(tmp_path / "store.db") as store:
        executor._client.wait_for_workers(2, timeout=60)
        assert executor.submit(holds_the_turn).result()  # one at a time, whatever threads a worker has
        run = store.begin("toy", {}, "now", 240)
        log = store.log(run)

        def progress(now: int, total: int) -> None:
            if now >= 40 and not finished:
                finished.update(log.done())
                cluster.workers[0].kill()

        study = Study.product(TASKS, CANDIDATES, ToyEngine(diary, pause_s=0.01), log=log)
        outcomes = list(study.run(executor, in_flight=4, progress=progress))
        assert executor.count == 1
        kept = list(store.outcomes(run))
    alone = list(Study.product(TASKS, CANDIDATES, ToyEngine(tmp_path / "other diary")).run())
    assert sorted(outcomes, key=lambda one: one.attempt) == sorted(alone, key=lambda one: one.attempt)
    assert sorted(kept, key=lambda one: one.attempt) == sorted(alone, key=lambda one: one.attempt)
    repeated = {line for line, times in runs_of(diary).items() if times > 1}
    assert 40 <= len(finished) < 240
    assert not repeated & {f"{task} {candidate} {seed}" for task, _, candidate, seed in finished}


def test_a_lost_cluster_keeps_what_was_committed_and_resuming_runs_the_rest(cluster: LocalCluster, tmp_path: Path):
    diary = tmp_path / "diary"
    with open_store(tmp_path / "store.db") as store:
        run = store.begin("toy", {}, "now", 240)
        study = Study.product(TASKS, CANDIDATES, ToyEngine(diary, pause_s=0.01), log=store.log(run))

        def progress(now: int, total: int) -> None:
            for each in (*cluster.workers, cluster.scheduler):
                each.kill()

        with pytest.raises(HarnessError, match="what was committed is kept"), joined(cluster.address) as executor:
            list(study.run(executor, in_flight=4, progress=progress))
        committed = store.log(run).done()
        assert 0 < len(committed) < 240
        before = runs_of(diary)
        assert len(list(study.run())) == 240 - len(committed)
        assert (
            not {f"{task} {candidate} {seed}" for task, _, candidate, seed in committed}
            & (runs_of(diary) - before).keys()
        )


def holds_the_turn() -> bool:
    return _turn().locked()


def test_nobody_listening_is_told_at_once():
    pytest.importorskip("distributed", reason="the cluster test needs perfwise[cluster]")
    with (
        pytest.raises(InvalidOption, match=r"no Dask scheduler answers at 127\.0\.0\.1:9"),
        joined("127.0.0.1:9", wait_s=1),
    ):
        pass


def test_a_cluster_without_workers_is_told(tmp_path: Path):
    with (
        started(tmp_path, workers=0) as empty,
        pytest.raises(InvalidOption, match=f"has no workers; start some: dask worker {empty.address}"),
        joined(empty.address, workers_wait_s=0.5),
    ):
        pass
