"""The nouns of improving: what a proposer sees and offers, what a bench finds out, what a method promises."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from perfwise.core.json import Json

__all__ = [
    "Answer",
    "Assessment",
    "Bench",
    "Budget",
    "Counterexample",
    "Entry",
    "Finding",
    "LineCount",
    "Message",
    "Method",
    "ModelClient",
    "Profile",
    "Proposal",
    "Request",
    "State",
    "TaskText",
]

Finding: TypeAlias = Literal["verified", "different", "broken", "dearer", "unknown"]
"""What was found out of a candidate.

`verified`: it behaves as the original on everything that was tried, up to the level told. `different`: there is a
counterexample. `broken`: it does not parse, load, or meet a static precondition. `dearer`: it was stopped as soon as
it had spent what the incumbent spends; it may be right. `unknown`: nothing could be compared.
"""


# What is proposed


@dataclass(frozen=True, slots=True)
class Proposal:
    """A text offered in place of its parent.

    Args:
        text: the whole candidate.
        parent: number of the entry that it was made from; 0 is the original.
        origin: what made it, e.g. a rule's name, `model`, `person`; reports group by it.
        reason: what was changed and why that is allowed, in a sentence for people.
        tier: how far the maker vouches for it: `A` provable from the text, `B` needs a fact about types or ranges that
            was inferred, `C` or empty: checked by running only.
        spent: amounts that making it took, by name with a unit: `tokens`, `usd`.
        detail: plain data that the method wants to find again, e.g. the digests of the requests behind it.
    """

    text: str
    parent: int = 0
    origin: str = ""
    reason: str = ""
    tier: str = ""
    spent: Mapping[str, float] = field(default_factory=dict)
    detail: Mapping[str, Json] = field(default_factory=dict)


# What is found out


@dataclass(frozen=True, slots=True)
class Counterexample:
    """An input on which a candidate does not behave as the original, as texts for people and models.

    Args:
        input: the arguments, shortened.
        expected: what the original does.
        got: what the candidate does.
        data: the input itself as the bench writes it, so that it can be kept and tried again; empty if too large.
    """

    input: str
    expected: str
    got: str
    data: str = ""


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a bench found out of one text.

    Args:
        finding: see `Finding`.
        level: the highest rung of the bench's ladder that was passed; empty if none.
        costs: amounts by name with a unit: the counted one (`Bench.cost_name`), `peak_bytes`; unknown ones are absent.
        by_input: the counted cost of each measured input, None where it was not finished or not measured.
        unfinished: how many measured inputs it did not finish within their budgets. Fewer is better than any count.
        tried: how many inputs were compared with the original.
        unknown: how many inputs could not be compared because the original did not finish them.
        counterexample: where `finding` is `different`.
        message: why it is broken, unknown or dearer, for people; empty otherwise.
        behaviour: digest of everything it answered on the compared inputs, where it ran through them all: equal for
            candidates that behave alike; empty where that is not known.
        caveats: why the numbers deserve doubt, e.g. an input on which a cheaper candidate costs more.
    """

    finding: Finding
    level: str = ""
    costs: Mapping[str, float] = field(default_factory=dict)
    by_input: tuple[float | None, ...] = ()
    unfinished: int = 0
    tried: int = 0
    unknown: int = 0
    counterexample: Counterexample | None = None
    message: str = ""
    behaviour: str = ""
    caveats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LineCount:
    """What a line of a candidate costs over the measured inputs: its own part and with what it calls."""

    line: int
    text: str
    visits: int
    own: float
    total: float


@dataclass(frozen=True, slots=True)
class Profile:
    """Where a candidate's cost goes and how it grows.

    Args:
        lines: in the order of the text; empty if the bench cannot tell.
        growth: class of growth with the size of the input, e.g. `n log n`; empty if unknown.
        caveats: why it deserves doubt.
    """

    lines: tuple[LineCount, ...] = ()
    growth: str = ""
    caveats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskText:
    """What is known of the task in words, for proposers that read.

    Args:
        name: id of the task or name of the file.
        prompt: what the program is for; empty if nobody said.
        entry_point: the function that is called; empty for a program that reads standard input.
        examples: (input, output) of some tests, as short texts.
        language: what candidates are written in: `python`, `c` or `c++`.
    """

    name: str
    prompt: str = ""
    entry_point: str = ""
    examples: tuple[tuple[str, str], ...] = ()
    language: str = "python"


