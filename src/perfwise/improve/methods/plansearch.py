"""Observations about cost, combined, derived from, and turned into plans and code."""

import itertools
import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from perfwise.improve.asking import asked, client_of, conversation, fenced, hot_lines, prompt, proposals, task_text
from perfwise.improve.contracts import Entry, ModelClient, Proposal, Request, State

__all__ = ["PlanSearch"]

_TRIES = 3
_BULLET = re.compile(r"^\s*(?:[-*]|\d+[.)])\s+(.+)$", re.MULTILINE)


@dataclass(frozen=True)
class PlanSearch:
    """Search among ideas before code: observations about the cost, pairs of them, what follows, then programs.

    The first layer asks for observations; each of `branches` subsets of at most two of them is asked for further ones;
    each of `plans` subsets of at most two of those becomes a plan and a program. Which subsets are taken is drawn by
    the seed, spread over the branches. A list that cannot be read is asked for again, twice at most, at a rising
    temperature.

    Args:
        observations: asked for in the first layer.
        branches: subsets of the first layer that are derived from.
        derived: observations asked for in each branch.
        plans: programs asked for.
        idea_temperature: of observations.
        code_temperature: of programs.
        seed: of the choice of subsets.

    Source: Wang et al., Planning In Natural Language Improves LLM Search For Code Generation, 2024, arXiv:2409.03733.
    Differs: the observations are about cost (which line, which bound, which technique); a sample of the subsets is
        taken instead of all; plan and program come in one answer; no criticised second version of a plan.
    """

    observations: int = 10
    branches: int = 3
    derived: int = 5
    plans: int = 10
    idea_temperature: float = 0.7
    code_temperature: float = 0.2
    seed: int = 0

    def propose(self, state: State) -> Sequence[Proposal]:
        """All programs at once; then the run ends."""
        if state.rounds:
            return []
        original, client = state.entries[0], client_of(state, "plansearch")
        generator = random.Random(self.seed)  # noqa: S311 - spreads the search
        first = self._observed(state, client)
        leaves = [_drawn(generator, first, 2, self.plans)] if first else []
        for subset in _drawn(generator, first, 2, self.branches):
            further = self._derived(state, client, subset)
            leaves.append(_drawn(generator, further, 2, self.plans))
        combined = [
            subset for turn in itertools.zip_longest(*leaves[1:], leaves[0] if leaves else []) for subset in turn
        ]
        chosen = [subset for subset in combined if subset is not None][: self.plans]
        requests = [self._plan(state, subset, number) for number, subset in enumerate(chosen)]
        return proposals(state, client, requests, parent=original, reason="a plan from observations about cost")

    def select(self, state: State) -> Entry:
        """The cheapest accepted one."""
        return state.best

    def _observed(self, state: State, client: ModelClient) -> list[str]:
        original = state.entries[0]
        text = prompt(
            "observations",
            program=fenced(original.proposal.text),
            task=task_text(state),
            count=str(self.observations),
            lines=hot_lines(state, original),
        )
        return self._listed(client, text, self.observations)

    def _derived(self, state: State, client: ModelClient, subset: Sequence[str]) -> list[str]:
        text = prompt(
            "derived",
            program=fenced(state.entries[0].proposal.text),
            task=task_text(state),
            count=str(self.derived),
            observations=_bullets(subset),
        )
        return self._listed(client, text, self.derived)

    def _plan(self, state: State, subset: Sequence[str], number: int) -> Request:
        program = fenced(state.entries[0].proposal.text)
        text = prompt("plan", program=program, task=task_text(state), observations=_bullets(subset))
        return Request(conversation(text), self.code_temperature, sample=number)

    def _listed(self, client: ModelClient, text: str, most: int) -> list[str]:
        messages = conversation(text, "ideas")
        requests = [Request(messages, self.idea_temperature + 0.1 * number, sample=number) for number in range(_TRIES)]
        for _request, answer in asked(client, requests):
            if items := _items(answer.text):
                return items[:most]
        return []


def _items(text: str) -> list[str]:
    """The strings of the JSON list in an answer, or of its bullets."""
    start, end = text.find("["), text.rfind("]")
    if 0 <= start < end:
        try:
            found = json.loads(text[start : end + 1])
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, list):
            return [" ".join(each.split()) for each in found if isinstance(each, str) and each.strip()]
    return [" ".join(each.split()) for each in _BULLET.findall(text)]


def _bullets(items: Sequence[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _drawn(generator: random.Random, items: Sequence[str], most: int, count: int) -> list[tuple[str, ...]]:
    """Some subsets of one to `most` items, without repetition, in the order drawn."""
    subsets = [subset for size in range(1, most + 1) for subset in itertools.combinations(items, size)]
    return generator.sample(subsets, min(count, len(subsets)))
