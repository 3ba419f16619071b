"""The programs engine: judge(meter(program, inputs)) -> outcome."""

import functools
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import perfwise
from perfwise.core.cost import Cost
from perfwise.core.json import Json, digest
from perfwise.core.outcome import Failure, Outcome, Provenance
from perfwise.core.task import REFERENCE
from perfwise.errors import InvalidOption, InvalidTask
from perfwise.programs.behaviour import behaviour_of
from perfwise.programs.charging import charged, idle_calls
from perfwise.programs.contracts import Call, Language, Limits, Meter, ProgramCandidate, ProgramTask, Run, Verdict
from perfwise.programs.judge import Judge, Judgement, OpenTask, Wrong, answered

__all__ = ["ENGINE_VERSION", "ProgramEngine"]

ENGINE_VERSION = "1"
"""Changes when the same program on the same task could give another outcome."""

_LARGE_BUDGET = 1e12  # for the suite's own reference, which nothing bounds yet


@dataclass(frozen=True)
class ProgramEngine:
    """Runs one program on one task.

    Args:
        meter: what a call costs.
        fallback: takes the programs that `meter` cannot run (kind `unsupported`); None leaves them as such outcomes.
        budget: the most a run may cost, in the meter's unit; None: the meter's default, or `budget_ratio` times the
            reference's cost where that is more.
        budget_ratio: see `budget`.
        memory_bytes: the most a run may hold.
    Raises: InvalidOption for a bound that nothing could keep to.
    """

    meter: Meter
    fallback: Meter | None = None
    budget: float | None = None
    budget_ratio: float = 100.0
    memory_bytes: int = 512 << 20

    def __post_init__(self) -> None:
        if self.budget is not None and not 0 < self.budget < math.inf:
            raise InvalidOption(f"a budget is above 0 in the meter's unit, not {self.budget:g}")

    @property
    def provenance(self) -> Provenance:
        """Of the outcomes made by `meter` of programs in Python."""
        return _provenance(self.meter)

    def key(self, task: ProgramTask, candidate: ProgramCandidate, seed: int) -> str:
        """Equal for attempts that cannot differ."""
        fallback = None if self.fallback is None else _provenance(self.fallback, candidate.language).comparable()
        rules: list[Json] = [self.budget, self.budget_ratio, self.memory_bytes, seed]
        meter = _provenance(self.meter, candidate.language).comparable()
        return digest([task.digest, candidate.digest, meter, fallback, rules])

    def run(self, task: ProgramTask, candidate: ProgramCandidate, seed: int) -> Outcome:
        """One attempt. A task whose own script fails gives an outcome without quality, failure kind `task-fault`."""
        try:
            opened = self._opened(task, seed)
        except InvalidTask as fault:
            return self._faulty_task(task, candidate, seed, fault)
        key = self.key(task, candidate, seed)
        outcome = _Attempt(self.meter, opened, task, candidate, seed, self._rules(self.meter)).outcome(key)
        if self.fallback is not None and outcome.failure is not None and outcome.failure.kind == "unsupported":
            rules = self._rules(self.fallback)
            return _Attempt(self.fallback, opened, task, candidate, seed, rules).outcome(key)
        return outcome

    def opened(self, task: ProgramTask) -> OpenTask:
        """The task as `run` opens it: its cases and inputs. Raises: InvalidTask if its script fails."""
        return self._opened(task, 0)

    def _opened(self, task: ProgramTask, seed: int) -> OpenTask:
        """The open task; where its reference is not Python, with what the meter says that it answers."""
        opened = _judge().open(task)
        if task.reference_language == "python":
            return opened
        calls = _reference_calls(self.meter, opened, task, seed, self.memory_bytes)
        return _judge().open(answered(task, opened.inputs, calls))

    def _rules(self, meter: Meter) -> "_Rules":
        # The budget is in the first meter's unit; a fallback has a default of its own.
        if self.budget is not None and meter is self.meter:
            return _Rules(self.budget, 0.0, self.memory_bytes, meter.case_allowance)
        return _Rules(meter.default_budget, self.budget_ratio, self.memory_bytes, meter.case_allowance)

    def _faulty_task(self, task: ProgramTask, candidate: ProgramCandidate, seed: int, fault: InvalidTask) -> Outcome:
        return Outcome(
            task=task.id,
            candidate_set=candidate.candidate_set,
            candidate=candidate.id,
            seed=seed,
            key=self.key(task, candidate, seed),
            quality=None,
            cost=Cost(),
            failure=Failure("task-fault", str(fault)),
            caveats=(),
            provenance=_provenance(self.meter, candidate.language),
            detail=candidate.detail,
        )


