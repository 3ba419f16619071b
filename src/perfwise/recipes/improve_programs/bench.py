"""The programs engine as a bench: a ladder of verification, cheap first, and an exact count that stops the dearer."""

import ast
import functools
import hashlib
import marshal
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from perfwise.core.json import Json
from perfwise.core.outcome import Failure
from perfwise.errors import InvalidCandidate, InvalidTask
from perfwise.improve.accepting import TIE
from perfwise.improve.contracts import Assessment, Counterexample, LineCount, Profile, TaskText
from perfwise.programs import plain
from perfwise.programs.charging import charged, idle_calls
from perfwise.programs.contracts import Call, Limits, Meter, ProgramCandidate, ProgramTask
from perfwise.programs.judge import Judge, OpenTask
from perfwise.programs.probing import Probed, ProbedTask, probed
from perfwise.programs.variation import mutated, scaled
from perfwise.recipes.improve_programs.growth import growth_of
from perfwise.recipes.improve_programs.watching import Seen, Watch, alike, answers_alike, printed, shown, told_apart

__all__ = ["LEVELS", "Effort", "ProgramBench"]

LEVELS = (
    *("parses", "loads", "tests", "counterexamples", "mutations", "scaled inputs", "measured inputs"),
    "further mutations and argument states",
)
"""The rungs. On the last, argument states and output are compared on the measured inputs too."""

