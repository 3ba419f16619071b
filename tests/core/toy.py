"""A task, a candidate and an engine that writes down every run; picklable, for tests with processes."""

import multiprocessing
import os
import signal
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from perfwise.core.cost import Cost
from perfwise.core.json import digest
from perfwise.core.outcome import Outcome, Provenance
from perfwise.core.study import leave_with_parent
from perfwise.errors import MissingMeter

from .outcomes import PROVENANCE


def processes(count: int) -> ProcessPoolExecutor:
    """A pool that does not fork this process, in which the writer's thread is at work."""
    context = multiprocessing.get_context("forkserver")
    return ProcessPoolExecutor(count, mp_context=context, initializer=leave_with_parent)


@dataclass(frozen=True)
class ToyTask:
    id: str

    @property
    def digest(self) -> str:
        return digest(self.id)


@dataclass(frozen=True)
class ToyCandidate:
    """`text` is what counts: equal texts are equal candidates; some texts make the engine misbehave."""

    id: str
    text: str = ""
    candidate_set: str = "model"
    task: str = ""

    @property
    def digest(self) -> str:
        return digest(self.text)


class UnpicklableError(Exception):
    def __init__(self, first: str, second: str) -> None:
        super().__init__(first + second)
        self.lock = threading.Lock()


@dataclass(frozen=True)
class ToyEngine:
    """Its cost is the length of the text.

    Args:
        diary: a file that gets one line a run, appended at once.
        pause_s: what a run takes, for tests that kill.
    """

    diary: Path
    pause_s: float = 0.0
    built: list[int] = field(default_factory=list, compare=False)

    @property
    def provenance(self) -> Provenance:
        return PROVENANCE

    def key(self, task: ToyTask, candidate: ToyCandidate, seed: int) -> str:
        return digest([task.digest, candidate.digest, seed])

    def run(self, task: ToyTask, candidate: ToyCandidate, seed: int) -> Outcome:
        with self.diary.open("a") as diary:
            diary.write(f"{task.id} {candidate.id} {seed}\n")
        self.built.append(1)  # as a heavy part that is built once a process would
        _misbehave(candidate.text)
        if self.pause_s:
            time.sleep(self.pause_s)
        return Outcome(
            task=task.id,
            candidate_set=candidate.candidate_set,
            candidate=candidate.id if candidate.text != "wrong name" else "somebody else",
            seed=seed,
            key=self.key(task, candidate, seed),
            quality=1.0,
            cost=Cost(wasm_instructions=len(candidate.text)),
            failure=None,
            caveats=(),
            provenance=PROVENANCE,
            detail={"run_in_this_engine": len(self.built)} if candidate.text.startswith("count") else {},
        )

    def diary_lines(self) -> list[str]:
        return self.diary.read_text().splitlines() if self.diary.exists() else []


def _misbehave(text: str) -> None:
    if text == "raise":
        raise ZeroDivisionError("the engine divides by zero")
    if text == "raise unpicklable":
        raise UnpicklableError("cannot ", "travel")
    if text == "missing meter":
        raise MissingMeter("no meter")
    if text == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if text == "interrupt":
        raise KeyboardInterrupt
