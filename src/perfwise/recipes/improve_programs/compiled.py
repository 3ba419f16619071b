"""C and C++ programs as a bench: compiled, run beside the original on tests and varied inputs, counted exactly."""

import functools
import hashlib
import marshal
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from perfwise.core.json import Json
from perfwise.core.outcome import Failure
from perfwise.errors import InvalidCandidate, MissingMeter
from perfwise.improve.accepting import TIE
from perfwise.improve.contracts import Assessment, Counterexample, Profile, TaskText
from perfwise.programs import plain
from perfwise.programs.contracts import Call, Language, Limits, Meter, ProgramTask, Run
from perfwise.programs.judge import Judge, OpenTask
from perfwise.programs.variation import mutated
from perfwise.recipes.improve_programs.bench import Effort

__all__ = ["COMPILED_LEVELS", "CompiledBench"]

COMPILED_LEVELS = ("compiles", "tests", "counterexamples", "mutations", "measured inputs")
"""The rungs. A program is a fresh instance for every input, so nothing is carried from one to the next."""

_EFFORT = Effort()
_SMALL_BUDGET = 2e8  # of one varied input
_SLOWER = 20.0  # a candidate may spend so many times the original's count on it
_UNUSABLE = frozenset({"compile-error", "unsupported", "forbidden", "no-entry-point"})
_LARGEST_DATA = 4096  # characters of an input that is kept in the archive


@dataclass(frozen=True, slots=True)
class _Known:
    """An input and what the original answers on it."""

    given: bytes
    answer: bytes
    budget: float


