"""Planning, running and sharing of attempts."""

import itertools
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from perfwise.core.outcome import Outcome
from perfwise.core.store import RunLog, Store
from perfwise.core.study import Plan, Study
from perfwise.errors import HarnessError, InvalidCandidate, InvalidOption, MissingMeter, NotComparable, StoreError

from .test_store_writer import largest_file
from .toy import ToyCandidate, ToyEngine, ToyTask, processes

A, B = ToyTask("A"), ToyTask("B")


@pytest.fixture
def engine(tmp_path: Path) -> ToyEngine:
    return ToyEngine(tmp_path / "diary")


@pytest.fixture
def log(store: Store) -> RunLog:
    return store.log(store.begin("toy", {}, "2024-05-01T12:00:00Z", 1))


@pytest.fixture(scope="module")
def pool() -> Iterator[Executor]:
    with processes(2) as executor:
        yield executor


def names(outcomes: Iterator[Outcome]) -> list[str]:
    return [f"{o.task}{o.candidate}" for o in outcomes]


def distinct(count: int) -> list[ToyCandidate]:
    return [ToyCandidate(str(number), "x" * number) for number in range(count)]


class TestPlanning:
    def test_a_product_has_every_combination(self, engine: ToyEngine) -> None:
        study = Study.product([A, B], distinct(3), engine, seeds=[0, 1])
        assert study.plan() == Plan(total=12, distinct=12, already_done=0, to_run=12)
        assert [o.attempt for o in study.run()] == [
            (task, "model", candidate, seed) for task in "AB" for candidate in "012" for seed in (0, 1)
        ]

    def test_paired_samples_meet_only_their_own_task(self, engine: ToyEngine) -> None:
        samples = [ToyCandidate("0", "x", task="B"), ToyCandidate("1", "y", task="A"), ToyCandidate("2", "z", task="B")]
        assert names(Study.paired([A, B], samples, engine).run()) == ["B0", "B2", "A1"]  # grouped by task

    def test_a_sample_of_an_unknown_task_is_refused_by_name(self, engine: ToyEngine) -> None:
        samples = [ToyCandidate("0", task="A"), ToyCandidate("1", task="C")]
        with pytest.raises(InvalidCandidate, match=r"1 task\(s\) that are not there: 'C'"):
            Study.paired([A], samples, engine)

    def test_any_selection_will_do(self, engine: ToyEngine) -> None:
        first, second = distinct(2)
        assert names(Study(iter([(A, first, 0), (B, second, 0)]), engine).run()) == ["A0", "B1"]

    def test_an_attempt_named_twice_is_refused(self, engine: ToyEngine) -> None:
        twice = [ToyCandidate("0", "x"), ToyCandidate("0", "y")]
        with pytest.raises(InvalidCandidate, match="named twice"):
            Study.product([A], twice, engine)

    def test_nothing_to_do_is_nothing_done(self, engine: ToyEngine, log: RunLog) -> None:
        study = Study([], engine, log=log)
        assert study.plan() == Plan(0, 0, 0, 0)
        assert list(study.run()) == []

    def test_planning_runs_nothing(self, engine: ToyEngine) -> None:
        Study.product([A], distinct(3), engine).plan()
        assert engine.diary_lines() == []


class TestSharing:
    def test_equal_attempts_run_once_and_all_get_the_outcome(self, engine: ToyEngine) -> None:
        candidates = [
            ToyCandidate("0", "same"),
            ToyCandidate("1", "other"),
            ToyCandidate("2", "same"),
            ToyCandidate("0", "same", candidate_set="second model"),
        ]
        study = Study.product([A], candidates, engine)
        assert study.plan() == Plan(total=4, distinct=2, already_done=0, to_run=2)
        outcomes = list(study.run(ordered=True))
        assert [(o.candidate_set, o.candidate, o.cost["wasm_instructions"]) for o in outcomes] == [
            ("model", "0", 4),
            ("model", "1", 5),
            ("model", "2", 4),
            ("second model", "0", 4),
        ]
        assert engine.diary_lines() == ["A 0 0", "A 1 0"]

    def test_a_candidate_added_to_a_run_takes_over_what_the_run_has(self, engine: ToyEngine, log: RunLog) -> None:
        list(Study.product([A], [ToyCandidate("0", "same")], engine, log=log).run())
        study = Study.product([A], [ToyCandidate("0", "same"), ToyCandidate("1", "same")], engine, log=log)
        assert study.plan() == Plan(total=2, distinct=1, already_done=1, to_run=0)
        assert names(study.run()) == ["A1"]
        assert engine.diary_lines() == ["A 0 0"]
        assert names(log.store.outcomes(log.run)) == ["A0", "A1"]


