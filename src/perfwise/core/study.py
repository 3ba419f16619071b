"""`Study`: attempts planned, run in chunks, kept, resumed."""

import itertools
import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Generic, Protocol, TypeVar

from perfwise.core._attempts import Done, Work, leave_with_parent, run_attempts, run_pickled
from perfwise.core._flow import Flow, Kept, chunks_by_task, in_order
from perfwise.core.engine import Engine
from perfwise.core.outcome import Attempt, Outcome
from perfwise.core.task import Candidate, Task
from perfwise.errors import HarnessError, InvalidCandidate, InvalidOption, NotComparable

__all__ = ["Appender", "Log", "Plan", "Progress", "Study", "leave_with_parent"]

Progress = Callable[[int, int], None]
"""Called with the attempts that are finished (where there is a log: committed) and all attempts of the plan."""

_LARGEST_CHUNK = 256
_SLICE_S = 2.0  # a chunk is handed back after this time, so that a kill loses little and progress shows


class _Sample(Candidate, Protocol):
    @property
    def task(self) -> str: ...


T = TypeVar("T", bound=Task)
C = TypeVar("C", bound=Candidate)
S = TypeVar("S", bound=_Sample)


class Appender(Protocol):
    """Takes outcomes on their way into a log."""

    def append(self, outcomes: Sequence[Outcome]) -> "Future[int]":
        """All or none of them; the future is done when they are committed."""


class Log(Protocol):
    """Where a study keeps outcomes; `Store.log` makes one."""

    def done(self) -> Mapping[Attempt, str]:
        """Committed attempts, each with its key."""

    def outcome(self, attempt: Attempt) -> Outcome | None:
        """The outcome of a committed attempt."""

    def writer(self) -> AbstractContextManager[Appender]:
        """What appends; leaving it commits the rest."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much there is to do.

    Args:
        total: attempts.
        distinct: attempts that can differ; each of the others takes over the outcome of one of these.
        already_done: attempts whose outcomes the log has.
        to_run: attempts that the engine still has to run.
    """

    total: int
    distinct: int
    already_done: int
    to_run: int


@dataclass(frozen=True, slots=True)
class _Left:
    """What is not in the log yet: places in the plan by key, and for some keys an outcome that the log has."""

    places: Mapping[str, Sequence[int]]
    known: Mapping[str, Attempt]
    already_done: int

    @property
    def to_run(self) -> list[int]:
        return [places[0] for key, places in self.places.items() if key not in self.known]


