"""What a worker process does for a study: attempts, until a time slice is over."""

import functools
import multiprocessing
import os
import pickle
import threading
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import wait
from typing import Generic, TypeVar

from perfwise.core.engine import Engine
from perfwise.core.outcome import Attempt, Outcome
from perfwise.core.task import Candidate, Task
from perfwise.errors import HarnessError

__all__ = ["Broken", "Done", "Work", "leave_with_parent", "run_attempts", "run_pickled"]

T = TypeVar("T", bound=Task)
C = TypeVar("C", bound=Candidate)


@dataclass(frozen=True, slots=True)
class Work(Generic[T, C]):
    """An attempt to run: the first of those in a plan that share its key."""

    task: T
    candidate: C
    seed: int
    key: str

    @property
    def attempt(self) -> Attempt:
        """Its name."""
        return Attempt(self.task.id, self.candidate.candidate_set, self.candidate.id, self.seed)


@dataclass(frozen=True, slots=True)
class Broken:
    """The attempt during which the engine itself failed, and what it raised."""

    attempt: Attempt
    cause: Exception


@dataclass(frozen=True, slots=True)
class Done:
    """What came of some work: the outcomes in its order, up to where the slice ended or the engine failed."""

    outcomes: tuple[Outcome, ...]
    broken: Broken | None = None


def run_attempts(engine: Engine[T, C], work: Sequence[Work[T, C]], slice_s: float) -> Done:
    """Run attempts in order, at least one, and stop behind the one during which `slice_s` seconds were over.

    The clock only decides how much is handed back at a time, never an outcome.
    """
    outcomes: list[Outcome] = []
    started_s = time.monotonic()
    for each in work:
        try:
            outcomes.append(_checked(engine.run(each.task, each.candidate, each.seed), each))
        except Exception as cause:
            return Done(tuple(outcomes), Broken(each.attempt, cause))
        if time.monotonic() - started_s >= slice_s:
            break
    return Done(tuple(outcomes))


def run_pickled(engine: bytes, work: Sequence[Work[T, C]], slice_s: float) -> Done:
    """`run_attempts` with an engine that is unpickled once a process, so that what it built for itself is kept."""
    leave_with_parent()
    done = run_attempts(_unpickled(engine), work, slice_s)
    if done.broken is None:
        return done
    return replace(done, broken=replace(done.broken, cause=_portable(done.broken.cause)))


@functools.cache
def leave_with_parent() -> None:
    """End this worker process when the process that started it is gone.

    A pool's workers wait for work for ever, also when their parent was killed.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        sentinel = parent.sentinel
        threading.Thread(target=lambda: wait([sentinel]) and os._exit(1), name="perfwise-parent", daemon=True).start()


@functools.lru_cache(maxsize=2)
def _unpickled(engine: bytes) -> Engine[Task, Candidate]:
    unpickled: Engine[Task, Candidate] = pickle.loads(engine)  # noqa: S301 - bytes of the process that sent the work
    return unpickled


def _checked(outcome: Outcome, work: Work[T, C]) -> Outcome:
    if (outcome.attempt, outcome.key) != (work.attempt, work.key):
        raise HarnessError(f"the engine returned the outcome of {outcome.attempt} with the key {outcome.key!r}")
    return outcome


def _portable(cause: Exception) -> Exception:
    """The exception with its traceback as text, or only its text where it cannot be sent to another process."""
    trace = "".join(traceback.format_exception(cause))
    try:
        pickle.loads(pickle.dumps(cause))  # noqa: S301 - our own bytes
    except Exception:  # whatever pickling raises, the answer is the same
        cause = RuntimeError(f"{type(cause).__name__}: {cause}")
    cause.add_note(trace)
    return cause
