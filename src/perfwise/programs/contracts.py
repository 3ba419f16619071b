"""The nouns of the programs engine and what its families promise."""

import ast
import functools
import hashlib
import warnings
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from perfwise.core.json import Json, digest
from perfwise.core.outcome import Failure, Outcome

__all__ = [
    "LANGUAGES",
    "Call",
    "CaseResult",
    "FoundInput",
    "InputMethod",
    "KnownInputs",
    "Language",
    "Limits",
    "Meter",
    "ProgramCandidate",
    "ProgramTask",
    "Run",
    "SampleReader",
    "SuiteReader",
    "Trial",
    "Tried",
    "Verdict",
    "cases_of",
]

Language: TypeAlias = Literal["python", "c", "c++", "sql"]

LANGUAGES: Mapping[str, Language] = {
    ".py": "python",
    ".c": "c",
    ".cc": "c++",
    ".cpp": "c++",
    ".cxx": "c++",
    ".sql": "sql",
}
"""What a program file is written in, by the ending of its name."""

Verdict: TypeAlias = Literal["ok", "wrong", "raised", "stopped", "not-run", "unjudged"]


@dataclass(frozen=True, eq=False)
class ProgramTask:
    """What a program is asked to do, and how its answers are judged.

    Args:
        id: unique in a study, e.g. `HumanEval/0`.
        script: Python source that makes the inputs and judges the answers; it runs in the judge's own guest, never
            beside a candidate. docs/task-files.md says which names it may define. It sees `ENTRY_POINT`, `PROMPT`,
            `REFERENCE` and `DATA` of this task.
        entry_point: the function asked for; empty for a program that reads standard input.
        prompt: what the authors of candidates were shown; a completion is appended to it.
        reference: source of a whole correct program, or empty.
        reference_language: what the reference is written in. The judge can only run Python; a reference in another
            language is run by the meter, and what it answers is what is expected.
        data: plain data for the script.
        references: further solutions that the suite ships, as candidates of the set `@reference`.
        case_limit_ratio: where set, a case is stopped at this many times the reference's dearest case, the cases of
            later levels are not run, and the candidate counts as correct on them (ENAMEL's censoring).
    """

    id: str
    script: str
    entry_point: str = ""
    prompt: str = ""
    reference: str = ""
    reference_language: Language = "python"
    data: Json = None
    references: tuple["ProgramCandidate", ...] = ()
    case_limit_ratio: float | None = None

    @property
    def reads_stdin(self) -> bool:
        """Whole programs from standard input to standard output, not functions."""
        return not self.entry_point

    @cached_property
    def digest(self) -> str:
        """Of everything that decides inputs, answers and verdicts."""
        decides: list[Json] = [self.script, self.entry_point, self.prompt, self.reference]
        if self.reference_language != "python":
            decides.append(self.reference_language)
        return digest([*decides, self.data, self.case_limit_ratio])


@dataclass(frozen=True, eq=False)
class ProgramCandidate:
    """A whole program that attempts one task.

    Args:
        id: unique within its set and task.
        candidate_set: e.g. the model that wrote it.
        task: id of the task it attempts.
        source: complete program text, ready to run.
        detail: what its suite says of it, e.g. `{"score": 60.0}` for an EvalPerf reference.
        language: what the source is written in.
    """

    id: str
    candidate_set: str
    task: str
    source: str
    detail: Mapping[str, Json] = field(default_factory=dict)
    language: Language = "python"

    @cached_property
    def digest(self) -> str:
        """Of the syntax tree where the text is Python, so that layout and comments do not matter; else of the text."""
        if self.language != "python":
            return _text_digest(f"{self.language}\0{self.source}")
        return _program_digest(self.source)


