"""Find inputs that tell a task's right programs apart, and say how well they do."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace

from perfwise.core.family import Family
from perfwise.core.outcome import Outcome
from perfwise.core.task import REFERENCE
from perfwise.errors import InvalidOption, InvalidTask
from perfwise.programs import plain
from perfwise.programs.contracts import FoundInput, InputMethod, KnownInputs, ProgramCandidate, ProgramTask
from perfwise.programs.engine import ProgramEngine
from perfwise.programs.inputs._expressions import literal
from perfwise.programs.inputs._relations import likely_contract
from perfwise.programs.inputs.contract_checked import ContractChecked
from perfwise.programs.judge import OpenTask
from perfwise.programs.separation import Separation, chosen, separation
from perfwise.programs.trying import Bounds, GuestTrial
from perfwise.programs.writing import as_program, defines, with_found, without_block

__all__ = ["Search", "Stressed", "stress"]

_BOUNDS = Bounds()
_EXAMPLES = 60  # known inputs that the methods are shown
_EXAMPLE_BYTES = 20_000  # a larger one says nothing more about what is allowed


@dataclass(frozen=True)
class Search:
    """How to look for inputs.

    Args:
        methods: names in the family `perfwise.programs.inputs`.
        count: the most inputs to keep.
        seed: of everything that is drawn.
        bounds: on what the search may spend.
        contract: assertions on the parameters, which every input must satisfy.
    """

    methods: tuple[str, ...] = ("scale_and_search", "mutation")
    count: int = 3
    seed: int = 0
    bounds: Bounds = _BOUNDS
    contract: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.count < 1 or not self.methods:
            raise InvalidOption(f"a search needs a method and at least 1 input to keep, not {self.count}")


@dataclass(frozen=True)
class Stressed:
    """What a search found for one task.

    Args:
        task: with the found inputs; as it was where none was found that separates better.
        found: the inputs that were kept.
        before: how far the right programs are apart on the task's own inputs.
        after: the same on what is counted, or would be, with the best inputs that were found.
        left_out: the candidates that are not right on the task's own inputs, with the reason.
    """

    task: ProgramTask
    found: tuple[FoundInput, ...]
    before: Separation
    after: Separation
    left_out: tuple[tuple[str, str], ...] = ()


def stress(
    task: ProgramTask, candidates: Sequence[ProgramCandidate], engine: ProgramEngine, search: Search = Search()
) -> Stressed:
    """Search for inputs that separate the right programs of a task, its reference among them.

    An input is kept only if the contract holds for it, every right program survives it within the budget of a case, and
    the task's own judge calls all of them right on it.

    Raises: InvalidTask if the task has no right program, its script fails, or its contract contradicts its own inputs.
    """
    task = replace(task, script=without_block(task.script))
    if task.reference_language != "python":
        raise InvalidTask(
            f"{task.id}: its reference is in {task.reference_language}; stress needs one in Python so far"
        )
    opened = engine.opened(task)
    programs = [*_references(task), *candidates]
    outcomes = [engine.run(task, program, 0) for program in programs]
    right = _distinct(programs, outcomes)
    if not right:
        raise InvalidTask(f"{task.id}: no right program: {_why_none(programs, outcomes)}")
    before = separation(right, engine.meter.cost_name)
    proposed = _proposed(task, [program for program, _ in right], opened, engine, search)
    own = [outcome.cost.get(engine.meter.cost_name, 0.0) if _counts_stress(opened) else 0.0 for _, outcome in right]
    left_out = tuple(
        (f"{one.candidate_set}:{one.id}", str(outcome.failure))
        for one, outcome in zip(programs, outcomes, strict=True)
        if outcome.failure is not None
    )
    kept = chosen(proposed, own, search.count)
    while kept:
        made = with_found(task, kept)
        replayed = [engine.run(made, program, 0) for program, _ in right]
        if all(outcome.quality == 1.0 for outcome in replayed):
            pairs = list(zip([program for program, _ in right], replayed, strict=True))
            after = separation(pairs, engine.meter.cost_name)
            if after.tells_more_than(before):
                return Stressed(made, kept, before, after, left_out)
            return Stressed(task, (), before, after, left_out)
        kept = kept[:-1]  # too dear together for a run's budget
    return Stressed(task, (), before, before, left_out)


def _references(task: ProgramTask) -> list[ProgramCandidate]:
    shipped = list(task.references)
    if task.reference and task.reference not in {one.source for one in shipped}:
        shipped.insert(0, ProgramCandidate("reference", REFERENCE, task.id, task.reference))
    return shipped


def _distinct(
    programs: Sequence[ProgramCandidate], outcomes: Sequence[Outcome]
) -> list[tuple[ProgramCandidate, Outcome]]:
    """The right programs, each text once."""
    found: dict[str, tuple[ProgramCandidate, Outcome]] = {}
    for program, outcome in zip(programs, outcomes, strict=True):
        if outcome.quality == 1.0:
            found.setdefault(program.digest, (program, outcome))
    return list(found.values())


def _why_none(programs: Sequence[ProgramCandidate], outcomes: Sequence[Outcome]) -> str:
    if not programs:
        return "the task has no reference, and there is no candidate for it"
    first = next(outcome for outcome in outcomes if outcome.quality != 1.0)
    return f"{len(programs)} were run; the first, {first.candidate_set}:{first.candidate}, failed: {first.failure}"


def _counts_stress(opened: OpenTask) -> bool:
    return any(case.stress for case in opened.cases)


def _proposed(
    task: ProgramTask,
    right: Sequence[ProgramCandidate],
    opened: OpenTask,
    engine: ProgramEngine,
    search: Search,
) -> list[FoundInput]:
    """Inputs of all methods, each within its share of the budget."""
    generates = defines(task.script, "generate")
    known = KnownInputs(task.entry_point, _examples(opened), _signature(task, right[0]), generates)
    share = replace(search.bounds, total_budget=search.bounds.total_budget / len(search.methods))
    own = defines(task.script, "contract")
    likely = "" if own or search.contract else likely_contract(known)
    contracts = [text for text in (as_program(task) if own else "", likely) if text]
    family = Family("perfwise.programs.inputs")
    found: list[FoundInput] = []
    if own:
        _check_contract(GuestTrial(task, (), engine.meter).under(contracts[0]), known)
    for name in search.methods:
        trial = GuestTrial(task, tuple(right), engine.meter, share, generator=as_program(task) if generates else "")
        for contract in contracts:
            trial = trial.under(contract)
        method: InputMethod = ContractChecked(search.contract, method=name) if search.contract else family.get(name)()
        found += method.make(known, trial, 4 * search.count, search.seed)
    return found


def _signature(task: ProgramTask, program: ProgramCandidate) -> str:
    """A text that shows the arguments: the prompt where it is code with annotations, else a right program."""
    prompt = f"{task.prompt}\n    pass\n"
    try:
        body = ast.parse(prompt).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return program.source
    shows = any(isinstance(each, ast.FunctionDef) and each.name == task.entry_point for each in body)
    return prompt if shows else program.source


def _check_contract(trial: GuestTrial, known: KnownInputs) -> None:
    for data, holds in zip(known.examples, trial.allows(known.examples), strict=True):
        if not holds:
            shown = literal(plain.loads(data)) or f"one of {len(data):,} bytes"
            raise InvalidTask(
                f"{trial.task.id}: its contract contradicts its own inputs: it does not hold for {shown}; "
                "mend the contract, or the input"
            )


def _examples(opened: OpenTask) -> tuple[bytes, ...]:
    """The small inputs of the lowest level that are made to test; whatever is smallest where there are none."""
    cases = list(zip(opened.cases, opened.inputs, strict=True))
    lowest = min(case.level for case in opened.cases)
    small = [data for case, data in cases if case.level == lowest and not case.stress and len(data) <= _EXAMPLE_BYTES]
    return tuple(dict.fromkeys(small or sorted(opened.inputs, key=len)[:3]))[:_EXAMPLES]