class Study(Generic[T, C]):
    """Attempts of candidates on tasks, each run once and kept.

    Attempts with the same `Engine.key` are run once; each gets the outcome under its own name. With a log, what the
    log has already is neither run nor yielded again, and an outcome is yielded when it is committed.

    Args:
        items: (task, candidate, seed), any selection of them; the plan groups them by task, in the order in which the
            tasks first appear, so that what an engine loads for a task is loaded seldom.
        engine: what runs them.
        log: where outcomes are kept, e.g. `store.log(run)`; the caller begins and finishes the run.
    Raises: InvalidCandidate if an attempt is named twice.
    """

    def __init__(self, items: Iterable[tuple[T, C, int]], engine: Engine[T, C], *, log: Log | None = None) -> None:
        self._items = _by_task(items)
        self._engine = engine
        self._log = log

    @classmethod
    def product(
        cls,
        tasks: Iterable[T],
        candidates: Iterable[C],
        engine: Engine[T, C],
        seeds: Iterable[int] = (0,),
        *,
        log: Log | None = None,
    ) -> "Study[T, C]":
        """Every candidate on every task from every seed."""
        return cls(itertools.product(tasks, candidates, seeds), engine, log=log)

    @staticmethod
    def paired(
        tasks: Iterable[T],
        samples: Iterable[S],
        engine: Engine[T, S],
        seeds: Iterable[int] = (0,),
        *,
        log: Log | None = None,
    ) -> "Study[T, S]":
        """Every sample on the task that it belongs to, from every seed. Raises: InvalidCandidate for unknown tasks."""
        by_id, samples = {task.id: task for task in tasks}, list(samples)
        if unknown := sorted({sample.task for sample in samples} - by_id.keys()):
            named = ", ".join(map(repr, unknown[:5])) + (", …" if len(unknown) > 5 else "")
            raise InvalidCandidate(f"candidates attempt {len(unknown)} task(s) that are not there: {named}")
        pairs = itertools.product(samples, seeds)
        return Study(((by_id[sample.task], sample, seed) for sample, seed in pairs), engine, log=log)

    def plan(self) -> Plan:
        """How much there is to do now. Raises: NotComparable as `run` does."""
        left = self._left()
        distinct = len({work.key for work in self._works})
        return Plan(len(self._works), distinct, left.already_done, len(left.to_run))

    def run(
        self,
        executor: Executor | None = None,
        *,
        ordered: bool = False,
        in_flight: int = 32,
        progress: Progress | None = None,
    ) -> Iterator[Outcome]:
        """Run what is left and yield its outcomes; nothing happens until the first is asked for.

        Args:
            executor: None runs in this process. The study does not shut it down. Give a process pool the `forkserver`
                or `spawn` context: the log's thread is at work here, and a fork may copy a lock that it holds. Give it
                `leave_with_parent` as initializer, or a worker that has no work yet outlives a parent that is killed.
            ordered: yield in the order of the plan instead of as they finish; they are committed as they finish anyway.
            in_flight: chunks submitted at once. Twice the executor's workers keeps these busy; with many more, what a
                slice left over waits so long that its worker has forgotten the task.
            progress: called after each commit, in the thread that iterates.
        Raises: HarnessError naming the attempt if the engine raised, or the tasks at work if a worker process died;
            other errors of perfwise's from the engine as they are; NotComparable if the log has an attempt of the same
            name whose task, candidate or engine was another; StoreError. Whatever is raised, also an interrupt, what
            had finished is committed first and the rest is withdrawn.
        """
        if in_flight < 1:
            raise InvalidOption(f"at least one chunk must be in flight, not {in_flight}")
        left = self._left()
        with nullcontext(_Nowhere()) if self._log is None else self._log.writer() as writer:
            keep = partial(self._keep, writer, left)
            flow = Flow(self._submitter(executor), keep, in_flight if executor else 1)
            work = [self._works[place] for place in left.to_run]
            size = min(_LARGEST_CHUNK, len(work) // (2 * in_flight)) if executor else 1
            run = flow.run(chunks_by_task(work, max(1, size)), self._copies(left, keep))
            with closing(run):  # before the writer, which takes what had finished
                batches = self._told(run, left, progress)
                if ordered:
                    yield from in_order(batches, sorted(itertools.chain.from_iterable(left.places.values())))
                else:
                    yield from (outcome for batch in batches for _, outcome in batch)

    @cached_property
    def _works(self) -> list[Work[T, C]]:
        """The plan: every attempt with its key."""
        return [Work(*item, self._engine.key(*item)) for item in self._items]

    def _left(self) -> _Left:
        done = {} if self._log is None else self._log.done()
        places: dict[str, list[int]] = {}
        already_done = 0
        for place, work in enumerate(self._works):
            key = done.get(work.attempt)
            if key is None:
                places.setdefault(work.key, []).append(place)
            elif key == work.key:
                already_done += 1
            else:
                raise NotComparable(
                    f"the kept outcome of {work.attempt} is of another task, candidate or engine; begin a new run"
                )
        return _Left(places, {key: attempt for attempt, key in done.items() if key in places}, already_done)

    def _keep(self, writer: Appender, left: _Left, outcomes: Sequence[Outcome]) -> Kept:
        """An outcome goes into the log together with its copies, so that none is without the others after a kill."""
        placed = [(place, self._renamed(outcome, place)) for outcome in outcomes for place in left.places[outcome.key]]
        return writer.append([outcome for _, outcome in placed]), placed

    def _renamed(self, outcome: Outcome, place: int) -> Outcome:
        task, candidate_set, candidate, seed = self._works[place].attempt
        return replace(outcome, task=task, candidate_set=candidate_set, candidate=candidate, seed=seed)

    def _copies(self, left: _Left, keep: Callable[[Sequence[Outcome]], Kept]) -> list[Kept]:
        """Attempts that are not in the log while others of their key are, as when a run is given more candidates."""
        assert self._log is not None or not left.known
        outcomes = (self._log.outcome(attempt) for attempt in left.known.values()) if self._log else ()
        return [keep([outcome for outcome in outcomes if outcome is not None])]

    def _told(
        self, batches: Iterable[Sequence[tuple[int, Outcome]]], left: _Left, progress: Progress | None
    ) -> Iterator[Sequence[tuple[int, Outcome]]]:
        finished = left.already_done
        for batch in batches:
            finished += len(batch)
            if progress is not None and batch:
                progress(finished, len(self._works))
            yield batch

    def _submitter(self, executor: Executor | None) -> Callable[[Sequence[Work[T, C]]], "Future[Done]"]:
        if executor is None:
            return self._run_here
        try:
            engine = pickle.dumps(self._engine)
        except (pickle.PicklingError, TypeError, AttributeError) as cause:
            raise HarnessError(f"the engine cannot be sent to other processes: {cause}") from cause
        return lambda work: executor.submit(run_pickled, engine, work, _SLICE_S)

    def _run_here(self, work: Sequence[Work[T, C]]) -> "Future[Done]":
        future: Future[Done] = Future()
        future.set_result(run_attempts(self._engine, work, slice_s=0))
        return future


class _Nowhere:
    """Keeps nothing: finished is finished."""

    def append(self, outcomes: Sequence[Outcome]) -> "Future[int]":
        future: Future[int] = Future()
        future.set_result(len(outcomes))
        return future


def _by_task(items: Iterable[tuple[T, C, int]]) -> list[tuple[T, C, int]]:
    """Grouped by task, otherwise as they came."""
    groups: dict[str, list[tuple[T, C, int]]] = {}
    seen: set[Attempt] = set()
    for task, candidate, seed in items:
        attempt = Attempt(task.id, candidate.candidate_set, candidate.id, seed)
        if attempt in seen:
            raise InvalidCandidate(f"{attempt} is named twice; ids are unique within a set and task")
        seen.add(attempt)
        groups.setdefault(task.id, []).append((task, candidate, seed))
    return list(itertools.chain.from_iterable(groups.values()))