_SMALL_BUDGET = 2e7  # of one mutated input
_SCALED_BUDGET = 1e8
_SLOWER = 20.0  # a candidate may spend so many times the original's count on a small input
_SIZES = (30, 200)
_SCALED_FROM = 3  # test inputs that are scaled
_LARGEST_DATA = 4096  # characters of an input that is kept in the archive
_WATCHED_PEAK = 2e8  # count of the dearest input whose memory is traced: tracing takes several times as long


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is tried.

    Args:
        mutations: of each candidate.
        confirming: further mutations of a candidate that is about to be accepted.
        input_budget: the most that the original may spend on one measured input, in the meter's unit.
        memory_bytes: the most that a run may hold.
        seed: of the mutations.
    """

    mutations: int = 40
    confirming: int = 200
    input_budget: float = 2e9
    memory_bytes: int = 512 << 20
    seed: int = 0


@dataclass(frozen=True, slots=True)
class _Expected:
    """Inputs with what the original does on them."""

    inputs: tuple[bytes, ...] = ()
    seen: tuple[Seen, ...] = ()
    budgets: tuple[float, ...] = ()


@dataclass
class _Opened:
    """What is found out of the original once."""

    quick: dict[str, _Expected] = field(default_factory=dict)
    confirming: _Expected = field(default_factory=_Expected)
    measured: tuple[bytes, ...] = ()
    answers: tuple[Call | None, ...] = ()
    idle: tuple[tuple[Call, ...], ...] = ()
    setup: float = 0.0
    unknown: int = 0


class ProgramBench:
    """Holds candidates against one program on one task.

    Args:
        task: gives inputs and judges the original; see `perfwise.programs`.
        source: the original.
        meter: an exact one.
        effort: how much is tried.
    """

    def __init__(self, task: ProgramTask, source: str, meter: Meter, effort: Effort = Effort()) -> None:
        self._task, self._source, self._meter, self.effort = task, source, meter, effort
        self._watch = Watch(meter, task.entry_point, effort.memory_bytes)
        self._learned: list[Counterexample] = []
        self._opened: _Opened | None = None

    @property
    def identity(self) -> Mapping[str, Json]:
        """See `Bench`."""
        effort = self.effort
        return {
            "task": self._task.id,
            "task_digest": self._task.digest,
            "original": hashlib.sha256(self._source.encode("utf-8", "surrogatepass")).hexdigest()[:32],
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
        return LEVELS

    @functools.cached_property
    def task(self) -> TaskText:
        """See `Bench`."""
        tests = self._ready.quick.get("tests", _Expected())
        examples = [(_input(data), shown(seen)) for data, seen in zip(tests.inputs, tests.seen, strict=True)]
        return TaskText(self._task.id, self._task.prompt, self._task.entry_point, tuple(examples[:5]))

    def key(self, text: str) -> str:
        """See `Bench`: of the syntax tree where it parses."""
        return ProgramCandidate("", "", "", text).digest

    # The original

    @functools.cached_property
    def _open_task(self) -> OpenTask:
        return Judge().open(self._task)

    @property
    def _ready(self) -> _Opened:
        if self._opened is None:
            self.baseline()
        assert self._opened is not None
        return self._opened

    def baseline(self) -> Assessment:
        """See `Bench`. Raises: InvalidCandidate, with a code, if the original cannot be improved; InvalidTask."""
        _check_parses(self._source)
        opened = self._open_task
        tests = [one for one, case in zip(opened.inputs, opened.cases, strict=True) if not case.stress]
        stress = [one for one, case in zip(opened.inputs, opened.cases, strict=True) if case.stress]
        self._check_tests(opened, len(tests) if tests else len(stress))
        ready = self._opened = _Opened()
        ready.quick["tests"] = self._expected(tests, self.effort.input_budget)
        if self._task.entry_point:
            self._make_inputs(ready, tests or stress[:3])
        for expected in (*ready.quick.values(), ready.confirming):
            self._check_deterministic(expected)
        _check_measurable(ready.quick["tests"])
        larger = ready.quick.get("scaled inputs", _Expected()).inputs
        ready.measured = tuple(stress or dict.fromkeys([*tests, *larger]))
        ready.setup = self._setup_cost(self._source)
        return self._measure_original(ready)

    def _make_inputs(self, ready: _Opened, examples: Sequence[bytes]) -> None:
        effort = self.effort
        near = mutated(examples, effort.mutations + effort.confirming, effort.seed)
        ready.quick["mutations"] = self._expected(near[: effort.mutations], _SMALL_BUDGET)
        ready.confirming = self._expected(near[effort.mutations :], _SMALL_BUDGET)
        large = [one for size in _SIZES for one in scaled(examples[:_SCALED_FROM], size, effort.seed)]
        ready.quick["scaled inputs"] = self._expected(large, _SCALED_BUDGET)
        made = len(near) + len(large)
        ready.unknown = made - sum(
            len(each.inputs) for each in (ready.quick["mutations"], ready.confirming, ready.quick["scaled inputs"])
        )

    def _expected(self, inputs: Sequence[bytes], budget: float) -> _Expected:
        """Those inputs on which the original comes to an end that can be compared."""
        if not inputs:
            return _Expected()
        seen = self._watch.see(self._source, inputs, [budget] * len(inputs))
        if isinstance(seen, Failure):
            raise InvalidCandidate(f"the original cannot be read in: {seen}", code="original-fails")
        known = [(data, one) for data, one in zip(inputs, seen, strict=True) if one.known]
        budgets = tuple(max(_SMALL_BUDGET, _SLOWER * (one.cost or 0.0)) for _, one in known)
        return _Expected(tuple(data for data, _ in known), tuple(one for _, one in known), budgets)

    def _check_tests(self, opened: OpenTask, first: int) -> None:
        """The tests, or where there are none the stress inputs, by the task's own judge."""
        limits = Limits(self.effort.input_budget * max(first, 1), None, self.effort.memory_bytes)
        run = self._meter.measure(self._source, self._task.entry_point, opened.inputs[:first], limits, 0)
        if run.failure is not None:
            raise InvalidCandidate(f"the original cannot be read in: {run.failure}", code="original-fails")
        if run.calls and run.calls[-1].stopped is not None and not opened.cases[len(run.calls) - 1].stress:
            raise InvalidCandidate(f"a test stops the original: {run.calls[-1].stopped}", code="original-fails")
        judged = opened.judge(run.calls)
        if judged.wrong is not None:
            wrong = judged.wrong
            instead = "" if wrong.expected is None else f" instead of {wrong.expected}"
            told = f"on {wrong.input} it gives {wrong.got}{instead} {wrong.message}".rstrip()
            raise InvalidCandidate(f"the original fails its tests: {told}; mend it first", code="original-fails")

    def _check_deterministic(self, expected: _Expected) -> None:
        """Other entropy, another time and another order must not change what it does."""
        inputs, budgets = expected.inputs[::-1], expected.budgets[::-1]
        if not inputs:
            return
        again = self._watch.see(self._source, inputs, budgets, seed=1)
        if isinstance(again, Failure):
            raise InvalidCandidate(f"the original cannot be read in: {again}", code="original-fails")
        for data, first, second in zip(inputs, expected.seen[::-1], again, strict=True):
            if second.known and not alike(first, second):
                told = f"on {_input(data)} it once gives {shown(first)} and once {shown(second)}"
                raise InvalidCandidate(
                    f"the original is not deterministic, so nothing can be held against it: {told}",
                    code="not-deterministic",
                )

    def _setup_cost(self, source: str) -> float:
        """What running the module's own statements costs, e.g. imports and tables; 0 for programs run as a whole."""
        if not self._task.entry_point:
            return 0.0
        text = (
            f"_code = compile({source!r}, '<candidate>', 'exec')\n"
            "def setup(): exec(_code, {'__name__': 'candidate', '__builtins__': __builtins__})\n"
        )
        limits = Limits(self.effort.input_budget, None, self.effort.memory_bytes)
        run = self._meter.measure(text, "setup", [plain.dumps(())], limits, 0)
        return (run.calls[0].cost or 0.0) if run.calls else 0.0

    def _measure_original(self, ready: _Opened) -> Assessment:
        entry, memory = self._task.entry_point, self.effort.memory_bytes
        ready.idle = tuple(idle_calls(self._meter, entry, [data], memory) for data in ready.measured)
        budget = self.effort.input_budget
        calls = [self._one(self._source, place, budget) for place in range(len(ready.measured))]
        kept = [place for place, call in enumerate(calls) if call.stopped is None or call.stopped.kind == "out-of-fuel"]
        if not kept:
            raise InvalidCandidate(f"no input can be measured: {calls[0].stopped}", code="not-measurable")
        ready.measured = tuple(ready.measured[place] for place in kept)
        ready.idle = tuple(ready.idle[place] for place in kept)
        calls = [calls[place] for place in kept]
        order = sorted(range(len(calls)), key=lambda place: (calls[place].stopped is not None, calls[place].cost or 0))
        ready.measured = tuple(ready.measured[place] for place in order)
        ready.idle = tuple(ready.idle[place] for place in order)
        ready.answers = tuple(None if calls[place].stopped else calls[place] for place in order)
        costs = [None if calls[place].stopped else calls[place].cost for place in order]
        tried = sum(len(each.inputs) for each in ready.quick.values()) + sum(cost is not None for cost in costs)
        caveats = []
        if len(kept) < len(self._open_task.inputs) and len(kept) < len(calls):
            caveats.append("some inputs could not be measured and are left out")
        return Assessment(
            "verified",
            LEVELS[-1],
            self._costs(costs, self._source, 0.0),
            tuple(costs),
            sum(cost is None for cost in costs),
            tried,
            ready.unknown + sum(cost is None for cost in costs),
            behaviour=_behaviour([one for each in ready.quick.values() for one in each.seen]),
            caveats=tuple(caveats),
        )

    def _one(self, source: str, place: int, budget: float) -> Call:
        """One measured input in a fresh guest, work hidden outside the call charged."""
        ready, limits = self._opened, Limits(max(budget, 1.0), None, self.effort.memory_bytes)
        assert ready is not None
        run = self._meter.measure(source, self._task.entry_point, [ready.measured[place]], limits, 0)
        if run.failure is not None:
            return Call(None, stopped=run.failure)
        calls = charged(self._meter, run.calls, ready.idle[place], limits)
        return calls[0] if calls else Call(None, stopped=Failure("crash", "nothing came of the call"))

    def _costs(self, costs: Sequence[float | None], source: str, setup: float) -> dict[str, float]:
        whole = sum(self.effort.input_budget if cost is None else cost for cost in costs) + setup
        found = {self.cost_name: whole}
        peak = self._peak(source, costs)
        return found if peak is None else found | {"peak_bytes": peak}

    def _peak(self, source: str, costs: Sequence[float | None]) -> float | None:
        """Most bytes that the interpreter held for the program on its dearest input that is not too dear to trace."""
        assert self._opened is not None
        cheap = [place for place, cost in enumerate(costs) if cost is not None and cost < _WATCHED_PEAK]
        if not cheap or not self._task.entry_point:
            return None
        text = source + _TRACED.format(entry=self._task.entry_point)
        limits = Limits(40 * _WATCHED_PEAK, None, self.effort.memory_bytes)
        run = self._meter.measure(text, "_perfwise_traced", [self._opened.measured[cheap[-1]]], limits, 0)
        if not run.calls or run.calls[0].answer is None:
            return None
        peak = plain.loads(run.calls[0].answer)
        return float(peak) if type(peak) is int and peak >= 0 else None

    # Candidates

    def learn(self, counterexample: Counterexample) -> None:
        """See `Bench`."""
        if counterexample.data and counterexample not in self._learned:
            self._learned.append(counterexample)

    def assess(self, text: str, incumbent: Assessment) -> Assessment:
        """See `Bench`."""
        ready = self._ready
        try:
            _check_parses(text)
        except InvalidCandidate as error:
            return Assessment("broken", message=error.args[0])
        found = self._quick(text, ready)
        if found.finding != "verified":
            return found
        return self._counted(text, ready, incumbent, found)

    def _quick(self, text: str, ready: _Opened) -> Assessment:
        """The small inputs, in one guest: what was learned, tests, mutations, larger ones."""
        parts = {"tests": ready.quick["tests"], "counterexamples": self._counterexamples()}
        parts |= {name: part for name, part in ready.quick.items() if name != "tests"}
        inputs = [data for part in parts.values() for data in part.inputs]
        budgets = [budget for part in parts.values() for budget in part.budgets]
        wanted = [one for part in parts.values() for one in part.seen]
        seen = self._watch.see(text, inputs, budgets) if inputs else []
        if isinstance(seen, Failure):
            return Assessment("broken", LEVELS[0], message=f"it cannot be read in: {seen}")
        level, tried = LEVELS[1], 0
        for name, part in parts.items():
            found = self._difference(text, level, tried, seen[tried : tried + len(part.inputs)], part)
            if found is not None:
                return found
            tried += len(part.inputs)
            level = name
        if not tried and not any(ready.answers):
            return Assessment("unknown", LEVELS[1], message="the original finished no input that could be compared")
        behaviour = _behaviour([one for one, _ in zip(seen, wanted, strict=True)])
        return Assessment("verified", level, tried=tried, unknown=ready.unknown, behaviour=behaviour)

    def _difference(
        self, text: str, level: str, before: int, seen: Sequence[Seen], part: _Expected
    ) -> Assessment | None:
        del text
        for place, (one, wanted) in enumerate(zip(seen, part.seen, strict=True)):
            if one.data is None and one.raised == "out-of-fuel":
                told = f"on {_input(part.inputs[place])} it spends more than {_SLOWER:g} times what the original does"
                return Assessment("dearer", level, tried=before + place, message=told)
            if not alike(one, wanted):
                expected, got = told_apart(wanted, one)
                example = _counterexample(part.inputs[place], expected, got)
                return Assessment("different", level, tried=before + place + 1, counterexample=example)
        return None

    def _counterexamples(self) -> _Expected:
        inputs = [bytes.fromhex(one.data) for one in self._learned]
        return self._expected(inputs, _SCALED_BUDGET)

    def _counted(self, text: str, ready: _Opened, incumbent: Assessment, quick: Assessment) -> Assessment:
        """Count on the measured inputs, each in a fresh guest, until it is dearer than the incumbent."""
        bar = incumbent.costs.get(self.cost_name, float("inf")) * (1 + TIE)
        setup = max(self._setup_cost(text) - ready.setup, 0.0)
        spent, costs, level = setup, list[float | None](), quick.level
        for place, wanted in enumerate(ready.answers):
            limit = min(bar - spent, self.effort.input_budget)
            call = self._one(text, place, limit) if limit > 0 else Call(0.0, stopped=Failure("out-of-fuel", ""))
            if call.stopped is not None and call.stopped.kind == "out-of-fuel":
                costs.append(None)
                spent += min(limit, self.effort.input_budget)
                if limit < self.effort.input_budget:
                    return self._dearer(level, costs, quick, bar)
                continue
            differs = _measured_difference(ready.measured[place], call, wanted)
            if differs is not None:
                return Assessment("different", level, tried=quick.tried + place + 1, counterexample=differs)
            costs.append(call.cost)
            spent += call.cost or 0.0
        return self._finished(text, ready, incumbent, quick, costs, setup)

    def _dearer(self, level: str, costs: Sequence[float | None], quick: Assessment, bar: float) -> Assessment:
        told = f"it was stopped when it had spent what the incumbent spends ({bar:,.0f})"
        return Assessment("dearer", level, {}, tuple(costs), tried=quick.tried, message=told, behaviour=quick.behaviour)

    def _finished(
        self,
        text: str,
        ready: _Opened,
        incumbent: Assessment,
        quick: Assessment,
        costs: Sequence[float | None],
        setup: float,
    ) -> Assessment:
        whole = self._costs_without_peak(costs, setup)
        unfinished = sum(cost is None for cost in costs)
        finished = sum(
            cost is not None and wanted is not None for cost, wanted in zip(costs, ready.answers, strict=True)
        )
        cheaper = whole < incumbent.costs.get(self.cost_name, float("inf")) * (1 - TIE)
        tried = quick.tried + finished
        unknown = quick.unknown + sum(wanted is None for wanted in ready.answers)
        level, amounts = LEVELS[-2], {self.cost_name: whole}
        if cheaper or unfinished < incumbent.unfinished:
            differs, more = self._confirmed(text, ready, costs)
            if differs is not None:
                return Assessment("different", level, tried=tried + more, counterexample=differs)
            tried, level, amounts = tried + more, LEVELS[-1], self._costs(costs, text, setup)
        told = f"{setup:,.0f} of its count are for statements of the module, e.g. imports, once a run"
        caveats = (told,) if setup else ()
        return Assessment(
            "verified", level, amounts, tuple(costs), unfinished, tried, unknown,
            behaviour=quick.behaviour, caveats=caveats,
        )  # fmt: skip

    def _costs_without_peak(self, costs: Sequence[float | None], setup: float) -> float:
        return sum(self.effort.input_budget if cost is None else cost for cost in costs) + setup

    def _confirmed(self, text: str, ready: _Opened, costs: Sequence[float | None]) -> tuple[Counterexample | None, int]:
        """More mutations, and everything that can be seen on the measured inputs. Returns: a difference, how many."""
        part = ready.confirming
        places = [place for place, call in enumerate(ready.answers) if call is not None and costs[place] is not None]
        if self._task.entry_point and places:
            part = self._with_measured(part, ready, places)
        if not part.inputs:
            return None, 0
        seen = self._watch.see(text, part.inputs, part.budgets)
        if isinstance(seen, Failure):
            return _counterexample(part.inputs[0], shown(part.seen[0]), f"no program: {seen}"), 1
        for place, (one, wanted) in enumerate(zip(seen, part.seen, strict=True)):
            if not alike(one, wanted):
                return _counterexample(part.inputs[place], *told_apart(wanted, one)), place + 1
        return None, len(part.inputs)

    def _with_measured(self, part: _Expected, ready: _Opened, places: Sequence[int]) -> _Expected:
        inputs = tuple(ready.measured[place] for place in places)
        if not set(inputs) <= self._watched_measured.keys():
            budgets = [self.effort.input_budget + _SMALL_BUDGET] * len(inputs)
            seen = self._watch.see(self._source, inputs, budgets)
            if isinstance(seen, Failure):
                return part
            self._watched_measured.update(zip(inputs, seen, strict=True))
        more = [(data, self._watched_measured[data]) for data in inputs if self._watched_measured[data].known]
        return _Expected(
            (*part.inputs, *(data for data, _ in more)),
            (*part.seen, *(one for _, one in more)),
            (*part.budgets, *(2 * self.effort.input_budget for _ in more)),
        )

    @functools.cached_property
    def _watched_measured(self) -> dict[bytes, Seen]:
        return {}

    # Where the cost goes

    def profile(self, text: str) -> Profile:
        """See `Bench`: by probes, on the same inputs in one guest."""
        ready = self._ready
        places = [place for place, call in enumerate(ready.answers) if call is not None]
        inputs = [ready.measured[place] for place in places]
        limits = Limits(2 * self.effort.input_budget * max(len(inputs), 1), None, self.effort.memory_bytes)
        run = self._meter.measure(text, self._task.entry_point, inputs, limits, 0)
        costs = [call.cost for call in run.calls if call.stopped is None and call.cost is not None]
        if not costs:
            return Profile(caveats=("no profile: no measured input was finished",))
        task = ProbedTask(
            self._task.entry_point, inputs[: len(costs)], [True] * len(costs), costs, False, self.effort.memory_bytes
        )
        try:
            found = probed(text, task, lines=True)
        except InvalidCandidate as error:
            return Profile(caveats=(f"no profile: {error}",))
        tests = ready.quick.get("tests", _Expected()).inputs or ready.measured
        growth = growth_of(self._meter, self._task, text, tests, self.effort.seed)
        caveats = () if found.complete else ("it takes too many steps to watch every line: these are the first",)
        return Profile(_lines(text, found, sum(costs)), growth, caveats)


