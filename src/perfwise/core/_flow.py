"""The flow of a study: chunks out to workers, outcomes back and into the store."""

import itertools
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from typing import Generic, TypeVar, cast

from perfwise.core._attempts import Broken, Done, Work
from perfwise.core.outcome import Outcome
from perfwise.core.task import Candidate, Task
from perfwise.errors import HarnessError, PerfwiseError

__all__ = ["Flow", "Kept", "chunks_by_task", "chunks_of", "in_order"]

T = TypeVar("T", bound=Task)
C = TypeVar("C", bound=Candidate)

Kept = tuple["Future[int]", Sequence[tuple[int, Outcome]]]
"""Done when committed; the outcomes with their places in the plan."""


def chunks_of(work: Sequence[Work[T, C]], size: int) -> list[Sequence[Work[T, C]]]:
    """Cut into runs of `size`, the last one shorter."""
    return [work[start : start + size] for start in range(0, len(work), size)]


def chunks_by_task(work: Sequence[Work[T, C]], size: int) -> list[Sequence[Work[T, C]]]:
    """Cut where the task changes, and into runs of `size`: what an engine loads for a task is loaded by one worker."""
    groups = itertools.groupby(work, key=lambda each: each.task.id)
    return [chunk for _, group in groups for chunk in chunks_of(list(group), size)]


def in_order(batches: Iterable[Sequence[tuple[int, Outcome]]], places: Iterable[int]) -> Iterator[Outcome]:
    """Outcomes in the order of `places`, each as soon as those before it are there."""
    ready: dict[int, Outcome] = {}
    order = deque(places)
    for batch in batches:
        ready.update(batch)
        while order and order[0] in ready:
            yield ready.pop(order.popleft())


class Flow(Generic[T, C]):
    """Keeps a bounded number of chunks at work and yields outcomes once they are committed.

    Args:
        submit: sends a chunk to where it is run.
        keep: takes finished outcomes on their way into the store.
        in_flight: chunks submitted at once.
    """

    def __init__(
        self,
        submit: Callable[[Sequence[Work[T, C]]], "Future[Done]"],
        keep: Callable[[Sequence[Outcome]], Kept],
        in_flight: int,
    ) -> None:
        self._submit = submit
        self._keep = keep
        self._in_flight = in_flight
        self._waiting: deque[Sequence[Work[T, C]]] = deque()
        self._working: dict[Future[Done], Sequence[Work[T, C]]] = {}
        self._committing: deque[Kept] = deque()

    def run(
        self, chunks: Iterable[Sequence[Work[T, C]]], kept: Iterable[Kept]
    ) -> Generator[Sequence[tuple[int, Outcome]], None, None]:
        """Batches of committed outcomes.

        Args:
            chunks: what is to be run.
            kept: what is on its way into the store already.
        Raises: HarnessError if the engine or a worker fails; what had finished by then is handed to `keep`.
        """
        self._waiting.extend(chunks)
        self._committing.extend(kept)
        try:
            while self._waiting or self._working or self._committing:
                self._send()
                # Commits end in their order, so that waiting for the first of them is enough.
                first = [committed for committed, _ in itertools.islice(self._committing, 1)]
                futures = cast("list[Future[object]]", [*self._working, *first])
                ended = wait(futures, return_when=FIRST_COMPLETED).done
                for future in [future for future in self._working if future in ended]:
                    self._collect(future)
                yield from self._committed()
        finally:
            self._save_what_finished()

    def _send(self) -> None:
        while self._waiting and len(self._working) < self._in_flight:
            chunk = self._waiting.popleft()
            try:
                self._working[self._submit(chunk)] = chunk
            except RuntimeError as cause:  # broken or shut down
                self._waiting.appendleft(chunk)
                raise self._lost(cause) from cause

    def _collect(self, future: "Future[Done]") -> None:
        """Keep what a chunk made and queue what its slice left over, cut to what fits into a slice."""
        try:
            done = future.result()
        except (
            Exception
        ) as cause:  # the executor's own: a dead worker, a cancelled chunk, an outcome that cannot travel
            raise self._lost(cause) from cause
        chunk = self._working.pop(future)
        self._committing.append(self._keep(done.outcomes))
        if done.broken is not None:
            raise_broken(done.broken)
        finished = len(done.outcomes)
        self._waiting.extendleft(reversed(chunks_of(chunk[finished:], finished)))

    def _committed(self) -> Iterator[Sequence[tuple[int, Outcome]]]:
        while self._committing and self._committing[0][0].done():
            future, outcomes = self._committing.popleft()
            future.result()  # raises what the store raised
            yield outcomes

    def _save_what_finished(self) -> None:
        """After an error or an interrupt: withdraw chunks that have not started, keep those that have ended."""
        for future in self._working:
            future.cancel()
        for future in self._working:
            if future.done() and not future.cancelled() and future.exception() is None:
                self._keep(future.result().outcomes)
        self._working.clear()

    def _lost(self, cause: Exception) -> HarnessError:
        tasks = dict.fromkeys(work.task.id for chunk in self._working.values() for work in chunk)
        suspects = ", ".join(itertools.islice(tasks, 4)) or "nothing"
        reason = "a worker process died" if isinstance(cause, BrokenExecutor) else f"{type(cause).__name__}: {cause}"
        return HarnessError(
            f"the executor failed ({reason}) with {len(tasks)} task(s) at work, the first: {suspects}; "
            "what was committed is kept, resuming goes on from there"
        )


def raise_broken(broken: Broken) -> None:
    """Raise the engine's failure with the attempt named.

    Other errors of ours keep their code: a missing meter, say, is no broken harness.
    """
    task, candidate_set, candidate, seed = broken.attempt
    place = f"task {task!r}, candidate {candidate!r} of {candidate_set!r}, seed {seed}"
    cause = broken.cause
    if isinstance(cause, PerfwiseError) and not isinstance(cause, HarnessError):
        cause.add_note(f"while running {place}")
        raise cause
    raise HarnessError(f"the engine failed on {place}: {type(cause).__name__}: {cause}") from cause