class CompiledBench:
    """Holds candidates in C or C++ against one program on one task.

    Args:
        task: gives inputs and judges the original.
        source: the original.
        language: what both are written in.
        meter: an exact one that has a meter for the language.
        effort: how much is tried.
    Raises: MissingMeter if the meter does not measure the language; MissingExtra without its compiler.
    """

    def __init__(
        self, task: ProgramTask, source: str, language: Language, meter: Meter, effort: Effort = _EFFORT
    ) -> None:
        spoken = meter.for_language(language)
        if spoken is None:
            raise MissingMeter(f"the meter {meter.name} does not measure programs in {language}")
        self._task, self._source, self._language, self._meter, self.effort = task, source, language, spoken, effort
        self._learned: list[Counterexample] = []

    @property
    def identity(self) -> Mapping[str, Json]:
        """See `Bench`."""
        effort = self.effort
        return {
            "task": self._task.id,
            "task_digest": self._task.digest,
            "original": hashlib.sha256(self._source.encode("utf-8", "surrogatepass")).hexdigest()[:32],
            "language": self._language,
            "meter": self._meter.identity(),
            "effort": [effort.mutations, effort.confirming, effort.input_budget, effort.memory_bytes, effort.seed],
        }

    @property
    def original(self) -> str:
        """See `Bench`."""
        return self._source

    @property
    def cost_name(self) -> str:
        """See `Bench`."""
        return self._meter.cost_name

    @property
    def levels(self) -> tuple[str, ...]:
        """See `Bench`."""
        return COMPILED_LEVELS

    @functools.cached_property
    def task(self) -> TaskText:
        """See `Bench`."""
        examples = tuple((_shown(one.given), _shown(one.answer)) for one in self._tests[:5])
        return TaskText(self._task.id, self._task.prompt, self._task.entry_point, examples, self._language)

    def key(self, text: str) -> str:
        """See `Bench`: of the text without white space at line ends."""
        lines = "\n".join(line.rstrip() for line in text.splitlines() if line.strip())
        return hashlib.sha256(lines.encode("utf-8", "surrogatepass")).hexdigest()[:32]

    # The original

    @functools.cached_property
    def _open_task(self) -> OpenTask:
        return Judge().open(self._task)

    @functools.cached_property
    def _tests(self) -> tuple[_Known, ...]:
        opened = self._open_task
        tests = [one for one, case in zip(opened.inputs, opened.cases, strict=True) if not case.stress]
        return self._known(tests, self.effort.input_budget)

    @functools.cached_property
    def _varied(self) -> tuple[_Known, ...]:
        """Varied inputs that the original comes to an end on; others tell nothing."""
        tests = self._open_task.inputs
        if self._task.entry_point:
            made = list(mutated(tests, self.effort.mutations, self.effort.seed))
        else:
            made = _texts(tests, self.effort.mutations, self.effort.seed)
        return self._known(made, _SMALL_BUDGET)

    @functools.cached_property
    def _measured(self) -> tuple[tuple[bytes, Call], ...]:
        """The stress inputs, or the tests where there are none, with what came of the original; cheap ones first."""
        opened = self._open_task
        stress = [one for one, case in zip(opened.inputs, opened.cases, strict=True) if case.stress]
        calls = [
            (given, self._call(self._source, given, self.effort.input_budget)) for given in stress or opened.inputs
        ]
        kept = [(given, call) for given, call in calls if call.answer is not None or _out_of_fuel(call)]
        if not kept:
            raise InvalidCandidate(f"no input can be measured: {calls[0][1].stopped}", code="not-measurable")
        return tuple(sorted(kept, key=lambda one: (_out_of_fuel(one[1]), one[1].cost or 0.0)))

    def _known(self, inputs: Sequence[bytes], budget: float) -> tuple[_Known, ...]:
        calls = [(given, self._call(self._source, given, budget)) for given in inputs]
        return tuple(
            _Known(given, call.answer, max(_SMALL_BUDGET, _SLOWER * (call.cost or 0.0)))
            for given, call in calls
            if call.answer is not None
        )

    def baseline(self) -> Assessment:
        """See `Bench`. Raises: InvalidCandidate, with a code, if the original cannot be improved; InvalidTask."""
        opened, effort = self._open_task, self.effort
        run = self._run(self._source, opened.inputs, effort.input_budget)
        if run.failure is not None:
            raise InvalidCandidate(f"the original cannot be compiled: {run.failure}", code="does-not-parse")
        judged = opened.judge(run.calls)
        if judged.wrong is not None:
            wrong = judged.wrong
            told = f"on {wrong.input} it gives {wrong.got} instead of {wrong.expected}"
            raise InvalidCandidate(f"the original fails its tests: {told}; mend it first", code="original-fails")
        costs = [call.cost if call.answer is not None else None for _, call in self._measured]
        return self._assessment(costs, len(self._tests) + len(self._varied), _digest(self._varied))

    # Candidates

    def learn(self, counterexample: Counterexample) -> None:
        """See `Bench`."""
        if counterexample.data and counterexample not in self._learned:
            self._learned.append(counterexample)

    def assess(self, text: str, incumbent: Assessment) -> Assessment:
        """See `Bench`."""
        learned = self._known([bytes.fromhex(one.data) for one in self._learned], _SMALL_BUDGET)
        rungs = (("tests", self._tests), ("counterexamples", learned), ("mutations", self._varied))
        level, tried = COMPILED_LEVELS[0], 0
        for name, inputs in rungs:
            for one in inputs:
                call = self._call(text, one.given, one.budget)
                if call.stopped is not None and call.stopped.kind in _UNUSABLE:
                    return Assessment("broken", message=f"it cannot be compiled: {call.stopped}")
                tried += 1
                if _out_of_fuel(call):
                    told = f"on {_shown(one.given)} it spends more than {_SLOWER:g} times what the original does"
                    return Assessment("dearer", level, tried=tried, message=told)
                if call.answer != one.answer:
                    return Assessment(
                        "different", level, tried=tried, counterexample=_example(one.given, one.answer, call)
                    )
            level = name
        return self._counted(text, incumbent, tried)

    def _counted(self, text: str, incumbent: Assessment, tried: int) -> Assessment:
        """Each measured input in a fresh instance, until the candidate is dearer than the incumbent."""
        bar = incumbent.costs.get(self.cost_name, float("inf")) * (1 + TIE)
        spent, costs = 0.0, list[float | None]()
        for given, wanted in self._measured:
            limit = min(bar - spent, self.effort.input_budget)
            call = self._call(text, given, limit) if limit > 0 else Call(None, stopped=Failure("out-of-fuel", ""))
            if _out_of_fuel(call) and limit < self.effort.input_budget:
                told = f"it was stopped when it had spent what the incumbent spends ({bar:,.0f})"
                return Assessment("dearer", "mutations", by_input=tuple(costs), tried=tried, message=told)
            if wanted.answer is not None and call.answer != wanted.answer:
                return Assessment("different", "mutations", counterexample=_example(given, wanted.answer, call))
            costs.append(None if _out_of_fuel(call) else call.cost)
            spent += self.effort.input_budget if costs[-1] is None else costs[-1] or 0.0
            tried += wanted.answer is not None
        return self._assessment(costs, tried, _digest(self._varied))

    def profile(self, text: str) -> Profile:
        """See `Bench`: not known by line."""
        del text
        return Profile(caveats=(f"counts by line are of Python programs; this is {self._language}",))

    def _assessment(self, costs: Sequence[float | None], tried: int, behaviour: str) -> Assessment:
        whole = sum(self.effort.input_budget if cost is None else cost for cost in costs)
        unfinished = sum(cost is None for cost in costs)
        unknown = sum(call.answer is None for _, call in self._measured)
        return Assessment(
            "verified", COMPILED_LEVELS[-1], {self.cost_name: whole}, tuple(costs), unfinished, tried, unknown,
            behaviour=behaviour,
        )  # fmt: skip

    def _call(self, text: str, given: bytes, budget: float) -> Call:
        """One input. A program that cannot be read in is a call that was stopped."""
        run = self._run(text, [given], budget)
        if run.failure is not None:
            return Call(None, stopped=run.failure)
        return run.calls[0] if run.calls else Call(None, stopped=Failure("crash", "nothing came of the call"))

    def _run(self, text: str, inputs: Sequence[bytes], budget: float) -> Run:
        limits = Limits(max(budget, 1.0) * max(len(inputs), 1), max(budget, 1.0), self.effort.memory_bytes)
        return self._meter.measure(text, self._task.entry_point, inputs, limits, 0)