@functools.lru_cache(maxsize=1 << 14)  # models repeat themselves, to the letter and close together
def _program_digest(source: str) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a candidate's odd escapes are not the user's
            text = ast.dump(ast.parse(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        text = source
    return _text_digest(text)


def _text_digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one run.

    Args:
        budget: the most that all metered calls together may cost, in the meter's unit.
        case_budget: the most that one call may cost, in the meter's unit; None: only `budget` binds.
        memory_bytes: the most memory a run may hold.
        load_budget: the most that reading in the program may cost.
    """

    budget: float
    case_budget: float | None = None
    memory_bytes: int = 1 << 30
    load_budget: float = 2e9


@dataclass(frozen=True, slots=True)
class Call:
    """What came of one metered call.

    Args:
        cost: in the meter's unit; None if nothing was measured.
        answer: the returned value in the plain-data encoding (`perfwise.programs.plain`), None if there is none.
        raised: (exception type's name, message), None if nothing was raised.
        stopped: why the run ended inside this call, None if it did not.
        taking: what taking the arguments in spent beside the cost, in the meter's unit; 0 where a program cannot reach
            it.
        giving: what giving the answer out spent, likewise.
    """

    cost: float | None
    answer: bytes | None = None
    raised: tuple[str, str] | None = None
    stopped: Failure | None = None
    taking: float = 0.0
    giving: float = 0.0


@dataclass(frozen=True, slots=True)
class Run:
    """What came of running a program: either it could not be read in (`failure`), or its calls, in order.

    There are fewer calls than inputs when one of them ended the run. `costs` holds further amounts of the whole run;
    `interval` is a 95 % interval of the summed cost where the meter is noisy; `sandbox` says where native code ran.
    """

    calls: tuple[Call, ...] = ()
    failure: Failure | None = None
    costs: Mapping[str, float] = field(default_factory=dict)
    interval: tuple[float, float] | None = None
    caveats: tuple[str, ...] = ()
    sandbox: str | None = None


class Meter(Hashable, Protocol):
    """Runs a program on inputs and says what each call costs. Picklable; what is heavy is built on first use."""

    @property
    def name(self) -> str:
        """The method's file name, e.g. `wasm`."""

    @property
    def cost_name(self) -> str:
        """The cost it counts, e.g. `wasm_instructions`."""

    @property
    def exact(self) -> bool:
        """Whether the same program gives the same number on every run and machine."""

    @property
    def default_budget(self) -> float:
        """The least budget of a run, in the meter's unit."""

    @property
    def case_allowance(self) -> float:
        """What a case may cost beyond a limit made from the reference, in the meter's unit: for a cold first call."""

    def for_language(self, language: Language) -> "Meter | None":
        """What measures programs in that language by the same cost; None where this meter cannot.

        A meter by itself measures Python. Raises: MissingExtra, MissingMeter if a compiler is not there.
        """

    def identity(self) -> str:
        """Everything that decides the numbers. Raises: MissingMeter."""

    def interpreter(self) -> str:
        """What runs the program."""

    def machine(self) -> str:
        """`any` when exact, else the machine's class."""

    def measure(self, source: str, entry_point: str, inputs: Sequence[bytes], limits: Limits, seed: int) -> Run:
        """Run a program on inputs in a fresh guest or process.

        Args:
            source: the program.
            entry_point: function to call; empty: run the whole program with the input as standard input.
            inputs: argument tuples in the plain-data encoding; for stdin programs a tuple of one text.
            limits: bounds.
            seed: what `random` starts from.
        """


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case of an outcome.

    Args:
        level: size class of the input, 0 is the smallest.
        stress: whether it is an input made to cost, rather than to test.
        cost: in the meter's unit, None if not measured.
        verdict: `stopped` when a limit ended it, `not-run` after that; `unjudged` when an earlier case already failed.
    """

    level: int
    stress: bool
    cost: float | None
    verdict: Verdict


def cases_of(outcome: Outcome) -> tuple[CaseResult, ...]:
    """The cases of a programs outcome, in the order they ran; empty if the program could not be read in."""
    detail = outcome.detail
    columns = (detail.get(f"case_{name}", []) for name in ("level", "stress", "cost", "verdict"))
    return tuple(CaseResult(*row) for row in zip(*columns, strict=True))


class SuiteReader(Protocol):
    """Reads tasks of one published format."""

    def accepts(self, path: Path) -> bool:
        """Whether the file or folder looks like this format; reads at most its beginning."""

    def read(self, path: Path) -> list[ProgramTask]:
        """All tasks. Raises: InvalidInput naming every fault with file and line."""


class SampleReader(Protocol):
    """Reads candidates of one published format."""

    def accepts(self, path: Path) -> bool:
        """Whether the file or folder looks like this format; reads at most its beginning."""

    def read(self, path: Path, tasks: Mapping[str, ProgramTask], candidate_set: str) -> list[ProgramCandidate]:
        """All candidates, as whole programs. Raises: InvalidInput naming every fault with file and line."""


@dataclass(frozen=True, slots=True)
class KnownInputs:
    """What is known of a program's inputs before any is made.

    Args:
        entry_point: the function that takes them; empty for a program that reads standard input.
        examples: argument tuples in the plain-data encoding.
        source: a program that defines the entry point. Only its signature is read; it is not run.
        generates: whether the task brings `generate(size, seed)`, which gives an argument tuple.
    """

    entry_point: str
    examples: tuple[bytes, ...] = ()
    source: str = ""
    generates: bool = False


@dataclass(frozen=True, slots=True)
class FoundInput:
    """An input that a method made, as what makes it again: short however large the input is.

    Args:
        expression: Python expression of the argument tuple; it may use `random`, and `generate` of the task.
        seed: what `random` starts from before it.
        costs: what it costs each program of the trial, in the meter's unit.
    """

    expression: str
    seed: int
    costs: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one input.

    Args:
        costs: of each program, in the meter's unit; empty where the input was refused.
        refused: why it cannot be used: `contract`, `raised` (the reference, or what makes it), `too-dear`, `disagree`
            (a right program is judged wrong on it), `too-large`; empty where it can.
        arguments: the input in the plain-data encoding, None where it could not be made.
    """

    costs: tuple[float, ...] = ()
    refused: str = ""
    arguments: bytes | None = None


class Trial(Protocol):
    """Makes inputs in a guest and runs the programs at hand on them, within a budget."""

    @property
    def exhausted(self) -> bool:
        """Whether the budget is spent."""

    def run(self, inputs: Sequence[FoundInput]) -> list[Tried]:
        """What came of each input, in order. An input that is refused costs no more than finding that out."""

    def allows(self, inputs: Sequence[bytes]) -> list[bool]:
        """Whether the contracts hold for each argument tuple in the plain-data encoding."""

    def under(self, contract: str) -> "Trial":
        """The same trial, budget and all, that also refuses what a program's `contract(*args)` does not hold for.

        Args:
            contract: source that defines `contract`; an exception or False from it refuses the input.
        """


class InputMethod(Protocol):
    """Makes inputs for a task. Pure: the same question, trial and seed give the same inputs."""

    def make(self, known: KnownInputs, trial: Trial, count: int, seed: int) -> tuple[FoundInput, ...]:
        """At most `count` inputs, the most telling first, each one accepted by the trial.

        Raises: InvalidTask if what is known does not suffice for this method.
        """
