"""Group commit: nothing counts before it is committed, nothing committed is lost."""

import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from perfwise.core.store import Store, open_store
from perfwise.errors import StoreError

from .outcomes import outcome, outcomes


@contextmanager
def largest_file(size_bytes: int) -> Iterator[None]:
    """Writing past this size fails, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def begin(store: Store):
    return store.begin("toy", {}, "2024-05-01T12:00:00Z", 1)


def test_what_a_future_says_is_committed_another_connection_sees(place: str, store: Store) -> None:
    run = begin(store)
    with store.writer(run) as writer, open_store(place) as other:
        assert writer.append([outcome("1"), outcome("2")]).result() == 2
        assert other.sets(run) == {"model": 2}
        assert writer.append([outcome("3")]).result() == writer.committed == 3
        assert other.sets(run) == {"model": 3}


def test_closing_commits_what_waits(store: Store) -> None:
    run = begin(store)
    writer = store.writer(run)
    futures = [writer.append([each]) for each in outcomes(500)]
    writer.close()
    assert all(future.done() for future in futures)
    assert writer.committed == 500
    assert store.sets(run) == {"model": 500}


def test_many_appends_share_few_commits(store: Store) -> None:
    with store.writer(begin(store)) as writer:
        futures = [writer.append([each]) for each in outcomes(3_000)]
    assert len({future.result() for future in futures}) < 300  # each value is the count after one commit


def test_an_attempt_that_is_there_stays_as_it_was(store: Store) -> None:
    run = begin(store)
    with store.writer(run) as writer:
        writer.append([outcome("1", quality=1.0)]).result()
        writer.append([outcome("1", quality=0.0), outcome("2")]).result()
    assert [o.quality for o in store.outcomes(run)] == [1.0, 1.0]


def test_nothing_appended_is_nothing_committed(store: Store) -> None:
    with store.writer(begin(store)) as writer:
        assert writer.append([]).result() == 0


def test_a_closed_writer_refuses(store: Store) -> None:
    writer = store.writer(begin(store))
    writer.close()
    writer.close()
    with pytest.raises(StoreError, match="closed"):
        writer.append([outcome()])


def test_threads_may_share_a_writer(store: Store) -> None:
    run = begin(store)
    with store.writer(run) as writer:
        threads = [
            threading.Thread(target=lambda n=n: [writer.append([outcome(f"{n}/{i}")]) for i in range(100)])
            for n in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert store.sets(run) == {"model": 400}


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on file sizes")
def test_a_full_disk_raises_and_counts_nothing_that_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with open_store(path) as store:
        run = begin(store)
        writer = store.writer(run)
        writer.append([outcome("kept")]).result()
        with largest_file(200_000):
            lost = writer.append(outcomes(5_000))
            assert isinstance(lost.exception(), StoreError)
        with pytest.raises(StoreError, match=r"store\.db failed"):
            writer.append([outcome("later")])
        with pytest.raises(StoreError, match=r"store\.db failed"):
            writer.close()
        assert writer.committed == 1
    with open_store(path) as store:
        assert [o.candidate for o in store.outcomes(run)] == ["kept"]


CHILD = """
import sys
from perfwise.core.store import open_store
from tests.core.outcomes import outcome
with open_store(sys.argv[1]) as store:
    run = store.begin("toy", {}, "now", 1)
    with store.writer(run) as writer:
        for number in range(1_000_000):
            if writer.append([outcome(str(number))]).done() or number % 50 == 0:
                print(writer.committed, flush=True)
"""


@pytest.mark.parametrize("lines", [3, 40])
def test_a_kill_loses_nothing_that_was_counted(place: str, lines: int) -> None:
    root = Path(__file__).parents[2]
    child = subprocess.Popen([sys.executable, "-c", CHILD, place], cwd=root, stdout=subprocess.PIPE, text=True)
    told = [int(child.stdout.readline()) for _ in range(lines)]
    child.send_signal(signal.SIGKILL)
    told += [int(line) for line in child.stdout.read().split("\n")[:-1]]
    assert child.wait() == -signal.SIGKILL
    with open_store(place) as store:
        kept = sorted(int(o.candidate) for o in store.outcomes(store.run("latest")))
    assert kept == list(range(len(kept)))  # in the order they were handed over, no gaps
    assert len(kept) >= max(told)
