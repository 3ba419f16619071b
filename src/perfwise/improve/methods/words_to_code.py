"""Temperatures mixed, ill-formed answers dropped, the rest tried in turns by kind of behaviour."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from perfwise.core.json import digest
from perfwise.improve.asking import client_of, conversation, fenced, prompt, proposals, task_text
from perfwise.improve.contracts import Entry, Proposal, Request, State
from perfwise.kit.python_text import parsed

__all__ = ["WordsToCode"]


@dataclass(frozen=True)
class WordsToCode:
    """Pool answers of a low and a high temperature, rerank them by what running says, and try them in turns.

    Ill-formed answers (they do not parse) go last. Answers of one skeleton (the syntax tree without names and
    constants) are a group. One of each group is tried first; then the other members, groups whose first member was
    verified before those that could not be compared, those that failed last, one from each group at a time.

    Args:
        cold: answers at the low temperature.
        warm: answers at the high one.
        temperatures: (low, high).

    Source: Khatry et al., From Words to Code: Harnessing Data for Program Synthesis from Natural Language, 2023,
        arXiv:2305.01598.
    Differs: groups are of equal skeleton until one member was run, since every run here costs; outputs are compared
        with the original's instead of with a predicted output.
    """

    cold: int = 4
    warm: int = 8
    temperatures: tuple[float, float] = (0.2, 1.0)

    def propose(self, state: State) -> Sequence[Proposal]:
        """First one of each group, then the rest, reranked."""
        if state.rounds > 1:
            return []
        groups = self._groups(state)
        if state.rounds == 0:
            return [members[0] for members in groups.values()]
        ranks = _ranks(state, list(groups))
        return _in_turns([groups[name][1:] for name in sorted(groups, key=ranks.__getitem__)])

    def select(self, state: State) -> Entry:
        """The cheapest accepted one."""
        return state.best

    def _groups(self, state: State) -> dict[str, list[Proposal]]:
        original, client = state.entries[0], client_of(state, "words_to_code")
        messages = conversation(prompt("sample", program=fenced(original.proposal.text), task=task_text(state)))
        low, high = self.temperatures
        requests = [Request(messages, low if n < self.cold else high, sample=n) for n in range(self.cold + self.warm)]
        groups: dict[str, list[Proposal]] = {}
        for made in proposals(state, client, requests, parent=original, reason="a model's version"):
            skeleton = _skeleton(made.text)
            known = groups.setdefault(skeleton, [])
            if all(made.text != other.text for other in known):
                known.append(replace(made, detail={**made.detail, "group": skeleton}))
        return dict(sorted(groups.items(), key=lambda item: item[0] == ""))  # those that do not parse go last


def _skeleton(text: str) -> str:
    tree = parsed(text)
    return "" if tree is None else digest([type(node).__name__ for node in ast.walk(tree)])


def _ranks(state: State, order: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Of each group: what came of its first member, then its place."""
    findings = {str(entry.proposal.detail.get("group", "")): entry.assessment.finding for entry in state.entries[1:]}
    classes = {"verified": 0, "dearer": 0, "unknown": 1}
    return {name: (classes.get(findings.get(name, "broken"), 2), place) for place, name in enumerate(order)}


def _in_turns(groups: Sequence[Sequence[Proposal]]) -> list[Proposal]:
    return [each for turn in zip_longest(*groups) for each in turn if each is not None]
