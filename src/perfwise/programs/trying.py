"""Inputs on trial: made in a guest, held to the task's contract, run on the programs at hand, judged."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from perfwise.errors import InvalidTask
from perfwise.programs import plain
from perfwise.programs.contracts import Call, FoundInput, Language, Limits, Meter, ProgramCandidate, ProgramTask, Tried
from perfwise.programs.judge import Judge
from perfwise.programs.writing import only_found

__all__ = ["Bounds", "GuestTrial"]

_MAKING = Limits(2e10, 2e9)  # a whole batch, and one input
_CONTRACT = Limits(2e10, 2e9)
_LARGEST = 1 << 20  # bytes of one input in the plain-data encoding

_MAKER = """


def _perfwise_make(expression, seed):
    import random

    random.seed(seed)
    names = dict(globals(), random=random)
    made = eval(expression, names)
    if type(made) is not tuple:
        raise TypeError(f"an input must be a tuple of arguments, not {type(made).__name__}")
    return made
"""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a search may spend.

    Args:
        case_budget: the most one input may cost one program, in the meter's unit.
        total_budget: the most that all runs together may cost, in the meter's unit.
        memory_bytes: the most a run may hold.
    """

    case_budget: float = 5e8
    total_budget: float = 2e10
    memory_bytes: int = 512 << 20


@dataclass
class _Spent:
    amount: float = 0.0


@dataclass(frozen=True)
class GuestTrial:
    """A trial of a task's right programs.

    Args:
        task: what the programs are asked to do; judges their answers on the inputs.
        programs: right programs, each at most once.
        meter: counts them.
        bounds: on what is spent.
        contracts: sources that each define `contract`.
        generator: source that defines `generate`, or empty.
    """

    task: ProgramTask
    programs: tuple[ProgramCandidate, ...]
    meter: Meter
    bounds: Bounds = Bounds()
    contracts: tuple[str, ...] = ()
    generator: str = ""
    _spent: _Spent = field(default_factory=_Spent)

    @property
    def exhausted(self) -> bool:
        """Whether the budget is spent."""
        return self._spent.amount >= self.bounds.total_budget

    def under(self, contract: str) -> "GuestTrial":
        """The same trial under one more contract. See `Trial.under`."""
        return replace(self, contracts=(*self.contracts, contract))

    def allows(self, inputs: Sequence[bytes]) -> list[bool]:
        """Whether the contracts hold. See `Trial.allows`."""
        tried = [Tried(arguments=data) for data in inputs]
        for contract in self.contracts:
            tried = self._held_to(contract, tried)
        return [not one.refused for one in tried]

    def run(self, inputs: Sequence[FoundInput]) -> list[Tried]:
        """What came of each input. See `Trial.run`."""
        made = self._made(inputs)
        tried = [self._checked_size(call) for call in made]
        for contract in self.contracts:
            tried = self._held_to(contract, tried)
        alive = [place for place, one in enumerate(tried) if not one.refused]
        runs: list[list[Call]] = []
        for program in self.programs:
            arguments = [tried[place].arguments or b"" for place in alive]
            calls = self._calls(program.source, self.task.entry_point, arguments, self._limits(), program.language)
            runs.append(calls)
            for place, call in zip(alive, calls, strict=True):
                tried[place] = _with_cost(tried[place], call)
            kept = [number for number, place in enumerate(alive) if not tried[place].refused]
            alive = [alive[number] for number in kept]
            runs = [[calls[number] for number in kept] for calls in runs]
        for number in self._disputed([inputs[place] for place in alive], runs):
            tried[alive[number]] = replace(tried[alive[number]], refused="disagree", costs=())
        return tried

    def _made(self, inputs: Sequence[FoundInput]) -> list[Call]:
        recipes = [plain.dumps((one.expression, one.seed)) for one in inputs]
        return self._calls(self.generator + _MAKER, "_perfwise_make", recipes, _MAKING)

    def _checked_size(self, call: Call) -> Tried:
        if call.raised is not None:
            return Tried(refused="raised")
        if call.answer is None or len(call.answer) > _LARGEST:
            return Tried(refused="too-large")
        return Tried(arguments=call.answer)

    def _held_to(self, contract: str, tried: list[Tried]) -> list[Tried]:
        alive = [place for place, one in enumerate(tried) if not one.refused]
        arguments = [tried[place].arguments or b"" for place in alive]
        for place, call in zip(alive, self._calls(contract, "contract", arguments, _CONTRACT), strict=True):
            if call.answer is None or plain.loads(call.answer) is False:
                tried[place] = replace(tried[place], refused="contract")
        return tried

    def _limits(self) -> Limits:
        return Limits(1e15, self.bounds.case_budget, self.bounds.memory_bytes)

    def _calls(
        self, source: str, entry_point: str, inputs: Sequence[bytes], limits: Limits, language: Language = "python"
    ) -> list[Call]:
        """One call an input, in fresh guests after one that stopped."""
        meter = self.meter.for_language(language) or self.meter
        calls: list[Call] = []
        while len(calls) < len(inputs):
            run = meter.measure(source, entry_point, inputs[len(calls) :], limits, 0)
            if run.failure is not None:
                raise InvalidTask(
                    f"{self.task.id}: a program that makes or checks inputs cannot be read: {run.failure}"
                )
            calls += run.calls
        self._spent.amount += sum(call.cost or 0.0 for call in calls)
        return calls

    def _disputed(self, inputs: Sequence[FoundInput], runs: Sequence[Sequence[Call]]) -> set[int]:
        """Positions of the inputs on which the task's own judge calls a right program wrong."""
        if not inputs:
            return set()
        try:
            opened = Judge(keep=1).open(only_found(self.task, inputs, self.generator))
        except InvalidTask:
            if len(inputs) == 1:
                return {0}
            halves = range(len(inputs))
            return {at for at in halves if self._disputed([inputs[at]], [[calls[at]] for calls in runs])}
        verdicts = [opened.judge(calls).verdicts for calls in runs]
        return {at for at in range(len(inputs)) if any(one[at : at + 1] != ("ok",) for one in verdicts)}


def _with_cost(tried: Tried, call: Call) -> Tried:
    if call.stopped is not None:
        return replace(tried, refused="too-dear", costs=())
    if call.raised is not None or call.cost is None:
        return replace(tried, refused="raised", costs=())
    return replace(tried, costs=(*tried.costs, call.cost))
