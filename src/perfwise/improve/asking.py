"""What methods that ask a model share: prompts out of templates, programs out of answers, a bound on patience."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from importlib import resources
from string import Template

from perfwise.core.json import Json, digest
from perfwise.errors import InvalidOption
from perfwise.improve.contracts import Answer, Entry, Message, ModelClient, Proposal, Request, State
from perfwise.kit.chat import from_chat

__all__ = [
    "asked",
    "client_of",
    "conversation",
    "fenced",
    "history",
    "hot_lines",
    "outcome_of",
    "prompt",
    "proposal_of",
    "proposals",
    "task_text",
]

PATIENCE = 2
"""Requests in a row without an answer, after which a round asks no more: the endpoint is taken to be gone."""

_LONGEST = 20_000  # characters of a program that are sent; what is longer is not asked about
_SHOWN = 300


def client_of(state: State, method: str) -> ModelClient:
    """The model. Raises: InvalidOption where none was given."""
    if state.client is None:
        raise InvalidOption(f"the method {method} asks a model; name one by --llm URL --model NAME")
    return state.client


@cache
def _template(name: str) -> Template:
    text = resources.files("perfwise.improve.prompts").joinpath(f"{name}.txt").read_text("utf-8")
    return Template("".join(line for line in text.splitlines(keepends=True) if not line.startswith("#:")))


def prompt(name: str, **fields: str) -> str:
    """A template of `improve/prompts`, filled in. What is filled in is not looked at for further fields."""
    return _template(name).substitute(fields).strip()


def fenced(text: str, language: str = "python") -> str:
    """A text between fences that are longer than any within it, so that it cannot end its own block."""
    longest = max((len(line) - len(line.lstrip("`")) for line in text.splitlines()), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def task_text(state: State) -> str:
    """What is known of the task, as a paragraph; the texts in it are quoted as data."""
    task = state.task
    parts = [
        f"The function that is called is `{task.entry_point}`."
        if task.entry_point
        else "It reads standard input and writes standard output."
    ]
    if task.prompt:
        parts.append(f"Its task:\n{fenced(task.prompt[:_LONGEST], 'text')}")
    if task.examples:
        shown = "\n".join(f"{given[:_SHOWN]} -> {wanted[:_SHOWN]}" for given, wanted in task.examples[:5])
        parts.append(f"Some of its tests:\n{fenced(shown, 'text')}")
    return "\n\n".join(parts)


def conversation(text: str, system: str = "system") -> tuple[Message, ...]:
    """A system message and a question."""
    return (Message("system", prompt(system)), Message("user", text))


def asked(client: ModelClient, requests: Iterable[Request]) -> Iterator[tuple[Request, Answer]]:
    """Ask one by one; after `PATIENCE` failures in a row no more."""
    failures = 0
    for request in requests:
        answer = client.ask(request)
        yield request, answer
        failures = failures + 1 if answer.failure else 0
        if failures >= PATIENCE:
            return


def proposal_of(
    state: State,
    request: Request,
    answer: Answer,
    *,
    parent: Entry,
    reason: str,
    detail: Mapping[str, Json] | None = None,
) -> Proposal | None:
    """The program in an answer, as a proposal; None where there is none, or it is the parent's to the letter.

    Nothing of an answer is run here, and nothing of it but the program goes further.
    """
    if answer.failure:
        return None
    program = from_chat(answer.text, state.task.entry_point)
    if not program.strip() or program.strip() == parent.proposal.text.strip():
        return None
    return Proposal(
        program,
        parent.number,
        "model",
        reason,
        spent={"tokens": float(answer.tokens), "usd": answer.usd},
        detail={"request": digest(asdict(request)), **(detail or {})},
    )


def proposals(
    state: State,
    client: ModelClient,
    requests: Sequence[Request],
    *,
    parent: Entry,
    reason: str,
    details: Sequence[Mapping[str, Json]] = (),
) -> list[Proposal]:
    """The programs in the answers to some requests, in their order; useless answers leave none.

    Args:
        state: of the run.
        client: the model.
        requests: asked one by one.
        parent: what the programs are made from.
        reason: for people.
        details: of each request, kept with its proposal; empty: none.
    """
    found = []
    for place, (request, answer) in enumerate(asked(client, requests)):
        detail = details[place] if details else None
        made = proposal_of(state, request, answer, parent=parent, reason=reason, detail=detail)
        if made is not None:
            found.append(made)
    return found


def outcome_of(state: State, entry: Entry) -> str:
    """What came of a candidate, in a sentence for a model."""
    ratio = state.ratio(entry)
    if entry.assessment.finding == "verified" and ratio is not None:
        return f"right, {ratio:.3g} times as cheap as the original"
    return entry.refusal or entry.assessment.message or entry.assessment.finding


def history(state: State, entries: Sequence[Entry], most: int = 5) -> str:
    """The last candidates and what came of them, as a list of sentences."""
    lines = [f"- {entry.proposal.reason[:_SHOWN]}: {outcome_of(state, entry)[:_SHOWN]}" for entry in entries[-most:]]
    return "\n".join(lines) or "- nothing yet"


def hot_lines(state: State, entry: Entry, most: int = 5) -> str:
    """The dearest lines of a program with their shares of the count; a note where lines are not known."""
    profile = state.profile(entry)
    whole = sum(line.own for line in profile.lines)
    if not whole:
        return "(counts by line are not known)"
    dearest = sorted(profile.lines, key=lambda line: (-line.own, line.line))[:most]
    rows = [
        f"line {each.line}: {each.own / whole:6.1%} of the count, visited {each.visits} times: {each.text.strip()}"
        for each in dearest
    ]
    growth = f"\ngrowth with the size of the input: {profile.growth}" if profile.growth else ""
    return "\n".join(rows) + growth
