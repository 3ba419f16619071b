"""Many diverse answers, filtered, clustered by behaviour; the cheapest of the chosen cluster."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from perfwise.improve.asking import client_of, conversation, fenced, prompt, proposals, task_text
from perfwise.improve.contracts import Entry, Proposal, Request, State

__all__ = ["AlphaCode"]

_TECHNIQUES = (
    *("hashing", "sorting", "two pointers", "prefix sums", "recursion with memory", "number theory"),
    *("bit operations", "greedy", "dynamic programming", "binary search", "closed form", "builtins only"),
)
_STYLES = ("few lines", "no imports", "standard library", "iterative", "one pass", "early exit")


@dataclass(frozen=True)
class AlphaCode:
    """Sample at a high temperature under random tags, drop what fails, cluster by behaviour, take the cheapest.

    The cluster with the most samples is chosen among those that hold an accepted candidate; inside it the cheapest
    wins, never the cheapest of all.

    Args:
        samples: answers asked for.
        batch: asked for at a time; a round's end is a place to stop by budget.
        temperature: of sampling.
        seed: of the tags.

    Source: Li et al., Competition-Level Code Generation with AlphaCode, Science 378, 2022, arXiv:2203.07814.
    Differs: the bench's own varied inputs stand in for the second model's; the original takes the place of the example
        tests' answers, so clusters that differ from it are told and never win.
    """

    samples: int = 20
    batch: int = 10
    temperature: float = 1.0
    seed: int = 0

    def propose(self, state: State) -> Sequence[Proposal]:
        """The next batch; empty when all samples were asked for."""
        original, client = state.entries[0], client_of(state, "alphacode")
        first = state.rounds * self.batch
        requests = [self._request(state, number) for number in range(first, min(first + self.batch, self.samples))]
        return proposals(state, client, requests, parent=original, reason="a model's sample")

    def select(self, state: State) -> Entry:
        """The cheapest accepted candidate of the largest cluster that holds one."""
        sizes = Counter(entry.assessment.behaviour for entry in state.entries[1:] if entry.assessment.behaviour)
        accepted = [entry for entry in state.entries if entry.accepted]
        largest = max(sizes[entry.assessment.behaviour] for entry in accepted)
        return [entry for entry in accepted if sizes[entry.assessment.behaviour] == largest][-1]

    def _request(self, state: State, number: int) -> Request:
        generator = random.Random(f"{self.seed}/{number}")  # noqa: S311 - spreads tags
        tags = ", ".join((*generator.sample(_TECHNIQUES, 2), generator.choice(_STYLES)))
        program = fenced(state.entries[0].proposal.text)
        text = prompt("alphacode", program=program, task=task_text(state), tags=tags)
        return Request(conversation(text), self.temperature, sample=number)