def _out_of_fuel(call: Call) -> bool:
    return call.stopped is not None and call.stopped.kind == "out-of-fuel"


def _digest(known: Sequence[_Known]) -> str:
    whole = hashlib.sha256()
    for one in known:
        whole.update(hashlib.sha256(one.answer).digest())
    return whole.hexdigest()[:32]


def _texts(inputs: Sequence[bytes], count: int, seed: int) -> list[bytes]:
    """Standard inputs with one to three of their numbers changed to others with as many digits or fewer."""
    generator = random.Random(seed)  # noqa: S311 - inputs, not secrets
    texts = [marshal.loads(one)[0] for one in inputs]  # noqa: S302 - the judge walked it
    found: dict[str, None] = {}
    for _ in range(6 * count if texts else 0):
        text = texts[generator.randrange(len(texts))]
        for _ in range(generator.choice((1, 1, 2, 3))):
            places = list(re.finditer(r"\d+", text))
            if places:
                place = places[generator.randrange(len(places))]
                text = text[: place.start()] + _number(place[0], generator) + text[place.end() :]
        if text not in texts:
            found.setdefault(text)
        if len(found) == count:
            break
    return [plain.dumps((text,)) for text in found]


def _number(digits: str, generator: random.Random) -> str:
    value = int(digits)
    return str(generator.choice((0, 1, max(value - 1, 0), value + 1, generator.randrange(10 ** len(digits)))))


def _shown(data: bytes) -> str:
    value = marshal.loads(data)  # noqa: S302 - made here, or walked by the judge
    text = repr(value[0] if isinstance(value, tuple) and len(value) == 1 else value)
    return text if len(text) <= 200 else f"{text[:200]}... ({len(text)} characters)"


def _example(given: bytes, answer: bytes, call: Call) -> Counterexample:
    kept = given.hex()
    if call.answer is not None:
        got = _shown(call.answer)
    else:
        got = f"raises {call.raised[0]}" if call.raised is not None else str(call.stopped)
    return Counterexample(_shown(given), _shown(answer), got, kept if len(kept) <= _LARGEST_DATA else "")
