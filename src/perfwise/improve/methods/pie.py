"""Similar edits that others made, shown to a model, and a tag that asks for the best."""

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfwise.improve.asking import client_of, conversation, fenced, prompt, proposals, task_text
from perfwise.improve.contracts import Entry, Proposal, Request, State
from perfwise.improve.pairs import Pair, nearest, read_pairs

__all__ = ["Pie"]

_LONGEST = 1500  # characters of a shown program, as PIE cuts them


@dataclass(frozen=True)
class Pie:
    """Show the k most similar edits, the most similar last, ask with the highest tag, keep the best of n answers.

    Args:
        pairs: path of a file of pairs: PIE's JSON Lines, or an archive of `perfwise improve`; empty: none are shown.
        k: pairs shown.
        n: answers asked for.
        tag: 1 to 10, how close to the best known the answer shall be.
        temperature: of sampling.

    Source: Shypula et al., Learning Performance-Improving Code Edits, ICLR 2024, arXiv:2302.07867; LearningOpt/pie.
    Differs: likeness is of token trigrams, not of a neural encoder; nothing is fine-tuned, so the tag is a wish.
    """

    pairs: str = ""
    k: int = 4
    n: int = 8
    tag: int = 10
    temperature: float = 0.7

    def propose(self, state: State) -> Sequence[Proposal]:
        """All n at once; then the run ends. Raises: InvalidInput for a file that holds no pairs."""
        if state.rounds:
            return []
        original, client = state.entries[0], client_of(state, "pie")
        text = prompt(
            "pie",
            pairs="".join(_shown(pair) for pair in reversed(self._retrieved(original.proposal.text))),
            program=fenced(original.proposal.text),
            task=task_text(state),
            tag=str(self.tag),
        )
        requests = [Request(conversation(text), self.temperature, sample=number) for number in range(self.n)]
        return proposals(state, client, requests, parent=original, reason="a version after similar edits")

    def select(self, state: State) -> Entry:
        """The cheapest accepted one."""
        return state.best

    def _retrieved(self, program: str) -> list[Pair]:
        return nearest(program, _read(self.pairs), self.k) if self.pairs else []


@functools.lru_cache(maxsize=4)
def _read(path: str) -> tuple[Pair, ...]:
    return tuple(read_pairs(Path(path)))


def _shown(pair: Pair) -> str:
    slow, fast = (re.sub(r"\n\s*\n+", "\n", text)[:_LONGEST] for text in (pair.slow, pair.fast))
    return prompt("pie_pair", slower=fenced(slow), optimised=fenced(fast)) + "\n\n"