@dataclass(frozen=True, slots=True)
class _Rules:
    """How a run's limits follow from its reference."""

    least_budget: float
    budget_ratio: float
    memory_bytes: int
    case_allowance: float

    def limits(self, task: ProgramTask, opened: OpenTask, reference_costs: Sequence[float]) -> Limits:
        if not reference_costs:
            return Limits(self.least_budget, None, self.memory_bytes)
        budget = max(self.least_budget, self.budget_ratio * sum(reference_costs))
        if task.case_limit_ratio is None:
            return Limits(budget, None, self.memory_bytes)
        graded = [cost for cost, case in zip(reference_costs, opened.cases, strict=True) if case.level > 0]
        case_budget = task.case_limit_ratio * max(graded or reference_costs) + self.case_allowance
        return Limits(budget, case_budget, self.memory_bytes)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One candidate on one open task by one meter."""

    meter: Meter
    opened: OpenTask
    task: ProgramTask
    candidate: ProgramCandidate
    seed: int
    rules: _Rules

    def outcome(self, key: str) -> Outcome:
        limits = self._limits()
        run = self._run(limits)
        judgement = self.opened.judge(run.calls) if run.failure is None else Judgement((), None)
        verdicts = self._verdicts(run, judgement)
        censored = self._is_censored(verdicts, run)
        failure = None if censored else _failure(run, verdicts, judgement.wrong)
        costs = [call.cost for call in run.calls] + [None] * (len(verdicts) - len(run.calls))
        return Outcome(
            task=self.task.id,
            candidate_set=self.candidate.candidate_set,
            candidate=self.candidate.id,
            seed=self.seed,
            key=key,
            quality=None if failure is not None and failure.kind == "unsupported" else float(failure is None),
            cost=self._cost(costs, run, complete=not censored),
            failure=failure,
            caveats=run.caveats + (self._censored_caveat(verdicts, run) if censored else ()),
            provenance=_provenance(self.meter, self.candidate.language),
            detail=self._detail(limits, run, verdicts, costs, judgement.wrong),
        )

    def _run(self, limits: Limits) -> Run:
        language, entry_point = self.candidate.language, self.task.entry_point
        meter = self.meter.for_language(language)
        if meter is None:
            told = f"the meter {self.meter.name} does not measure programs in {language}"
            return Run(failure=Failure("unsupported", told))
        run = meter.measure(self.candidate.source, entry_point, self.opened.inputs, limits, self.seed)
        if not meter.exact or language != "python":  # elsewhere a program cannot reach what stands beside its calls
            return run
        idle = _idle_calls(meter, self.opened, entry_point, self.rules.memory_bytes)
        return replace(run, calls=charged(meter, run.calls, idle, limits))

    def _limits(self) -> Limits:
        if self.candidate.candidate_set == REFERENCE:
            return Limits(_LARGE_BUDGET, None, self.rules.memory_bytes)
        costs = [call.cost for call in self._reference_calls() if call.cost is not None]
        return self.rules.limits(self.task, self.opened, costs)

    def _reference_calls(self) -> tuple[Call, ...]:
        return _reference_calls(self.meter, self.opened, self.task, self.seed, self.rules.memory_bytes)

    def _verdicts(self, run: Run, judgement: Judgement) -> list[Verdict]:
        """One a case: the judge's, then `stopped` where a limit ended the run, then `not-run`."""
        verdicts: list[Verdict] = list(judgement.verdicts[: len(run.calls)])
        for index, call in enumerate(run.calls):
            if index >= len(verdicts):
                verdicts.append("stopped" if call.stopped is not None else "unjudged")
            exhausted = call.raised is not None and call.raised[0] in {"MemoryError", "OverflowError"}
            if self.task.case_limit_ratio is not None and exhausted and self.opened.cases[index].level > 0:
                verdicts[index:] = ["stopped"]
                break
        missing: list[Verdict] = ["not-run"] * (len(self.opened.cases) - len(verdicts))
        return verdicts + missing

    def _is_censored(self, verdicts: Sequence[Verdict], run: Run) -> bool:
        """ENAMEL's rule: everything was right until a limit ended a case above level 0."""
        if self.task.case_limit_ratio is None or "stopped" not in verdicts:
            return False
        first = verdicts.index("stopped")
        stopped = run.calls[first].stopped
        by_limit = stopped is None or stopped.kind in {"out-of-fuel", "out-of-time"}  # None: memory, see `_verdicts`
        right_so_far = all(verdict == "ok" for verdict in verdicts[:first])
        return by_limit and right_so_far and self.opened.cases[first].level > 0

    def _censored_caveat(self, verdicts: Sequence[Verdict], run: Run) -> tuple[str, ...]:
        first = verdicts.index("stopped")
        limit = f"{self.task.case_limit_ratio:g} times the reference" if run.calls[first].stopped else "memory or range"
        return (f"stopped on level {self.opened.cases[first].level} at {limit}; counted as correct there",)

    def _cost(self, costs: Sequence[float | None], run: Run, *, complete: bool) -> Cost:
        """The sum over stress cases, or over all where there are none; of a stopped run, what it spent so far."""
        cases = self.opened.cases
        has_stress = any(case.stress for case in cases)
        counted = [cost for cost, case in zip(costs, cases, strict=True) if case.stress or not has_stress]
        known = [cost for cost in counted if cost is not None]
        if not known or not complete:
            return Cost(**run.costs)
        return Cost(**{self.meter.cost_name: sum(known)}, **run.costs)

    def _detail(
        self,
        limits: Limits,
        run: Run,
        verdicts: Sequence[Verdict],
        costs: Sequence[float | None],
        wrong: Wrong | None,
    ) -> dict[str, Json]:
        detail: dict[str, Json] = dict(self.candidate.detail)
        detail["case_level"] = [case.level for case in self.opened.cases]
        detail["case_stress"] = [case.stress for case in self.opened.cases]
        detail["case_size"] = [len(data) for data in self.opened.inputs]
        detail["case_n"] = list(self.opened.sizes)
        detail["case_cost"] = list(costs)
        detail["case_verdict"] = list(verdicts)
        if (behaviour := behaviour_of(run.calls)) and len(run.calls) == len(self.opened.cases):
            detail["behaviour"] = behaviour
        detail["budget"] = limits.budget
        if limits.case_budget is not None:
            detail["case_budget"] = limits.case_budget
        if run.interval is not None:
            detail["cost_interval"] = list(run.interval)
        if run.sandbox is not None:
            detail["sandbox"] = run.sandbox
        if wrong is not None:
            detail["wrong"] = asdict(wrong)
        return detail