def _lines(text: str, found: Probed, cost: float) -> tuple[LineCount, ...]:
    """Counts by line, scaled so that they add up to the count without probes."""
    texts = text.split("\n")
    seen = sum(max(line.spent, 0) for line in found.lines)
    scale = cost / seen if seen else 0.0
    rows = [
        LineCount(
            line.line,
            texts[line.line - 1] if 0 < line.line <= len(texts) else "",
            line.visits,
            max(line.spent, 0) * scale,
            min(max(line.total, 0) * scale, cost),
        )
        for line in found.lines
    ]
    return tuple(sorted(rows, key=lambda row: row.line))


_TRACED = """


def _perfwise_traced(*given):
    import tracemalloc
    tracemalloc.start()
    try:
        {entry}(*given)
    except Exception:
        pass
    return tracemalloc.get_traced_memory()[1]
"""


def _check_parses(text: str) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as error:
        told = f"it is not Python: {error.msg}, line {error.lineno}"
        raise InvalidCandidate(told, code="does-not-parse") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise InvalidCandidate(f"it is not Python: {error}", code="does-not-parse") from None


def _check_measurable(tests: _Expected) -> None:
    """What is done after the call is not counted."""
    if any(one.lazy for one in tests.seen):
        told = "the original returns an iterator, whose work is done after the call and cannot be counted"
        raise InvalidCandidate(f"{told}; wrap it in list()", code="not-measurable")