class Bench(Protocol):
    """What an engine gives: it runs texts against the original. Deterministic: equal texts, equal assessments."""

    @property
    def identity(self) -> Mapping[str, Json]:
        """Everything that decides assessments: the original, the task, the meter, the seeds. Kept in the archive."""

    @property
    def original(self) -> str:
        """The text to improve."""

    @property
    def cost_name(self) -> str:
        """The counted cost, e.g. `wasm_instructions`."""

    @property
    def levels(self) -> tuple[str, ...]:
        """The rungs of the ladder, cheap first."""

    @property
    def task(self) -> TaskText:
        """What is known of the task in words."""

    def key(self, text: str) -> str:
        """Equal for texts that cannot differ in behaviour or cost, e.g. a digest of the syntax tree."""

    def baseline(self) -> Assessment:
        """Of the original. Raises: InvalidCandidate if it fails its own tests or is not deterministic."""

    def assess(self, text: str, incumbent: Assessment) -> Assessment:
        """Of a candidate, which is stopped as soon as it has spent more than the incumbent."""

    def learn(self, counterexample: Counterexample) -> None:
        """Try this input early on later candidates."""

    def profile(self, text: str) -> Profile:
        """Where the cost of a text goes. Costly: ask for few."""


# What is kept


@dataclass(frozen=True, slots=True)
class Entry:
    """A candidate in the archive.

    Args:
        number: its place; 0 is the original.
        proposal: what was offered.
        assessment: what was found out.
        accepted: whether it became the incumbent.
        refusal: why it did not; empty if it did.
        same_as: number of an earlier entry with the same key, whose assessment it took over; None if it was assessed.
    """

    number: int
    proposal: Proposal
    assessment: Assessment
    accepted: bool
    refusal: str = ""
    same_as: int | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """What a run may spend.

    Args:
        candidates: the most that are assessed, equal ones once.
        baselines: the most that all candidates together may count, as a multiple of the original's count.
        tokens: the most that models may be asked for, prompts and answers together; no request is sent that could pass
            it.
        rounds: the most times that a proposer is asked.
    """

    candidates: int = 64
    baselines: float = 100.0
    tokens: int = 100_000
    rounds: int = 1000


class State(Protocol):
    """What a proposer sees: everything that was tried, with what came of it. Only read."""

    @property
    def task(self) -> TaskText:
        """What is known of the task in words."""

    @property
    def cost_name(self) -> str:
        """Name of the counted cost in `Assessment.costs`."""

    @property
    def entries(self) -> Sequence[Entry]:
        """All so far, in order; the first is the original."""

    @property
    def best(self) -> Entry:
        """The incumbent: the last accepted entry."""

    @property
    def rounds(self) -> int:
        """How many times the proposer was asked before."""

    @property
    def budget_left(self) -> Budget:
        """What is left to spend."""

    @property
    def client(self) -> "ModelClient | None":
        """The model, its answers recorded in the archive and replayed from there; None if none was given."""

    def ratio(self, entry: Entry) -> float | None:
        """The original's count over the entry's: above 1 is cheaper; None if either is not known."""

    def lineage(self, entry: Entry) -> Sequence[Entry]:
        """The entry and those that it was made from, the original first."""

    def profile(self, entry: Entry) -> Profile:
        """Per-line counts and growth; remembered, so asking twice costs once."""

    def tried(self, text: str) -> Entry | None:
        """The entry that has this text, or one that cannot differ from it."""


class Method(Protocol):
    """A proposer and a selection rule. Keeps no state of its own between calls: all it needs is in the state.

    It is deterministic: given the same state and the same answers of the model it proposes the same, so that a run can
    be resumed by asking again.
    """

    def propose(self, state: State) -> Sequence[Proposal]:
        """The next candidates; empty to end the run. Assessed in order, each against the incumbent of the moment."""

    def select(self, state: State) -> Entry:
        """Which accepted entry is the result; most methods return `state.best`."""


# Models


@dataclass(frozen=True, slots=True)
class Message:
    """A turn of a conversation with a model."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Request:
    """What a model is asked.

    Args:
        messages: the conversation.
        temperature: of sampling.
        max_tokens: the most that it may answer.
        sample: number that tells equal requests apart, so that each has an answer of its own.
        options: further fields of the request's JSON body, e.g. `top_p`.
    """

    messages: tuple[Message, ...]
    temperature: float = 0.7
    max_tokens: int = 2048
    sample: int = 0
    options: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request.

    Args:
        text: what the model said; empty if it failed.
        tokens: prompt and answer together.
        usd: what it cost, if a price is known, else 0.
        failure: why there is no answer, for people; empty if there is one.
    """

    text: str
    tokens: int = 0
    usd: float = 0.0
    failure: str = ""


class ModelClient(Protocol):
    """A model behind a door. A failure of the model is an answer, not an exception."""

    @property
    def name(self) -> str:
        """Of the model, as the archive records it."""

    def ask(self, request: Request) -> Answer:
        """Ask once. Raises: nothing for what the endpoint does."""
