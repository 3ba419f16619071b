"""Best of k answers of a model."""

from collections.abc import Sequence
from dataclasses import dataclass

from perfwise.improve.asking import client_of, conversation, fenced, prompt, proposals, task_text
from perfwise.improve.contracts import Entry, Proposal, Request, State

__all__ = ["Sample"]


@dataclass(frozen=True)
class Sample:
    """Ask a model k times for a cheaper version and keep the cheapest that is right.

    Args:
        k: answers asked for, at least 1.
        temperature: of sampling.
        max_tokens: the most of an answer.

    Source: Shypula et al., Learning Performance-Improving Code Edits, ICLR 2024, arXiv:2302.07867 (best of n).
    Differs: what is right is decided beyond the given tests; equal answers are measured once.
    """

    k: int = 10
    temperature: float = 0.8
    max_tokens: int = 2048

    def propose(self, state: State) -> Sequence[Proposal]:
        """All k at once; then the run ends."""
        if state.rounds:
            return []
        original = state.entries[0]
        messages = conversation(prompt("sample", program=fenced(original.proposal.text), task=task_text(state)))
        requests = [Request(messages, self.temperature, self.max_tokens, number) for number in range(self.k)]
        return proposals(state, client_of(state, "sample"), requests, parent=original, reason="a model's version")

    def select(self, state: State) -> Entry:
        """The cheapest accepted one."""
        return state.best