def _input(data: bytes) -> str:
    arguments = plain.loads(data)
    text = printed(arguments)
    text = text[:-2] + ")" if len(arguments) == 1 else text
    return text if len(text) <= 200 else f"{text[:200]}... ({len(text)} characters)"


def _counterexample(data: bytes, expected: str, got: str) -> Counterexample:
    kept = data.hex()
    return Counterexample(_input(data), expected, got, kept if len(kept) <= _LARGEST_DATA else "")


def _measured_difference(data: bytes, call: Call, wanted: Call | None) -> Counterexample | None:
    if wanted is None:
        return None  # the original did not finish here, so nobody knows
    try:
        return _told_difference(data, call, wanted)
    except InvalidTask:
        return _counterexample(data, shown(_as_seen(wanted)), "bytes that are no plain data")


def _told_difference(data: bytes, call: Call, wanted: Call) -> Counterexample | None:
    got, expected = _as_seen(call), _as_seen(wanted)
    if wanted.answer is not None and call.answer is not None:
        same = answers_alike(wanted.answer, call.answer)
    else:
        same = wanted.raised is not None and call.raised is not None and wanted.raised[0] == call.raised[0]
    return None if same else _counterexample(data, shown(expected), shown(got))


def _as_seen(call: Call) -> Seen:
    if call.answer is not None:
        value = plain.loads(call.answer)
        return Seen(marshal.dumps(((True, type(value).__name__, value), (), [], ""), 2))
    if call.raised is not None:
        return Seen(marshal.dumps(((False, call.raised[0], None), (), [], ""), 2))
    return Seen(None, call.stopped.kind if call.stopped else "")


def _behaviour(seen: Sequence[Seen]) -> str:
    whole = hashlib.sha256()
    for one in seen:
        whole.update(one.data if one.data is not None else b"?" + one.raised.encode())
        whole.update(b"\0")
    return whole.hexdigest()[:32]
