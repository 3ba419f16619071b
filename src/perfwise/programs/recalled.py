"""What a stored run was made of: its task and program texts, read again from where it found them, and checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from perfwise.core.json import Json, digest
from perfwise.core.outcome import Attempt, Outcome
from perfwise.errors import Fault, InvalidInput, InvalidOption, MissingMeter
from perfwise.programs import demo
from perfwise.programs.contracts import Meter, ProgramCandidate, ProgramTask
from perfwise.programs.engine import ProgramEngine
from perfwise.programs.evaluate import meter_named
from perfwise.programs.reading import (
    Inputs,
    Source,
    named_source,
    program_sources,
    read_inputs,
    task_files_beside,
    with_references,
)

__all__ = ["Recalled", "recall"]


@dataclass(frozen=True, slots=True)
class Recalled:
    """A run's texts.

    Args:
        spec: of the run.
        tasks: by id.
        candidates: by task, set and id; the suite's references are among them.
    """

    spec: Mapping[str, Json]
    tasks: Mapping[str, ProgramTask]
    candidates: Mapping[tuple[str, str, str], ProgramCandidate]

    @property
    def memory_bytes(self) -> int:
        """The most that a program could hold."""
        value = self.spec.get("memory_bytes")
        return value if isinstance(value, int) else ProgramEngine.memory_bytes

    def texts(self, outcome: Outcome) -> tuple[ProgramTask, ProgramCandidate]:
        """The task and the program of an outcome, as they were when it was made.

        Raises: InvalidInput with the code `gone` or `changed` if they cannot be had any more.
        """
        task = self.tasks.get(outcome.task)
        candidate = self.candidates.get((outcome.task, outcome.candidate_set, outcome.candidate))
        where = f"{outcome.task}, {outcome.candidate_set}, {outcome.candidate}"
        if task is None or candidate is None:
            what = "task" if task is None else "program"
            message = f"the {what} is no longer in the files of the run; restore it, or run perfwise eval again"
            raise InvalidInput([Fault(where, "gone", message)])
        if outcome.key not in self._possible_keys(outcome, task, candidate):
            message = "the program or its task is not what the run measured; restore it, or run perfwise eval again"
            raise InvalidInput([Fault(where, "changed", message)])
        return task, candidate

    def _possible_keys(self, outcome: Outcome, task: ProgramTask, candidate: ProgramCandidate) -> set[str]:
        """Keys of this attempt here, and where it was measured: a key holds the meter's identity as well."""
        spec = self.spec
        budget = spec.get("budget")
        rules: list[Json] = [budget, ProgramEngine.budget_ratio, self.memory_bytes, outcome.seed]
        there = outcome.provenance.comparable()
        keys = {digest([task.digest, candidate.digest, there, None, rules])}
        try:
            level = spec.get("optimisation")
            meter = meter_named(str(spec.get("meter")), optimisation=level if isinstance(level, int) else None)
            fallback: Meter | None = meter_named(str(spec["fallback"])) if spec.get("fallback") else None
        except (InvalidOption, MissingMeter):
            return keys
        bound = float(budget) if isinstance(budget, int | float) else None
        engine = ProgramEngine(meter, fallback, bound, memory_bytes=self.memory_bytes)
        return keys | {engine.key(task, candidate, outcome.seed)}


def recall(
    spec: Mapping[str, Json], wanted: Sequence[Attempt] = (), *, suite: str | None = None, form: str | None = None
) -> Recalled:
    """Read again what a run measured.

    Args:
        spec: of the run, as `perfwise eval` keeps it.
        wanted: attempts whose sets are enough; none: all sets.
        suite: name of the tasks' reader, where the run was given one.
        form: name of the samples' reader, likewise.
    Raises: InvalidInput where the files are gone or cannot be read; InvalidOption if the spec names none.
    """
    inputs = _inputs(spec, {attempt.candidate_set for attempt in wanted}, suite or _text(spec, "suite"), form)
    candidates = {(one.task, one.candidate_set, one.id): one for one in with_references(inputs)}
    return Recalled(spec, {task.id: task for task in inputs.tasks}, candidates)


def _inputs(spec: Mapping[str, Json], sets: set[str], suite: str | None, form: str | None) -> Inputs:
    tasks, form = _text(spec, "tasks"), form or _text(spec, "format")
    if tasks == "demo":
        return read_inputs([demo.TASKS], [Source(name, folder) for name, folder in demo.SETS.items()])
    samples, files = _texts(spec, "samples"), [Path(each) for each in _texts(spec, "files")]
    if not samples and not files:
        raise InvalidOption("the run does not say which files it read, so its programs cannot be shown")
    task_paths, programs = ([Path(tasks)], files) if tasks is not None else task_files_beside(files)
    sources = [named_source(text, form) for text in samples] + program_sources(programs)
    needed = [source for source in sources if source.name in sets]
    # A set of references only needs no samples; then any set will do to have the tasks attempted.
    return read_inputs(task_paths, needed or sources, suite)


def _text(spec: Mapping[str, Json], name: str) -> str | None:
    value = spec.get(name)
    return value if isinstance(value, str) else None


def _texts(spec: Mapping[str, Json], name: str) -> list[str]:
    value = spec.get(name)
    return [str(each) for each in value] if isinstance(value, list | tuple) else []
