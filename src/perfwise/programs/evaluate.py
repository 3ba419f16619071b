"""The main job in one call: run every candidate on its task, keep the outcomes, score them."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace

from perfwise.core.family import Family
from perfwise.core.json import Json, digest
from perfwise.core.outcome import Outcome
from perfwise.core.store import RunRecord, Store
from perfwise.core.study import Progress, Study
from perfwise.core.task import REFERENCE
from perfwise.errors import MissingMeter
from perfwise.programs.contracts import Meter
from perfwise.programs.engine import ProgramEngine
from perfwise.programs.reading import Inputs, with_references
from perfwise.programs.scoring import USUAL_KS, Scores, default_metrics, made_metrics, score
from perfwise.programs.workers import Workers

__all__ = ["Evaluation", "Question", "TaskSummary", "begun", "evaluate", "meter_named", "usual_meter"]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a run.

    Args:
        metrics: names of metrics; empty: those that the tasks can support.
        ks: for the metrics that draw k of several candidates; empty: 1, 10 and 100, where they are defined if the
            metrics are not named.
        seed: what the programs' randomness starts from.
    """

    metrics: tuple[str, ...] = ()
    ks: tuple[int, ...] = ()
    seed: int = 0


@dataclass(frozen=True, slots=True)
class TaskSummary:
    """One task over all sets.

    Args:
        id: of the task.
        samples: candidates that attempted it.
        right: how many of them were.
        reference_cost: of its cheapest right reference; None if there is none.
    """

    id: str
    samples: int
    right: int
    reference_cost: float | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A finished run.

    Args:
        run: as the store has it.
        meter: what counted.
        outcomes: of the references and all candidates, in the order of set, task and candidate.
        scores: what they say.
    """

    run: RunRecord
    meter: Meter
    outcomes: tuple[Outcome, ...]
    scores: Scores

    def tasks(self) -> list["TaskSummary"]:
        """One summary a task, sorted by id."""
        groups: dict[str, list[Outcome]] = {}
        for outcome in self.outcomes:
            groups.setdefault(outcome.task, []).append(outcome)
        return [_summary(task, groups[task], self.meter.cost_name) for task in sorted(groups)]


def evaluate(
    inputs: Inputs,
    engine: ProgramEngine,
    run: RunRecord,
    store: Store,
    question: Question = Question(),
    *,
    workers: Workers | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Run what the run does not have yet, then score all of it.

    Args:
        inputs: what to evaluate; the suite's references are added.
        engine: what runs them.
        run: where the outcomes go, from `begun`.
        store: that holds the run.
        question: metrics and seed.
        workers: where the programs run; None: in this process.
        progress: called with the outcomes committed so far and all of them.
    Raises: what `Study.run` raises; InvalidOption for an unknown metric, before anything runs.
    """
    cost = engine.meter.cost_name
    chosen = made_metrics(question.metrics, question.ks or USUAL_KS, cost)
    study = Study.paired(inputs.tasks, with_references(inputs), engine, [question.seed], log=store.log(run))
    executor, count = (None, 1) if workers is None else (workers.executor, workers.count)
    for _ in study.run(executor, in_flight=2 * count, progress=progress):
        pass  # kept by the store; holding them here too would double the memory
    store.finish(run)
    outcomes = tuple(store.outcomes(run))
    scores = score(outcomes, chosen or default_metrics(outcomes, question.ks, cost), cost)
    if idle := len(inputs.idle_tasks):
        told = f"{idle} task(s) are attempted by no candidate and left out of every number"
        scores = replace(scores, caveats=(*scores.caveats, told))
    return Evaluation(run, engine.meter, outcomes, scores)


def _summary(task: str, outcomes: list[Outcome], cost: str) -> TaskSummary:
    samples = [outcome for outcome in outcomes if outcome.candidate_set != REFERENCE]
    known = [
        outcome.cost[cost]
        for outcome in outcomes
        if outcome.candidate_set == REFERENCE and outcome.quality == 1.0 and cost in outcome.cost
    ]
    right = sum(outcome.quality == 1.0 for outcome in samples)
    return TaskSummary(task, len(samples), right, min(known, default=None))


def begun(
    store: Store, spec: Mapping[str, Json], inputs: Inputs, created_at: str, *, resume: bool = False
) -> RunRecord:
    """A new run, or with `resume` the newest one of the same spec, finished or not, where there is one."""
    if resume:
        wanted = digest(spec)
        found = store.unfinished(wanted) or store.finished(wanted)
        if found is not None:
            return found
    return store.begin("programs", spec, created_at, len(with_references(inputs)))


def usual_meter(inputs: Inputs) -> str:
    """The name of the meter that measures such programs exactly: `sql` for queries alone, else `wasm`."""
    return "sql" if {candidate.language for candidate in inputs.candidates} == {"sql"} else "wasm"


def meter_named(name: str, *, allow_unsandboxed: bool = False, optimisation: int | None = None) -> Meter:
    """A meter that can be made here.

    Args:
        name: of the method.
        allow_unsandboxed: that a meter of native code may run programs without a sandbox where none works.
        optimisation: of programs that the meter compiles, 2 or 3; None: its own.
    Raises: InvalidOption for an unknown name; MissingMeter with the remedy.
    """
    wanted = {"allow_unsandboxed": allow_unsandboxed, "optimisation": optimisation}
    try:
        made = Family("perfwise.programs.meters").get(name)
        options = {each.name for each in fields(made)} if is_dataclass(made) else set()
        meter: Meter = made(**{option: value for option, value in wanted.items() if value and option in options})
        meter.identity()
    except ImportError as cause:
        raise MissingMeter(f"the meter {name} needs {cause.name}: pip install {cause.name}") from cause
    return meter
