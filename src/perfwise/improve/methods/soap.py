"""An overhead profile by line, again and again, with a real comparison."""

from collections.abc import Sequence
from dataclasses import dataclass

from perfwise.improve.asking import client_of, conversation, fenced, history, hot_lines, prompt, proposals, task_text
from perfwise.improve.contracts import Entry, Proposal, Request, State

__all__ = ["Soap"]


@dataclass(frozen=True)
class Soap:
    """Give the model the counts by line of the cheapest version so far and ask for a cheaper one, for some rounds.

    Args:
        steps: the most versions asked for.
        lines: the dearest lines that are shown.
        temperature: of sampling.

    Source: Huang et al., SOAP: Enhancing Efficiency of Generated Code via Self-Optimization, NeurIPS 2024,
        arXiv:2405.15189.
    Differs: implemented from the paper; a version is the next base only if it is right and counts less, which the
        released script does not ask. Exact counts by line stand for times, and memory by line is not shown.
    """

    steps: int = 5
    lines: int = 5
    temperature: float = 0.3

    def propose(self, state: State) -> Sequence[Proposal]:
        """One version from the cheapest so far; empty after the last step, or where two answers in a row held none."""
        if state.rounds >= self.steps:
            return []
        client, base = client_of(state, "soap"), state.best
        count = base.assessment.costs.get(state.cost_name)
        text = prompt(
            "soap",
            program=fenced(base.proposal.text),
            task=task_text(state),
            total=f"{count:,.0f}" if count is not None else "not finished within the budget",
            lines=hot_lines(state, base, self.lines),
            tried=history(state, state.entries[1:]),
        )
        for number in range(2):
            request = Request(conversation(text), self.temperature, sample=2 * state.rounds + number)
            if found := proposals(state, client, [request], parent=base, reason="a version after the profile"):
                return found
        return []

    def select(self, state: State) -> Entry:
        """The cheapest accepted one."""
        return state.best
