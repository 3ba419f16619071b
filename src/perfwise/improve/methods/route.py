"""Rules first; a model only where what it may win is worth its tokens."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from perfwise.improve.asking import fenced
from perfwise.improve.contracts import Budget, Entry, ModelClient, Profile, Proposal, State, TaskText
from perfwise.improve.headroom import predicted_headroom
from perfwise.improve.methods.rules import Rules
from perfwise.improve.methods.soap import Soap

__all__ = ["Route"]

_ANSWER_TOKENS = 600


@dataclass(frozen=True)
class Route:
    """Apply rules until none helps; then profile, predict the headroom, and ask a model only if that pays.

    It pays where log2(predicted headroom) over the thousands of tokens of a round, prompt and answer, reaches `worth`:
    0.5 asks for a doubling in two thousand tokens. Without a model, or where it does not pay, the run ends with the
    rules.

    Args:
        worth: doublings of the cost that a thousand tokens must promise, at least 0.
        rules: the first method.
        model: the second.

    Source: Zhu et al., EllieSQL: Cost-Efficient Text-to-SQL with Complexity-Aware Routing, 2025, arXiv:2503.22402.
    Differs: the router is a formula over the profile, not a trained model; the tiers are rules and one model method.
        `perfwise.improve.headroom` has TEP and its arc form.
    """

    worth: float = 0.5
    rules: Rules = field(default_factory=Rules)
    model: Soap = field(default_factory=Soap)

    def propose(self, state: State) -> Sequence[Proposal]:
        """Of the rules while they have any; then of the model's method, or nothing."""
        asked = [entry for entry in state.entries[1:] if entry.proposal.origin == "model"]
        if not asked and (found := self.rules.propose(state)):
            return found
        by_rules = len(state.entries) - 1 - len(asked)
        if state.client is None or (not asked and not self._pays(state)):
            return []
        return [replace(each, origin="model") for each in self.model.propose(_Later(state, by_rules))]

    def select(self, state: State) -> Entry:
        """The cheapest accepted one."""
        return state.best

    def _pays(self, state: State) -> bool:
        headroom = predicted_headroom(state.profile(state.best))
        tokens = 2 * len(fenced(state.best.proposal.text)) / 3 + _ANSWER_TOKENS
        return math.log2(headroom) / (tokens / 1000) >= self.worth


@dataclass(frozen=True)
class _Later:
    """A run seen from the round at which its second method began."""

    state: State
    before: int

    @property
    def task(self) -> TaskText:
        return self.state.task

    @property
    def cost_name(self) -> str:
        return self.state.cost_name

    @property
    def entries(self) -> Sequence[Entry]:
        return self.state.entries

    @property
    def best(self) -> Entry:
        return self.state.best

    @property
    def rounds(self) -> int:
        return self.state.rounds - self.before

    @property
    def budget_left(self) -> Budget:
        return self.state.budget_left

    @property
    def client(self) -> ModelClient | None:
        return self.state.client

    def ratio(self, entry: Entry) -> float | None:
        return self.state.ratio(entry)

    def lineage(self, entry: Entry) -> Sequence[Entry]:
        return self.state.lineage(entry)

    def profile(self, entry: Entry) -> Profile:
        return self.state.profile(entry)

    def tried(self, text: str) -> Entry | None:
        return self.state.tried(text)
