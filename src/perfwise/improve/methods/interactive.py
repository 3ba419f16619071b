"""A person at the prompt in the place of a model."""

from collections.abc import Sequence
from dataclasses import dataclass

from perfwise.improve.asking import client_of, hot_lines, outcome_of, prompt, proposals
from perfwise.improve.contracts import Entry, Message, Proposal, Request, State

__all__ = ["Interactive"]


@dataclass(frozen=True)
class Interactive:
    """Show a person the cheapest version so far, its counts by line and what came of the last one; take the next.

    What was shown and what was answered is kept in the archive, so a session is resumed and replayed like any other
    run. An empty answer ends it.

    Args:
        turns: the most versions taken.

    Source: Florath, LLM Interactive Optimization of Open Source Python Libraries, 2023, arXiv:2312.14949.
    Differs: the person writes the code, or pastes what a model of their choice wrote; measuring and judging is done
        here.
    """

    turns: int = 100

    def propose(self, state: State) -> Sequence[Proposal]:
        """The person's next version; empty when they are done."""
        if state.rounds >= self.turns:
            return []
        best, last = state.best, state.entries[-1]
        count = best.assessment.costs.get(state.cost_name)
        text = prompt(
            "person",
            program=best.proposal.text.rstrip(),
            total=f"{count:,.0f} {state.cost_name}" if count is not None else "not finished within the budget",
            lines=hot_lines(state, best),
            last=f"Your last version: {outcome_of(state, last)}." if last.number else "Write a cheaper version.",
        )
        request = Request((Message("user", text),), 0.0, sample=state.rounds)
        return proposals(state, client_of(state, "interactive"), [request], parent=best, reason="a person's version")

    def select(self, state: State) -> Entry:
        """The cheapest accepted one."""
        return state.best
