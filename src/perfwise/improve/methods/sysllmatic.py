"""Three roles over a catalogue of patterns: one advises, one writes, one evaluates."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from perfwise.improve.asking import (
    client_of,
    conversation,
    fenced,
    hot_lines,
    outcome_of,
    prompt,
    proposals,
    task_text,
)
from perfwise.improve.contracts import Entry, Message, ModelClient, Proposal, Request, State

__all__ = ["SysLLMatic"]


@dataclass(frozen=True)
class SysLLMatic:
    """Advise once, then write, measure and evaluate until enough versions worked.

    A version that works ends a round: the evaluator reads it and the next one starts from the cheapest so far. One that
    fails is written again with its failure, `repairs` times; then the writer starts afresh without patterns and
    feedback; a second such failure in a row ends the run.

    Args:
        steps: working versions after which the run ends.
        repairs: attempts after a failed one before the writer starts afresh.
        temperature: of all roles.

    Source: Peng et al., SysLLMatic: Large Language Models are Software System Optimizers, 2025, arXiv:2506.01249.
    Differs: a version that works and is not cheaper never becomes the base; exact counts by line stand for the flame
        graph; failures are shown in the question instead of in a growing conversation; the catalogue is worded anew.
    """

    steps: int = 2
    repairs: int = 3
    temperature: float = 0.7

    def propose(self, state: State) -> Sequence[Proposal]:
        """The writer's next version; empty at the end."""
        client, stage = client_of(state, "sysllmatic"), _stage(state, self.repairs)
        if stage.worked >= self.steps or stage.fresh >= 2:
            return []
        afresh = stage.fresh > 0
        text = prompt(
            "generator",
            program=fenced(state.best.proposal.text),
            task=task_text(state),
            lines=hot_lines(state, state.best),
            patterns="none" if afresh else self._advice(state, client),
            feedback="none" if afresh or stage.last is None else self._evaluation(state, client, stage.last),
            failures="\n\n".join(_failure(state, entry) for entry in stage.failed) or "none",
        )
        for number in range(2):
            request = Request(conversation(text), self.temperature, sample=2 * state.rounds + number)
            if found := proposals(state, client, [request], parent=state.best, reason="a version after advice"):
                return found
        return []

    def select(self, state: State) -> Entry:
        """The cheapest accepted one."""
        return state.best

    def _advice(self, state: State, client: ModelClient) -> str:
        program = fenced(state.entries[0].proposal.text)
        text = prompt("advisor", program=program, catalogue=prompt("catalogue"))
        return self._said(client, text)

    def _evaluation(self, state: State, client: ModelClient, entry: Entry) -> str:
        text = prompt(
            "evaluator",
            original=fenced(state.entries[0].proposal.text),
            current=fenced(entry.proposal.text),
            outcome=outcome_of(state, entry),
            lines=hot_lines(state, entry),
        )
        return self._said(client, text)

    def _said(self, client: ModelClient, text: str) -> str:
        answer = client.ask(Request((Message("user", text),), self.temperature))
        return fenced(answer.text, "text") if answer.text.strip() else "none"


@dataclass(slots=True)
class _Stage:
    """Where a run is.

    Args:
        worked: versions that worked.
        fresh: fresh starts since the last of them.
        failed: failures since the last of either.
        last: the last version that worked.
    """

    worked: int = 0
    fresh: int = 0
    failed: list[Entry] = field(default_factory=list)
    last: Entry | None = None


def _stage(state: State, repairs: int) -> _Stage:
    stage = _Stage()
    for entry in state.entries[1:]:
        if entry.assessment.finding in {"verified", "dearer"}:
            stage = _Stage(stage.worked + 1, 0, [], entry)
        elif len(stage.failed) < repairs:
            stage.failed.append(entry)
        else:
            stage = _Stage(stage.worked, stage.fresh + 1, [], stage.last)
    return stage


def _failure(state: State, entry: Entry) -> str:
    return f"{fenced(entry.proposal.text)}\n{outcome_of(state, entry)}"