class TestRunning:
    def test_order_and_outcomes_are_the_same_with_any_executor(self, engine: ToyEngine, pool: Executor) -> None:
        def run(executor: Executor | None) -> list[Outcome]:
            return list(Study.product([A, B], distinct(150), engine).run(executor, ordered=True))

        alone = run(None)
        assert names(iter(alone)) == [f"{task}{number}" for task in "AB" for number in range(150)]
        assert run(pool) == alone
        with ThreadPoolExecutor(2) as threads:
            assert run(threads) == alone
        with processes(1) as single:
            assert run(single) == alone

    def test_unordered_yields_the_same_outcomes(self, engine: ToyEngine, pool: Executor) -> None:
        study = Study.product([A, B], distinct(50), engine)
        assert sorted(names(study.run(pool))) == sorted(names(study.run()))

    @pytest.mark.parametrize("ordered", [True, False])
    def test_what_is_yielded_is_committed(self, engine: ToyEngine, log: RunLog, pool: Executor, ordered: bool) -> None:
        told: list[tuple[int, int]] = []
        study = Study.product([A], distinct(100), engine, log=log)
        progress = lambda finished, total: told.append((finished, total))  # noqa: E731
        yielded = 0
        for each in itertools.islice(study.run(pool, ordered=ordered, progress=progress), 0, None, 20):
            yielded += 1
            assert each.attempt in log.done()
            assert told[-1][0] <= len(log.done())
        assert yielded == 5
        assert told[-1] == (100, 100)
        assert told == sorted(told)

    def test_an_engine_is_built_once_a_process_not_once_a_chunk(self, engine: ToyEngine) -> None:
        candidates = [ToyCandidate(str(number), f"count {number}") for number in range(40)]
        with processes(1) as single:
            outcomes = list(Study.product([A], candidates, engine).run(single, in_flight=2, ordered=True))
        assert [o.detail["run_in_this_engine"] for o in outcomes] == list(range(1, 41))

    def test_a_slow_chunk_is_handed_back_in_slices(self, engine: ToyEngine, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("perfwise.core.study._SLICE_S", 0.0)
        submitted: list[int] = []

        class Recording(Executor):
            def submit(self, fn, /, *args, **kwargs):  # type: ignore[no-untyped-def]
                submitted.append(len(args[1]))
                future: Future[object] = Future()
                future.set_result(fn(*args, **kwargs))
                return future

        outcomes = Study.product([A], distinct(8), engine).run(Recording(), in_flight=1, ordered=True)
        assert names(outcomes) == [f"A{number}" for number in range(8)]
        assert submitted == [4, 1, 1, 1, 4, 1, 1, 1]  # the rest of a chunk is cut to what fits into a slice

    def test_no_more_chunks_are_in_flight_than_allowed(self, engine: ToyEngine) -> None:
        futures: list[Future[object]] = []

        class Counting(ThreadPoolExecutor):
            most = 0

            def submit(self, fn, /, *args, **kwargs):  # type: ignore[no-untyped-def]
                futures.append(super().submit(fn, *args, **kwargs))
                self.most = max(self.most, sum(not future.done() for future in futures))
                return futures[-1]

        with Counting(2) as executor:
            assert len(list(Study.product([A], distinct(100), engine).run(executor, in_flight=3))) == 100
            assert executor.most <= 3
        with pytest.raises(InvalidOption, match="at least one chunk"):
            next(Study.product([A], distinct(1), engine).run(in_flight=0))


class TestResuming:
    def test_what_is_done_is_not_run_again(self, engine: ToyEngine, log: RunLog) -> None:
        candidates = distinct(10)
        list(Study.product([A], candidates[:4], engine, log=log).run())
        study = Study.product([A, B], candidates, engine, log=log)
        assert study.plan() == Plan(total=20, distinct=20, already_done=4, to_run=16)
        told: list[int] = []
        assert len(list(study.run(progress=lambda finished, _: told.append(finished)))) == 16
        assert (min(told) > 4, told[-1]) == (True, 20)
        assert len(engine.diary_lines()) == len(set(engine.diary_lines())) == 20
        assert list(study.run()) == []

    def test_leaving_early_keeps_what_was_finished(self, engine: ToyEngine, log: RunLog) -> None:
        study = Study.product([A], distinct(50), engine, log=log)
        outcomes = study.run()
        next(outcomes)
        outcomes.close()
        assert len(log.done()) == len(engine.diary_lines()) >= 1
        list(study.run())
        assert len(log.done()) == len(engine.diary_lines()) == 50

    def test_a_candidate_that_changed_is_not_mixed_in(self, engine: ToyEngine, log: RunLog) -> None:
        list(Study.product([A], [ToyCandidate("0", "before")], engine, log=log).run())
        with pytest.raises(NotComparable, match="begin a new run"):
            list(Study.product([A], [ToyCandidate("0", "after")], engine, log=log).run())


class TestFailing:
    def candidates(self, text: str) -> list[ToyCandidate]:
        return [*distinct(5), ToyCandidate("bad", text), ToyCandidate("later", "later")]

    @pytest.mark.parametrize("text", ["raise", "raise unpicklable", "wrong name"])
    @pytest.mark.parametrize("in_processes", [False, True])
    def test_an_engines_failure_names_the_attempt_and_keeps_what_finished(
        self, engine: ToyEngine, log: RunLog, pool: Executor, text: str, in_processes: bool
    ) -> None:
        study = Study.product([A], self.candidates(text), engine, log=log)
        with pytest.raises(HarnessError, match="failed on task 'A', candidate 'bad' of 'model', seed 0") as caught:
            list(study.run(pool if in_processes else None, in_flight=1))
        assert caught.value.__cause__ is not None
        assert {attempt.candidate for attempt in log.done()} >= set("01234")

    def test_the_cause_of_a_failure_in_a_worker_comes_along(self, engine: ToyEngine, pool: Executor) -> None:
        with pytest.raises(HarnessError) as caught:
            list(Study.product([A], self.candidates("raise"), engine).run(pool))
        cause = caught.value.__cause__
        assert isinstance(cause, ZeroDivisionError)
        assert any("_misbehave" in note for note in cause.__notes__)  # where in the worker it was

    @pytest.mark.parametrize("in_processes", [False, True])
    def test_a_missing_meter_keeps_its_code(self, engine: ToyEngine, pool: Executor, in_processes: bool) -> None:
        study = Study.product([A], self.candidates("missing meter"), engine)
        with pytest.raises(MissingMeter, match="no meter") as caught:
            list(study.run(pool if in_processes else None))
        assert any("candidate 'bad'" in note for note in caught.value.__notes__)

    def test_a_dead_worker_is_told_and_loses_nothing_committed(self, engine: ToyEngine, log: RunLog) -> None:
        study = Study.product([A], self.candidates("die"), engine, log=log)
        with (
            processes(1) as executor,
            pytest.raises(HarnessError, match=r"worker process died.*first: A; what was committed is kept"),
        ):
            list(study.run(executor, in_flight=1))
        assert {attempt.candidate for attempt in log.done()} == set("012")  # 3 and 4 were in the chunk that died
        harmless = Study.product([A], [*distinct(5), ToyCandidate("later", "later")], engine, log=log)
        assert names(harmless.run()) == ["A3", "A4", "Alater"]

    def test_an_interrupt_commits_what_is_there(self, engine: ToyEngine, log: RunLog) -> None:
        with pytest.raises(KeyboardInterrupt):
            list(Study.product([A], self.candidates("interrupt"), engine, log=log).run())
        assert {attempt.candidate for attempt in log.done()} == set("01234")

    def test_an_interrupt_withdraws_what_has_not_started(self, engine: ToyEngine, log: RunLog) -> None:
        futures: list[Future[object]] = []

        class OnlyTheFirstEverRuns(Executor):
            def submit(self, fn, /, *args, **kwargs):  # type: ignore[no-untyped-def]
                futures.append(Future())
                if len(futures) == 1:
                    futures[0].set_result(fn(*args, **kwargs))
                return futures[-1]

        def interrupt(finished: int, total: int) -> None:
            raise KeyboardInterrupt

        study = Study.product([A], distinct(5), engine, log=log)
        with pytest.raises(KeyboardInterrupt):
            list(study.run(OnlyTheFirstEverRuns(), progress=interrupt))
        assert [future.cancelled() for future in futures] == [False, True, True, True, True]
        assert names(study.run()) == ["A1", "A2", "A3", "A4"]

    def test_an_engine_that_cannot_travel_is_told(self, tmp_path: Path, pool: Executor) -> None:
        engine = ToyEngine(tmp_path / "diary", built=[lambda: None])  # type: ignore[list-item]
        with pytest.raises(HarnessError, match="cannot be sent to other processes"):
            list(Study.product([A], distinct(1), engine).run(pool))

    def test_an_executor_that_is_shut_down_is_told(self, engine: ToyEngine) -> None:
        executor = ThreadPoolExecutor(1)
        executor.shutdown()
        with pytest.raises(HarnessError, match="the executor failed"):
            list(Study.product([A], distinct(1), engine).run(executor))

    def test_a_full_disk_ends_the_study_with_a_store_error(self, engine: ToyEngine, log: RunLog) -> None:
        if log.store.url.startswith("postgresql"):
            pytest.skip("the limit is on this process's files; a server's are elsewhere")
        study = Study.product([A], [ToyCandidate("big" * 600, "x")], engine, log=log)
        yielded: list[Outcome] = []
        with largest_file(50_000), pytest.raises(StoreError):
            yielded.extend(Study.product([A], distinct(2000), engine, log=log).run())
        assert {outcome.attempt for outcome in yielded} <= set(log.done())
        assert study.plan().total == 1