def _failure(run: Run, verdicts: Sequence[Verdict], wrong: Wrong | None) -> Failure | None:
    if run.failure is not None:
        return run.failure
    stopped = next((call.stopped for call in run.calls if call.stopped is not None), None)
    if stopped is not None and stopped.kind == "unsupported":
        return stopped
    if wrong is not None:
        raised = run.calls[wrong.case].raised if wrong.case < len(run.calls) else None
        if raised is not None:
            return Failure("exception", f"case {wrong.case}: {raised[0]}: {raised[1]}")
        shown = f"expected {wrong.expected}, got {wrong.got} {wrong.message}".strip()
        return Failure("wrong-answer", f"case {wrong.case}: {shown}")
    if stopped is not None:
        return Failure(stopped.kind, f"case {len(run.calls) - 1}: {stopped.message}")
    assert all(verdict == "ok" for verdict in verdicts), verdicts
    return None


@functools.cache
def _judge() -> Judge:
    """This process's judge; heavy, so made on first use."""
    return Judge()


@functools.lru_cache(maxsize=8)
def _reference_calls(
    meter: Meter, opened: OpenTask, task: ProgramTask, seed: int, memory_bytes: int
) -> tuple[Call, ...]:
    """The reference's calls, or () where there is none or it does not finish."""
    spoken = meter.for_language(task.reference_language)
    if not task.reference or spoken is None:
        return ()
    limits = Limits(_LARGE_BUDGET, None, memory_bytes)
    run = spoken.measure(task.reference, task.entry_point, opened.inputs, limits, seed)
    complete = len(run.calls) == len(opened.inputs) and run.calls[-1].stopped is None
    return run.calls if complete else ()


@functools.lru_cache(maxsize=8)
def _idle_calls(meter: Meter, opened: OpenTask, entry_point: str, memory_bytes: int) -> tuple[Call, ...]:
    """What taking the task's inputs in spends in a program that does nothing."""
    return idle_calls(meter, entry_point, opened.inputs, memory_bytes)


def _provenance(meter: Meter, language: Language = "python") -> Provenance:
    """What the meter says of itself as it measures that language; of itself alone where it does not."""
    spoken = meter.for_language(language) or meter
    return Provenance(
        engine="programs",
        engine_version=ENGINE_VERSION,
        meter=spoken.name,
        meter_identity=spoken.identity(),
        interpreter=spoken.interpreter(),
        machine=spoken.machine(),
        versions=(("perfwise", perfwise.__version__),),
    )
