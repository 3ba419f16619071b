"""Spell: the longest common subsequence of a line and a template."""

import re
from dataclasses import dataclass, field

from perfwise.errors import InvalidOption
from perfwise.telemetry.contracts import WILDCARD, Grouping
from perfwise.telemetry.lines import Lines
from perfwise.telemetry.parsers._words import grouped_by_text, masked_texts
from perfwise.telemetry.scanning.masks import Mask

__all__ = ["Spell"]


@dataclass(frozen=True)
class Spell:
    """Spell: online; a line joins the template with which it has the longest subsequence of words in common.

    A line is looked for in a prefix tree of the templates' words, then among templates whose words all occur in it,
    and only then is the longest common subsequence computed; that alone changes a template.

    Args:
        tau: least share of a line's words that must be common.
        masks: what is replaced before lines are cut.

    Source: Du and Li, Spell, ICDM 2016; logpai/logparser 1.0.4, logparser/Spell.
    """

    tau: float = 0.5
    masks: tuple[Mask, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.tau <= 1:
            raise InvalidOption(f"tau is a share from 0 to 1, not {self.tau}")

    def parse(self, lines: Lines) -> Grouping:
        """Learn all lines; a template's text is the last one."""
        state = _State(self.tau)
        once, which = masked_texts(lines, self.masks)
        found = [state.learn(_cut(once[place])) for place in which.tolist()]
        return grouped_by_text(" ".join(cluster.template) for cluster in found)


@dataclass(eq=False)
class _Cluster:
    template: list[str]


@dataclass(eq=False)
class _Node:
    cluster: _Cluster | None = None
    count: int = 0
    children: dict[str, "_Node"] = field(default_factory=dict)


class _State:
    def __init__(self, tau: float) -> None:
        self.tau = tau
        self.clusters: list[_Cluster] = []
        self.root = _Node()

    def learn(self, words: list[str]) -> _Cluster:
        constants = [word for word in words if word != WILDCARD]
        found = self._by_prefix(constants) or self._by_words(constants)
        if found is not None:
            return found
        best = self._by_subsequence(words)
        if best is None:
            made = _Cluster(words)
            self.clusters.append(made)
            self._add(made)
            return made
        template = _generalised(_common(words, best.template), best.template)
        if template != best.template:
            self._remove(best)
            best.template = template
            self._add(best)
        return best

    def _by_prefix(self, constants: list[str]) -> _Cluster | None:
        node = self.root
        for word in constants:
            if word not in node.children:
                continue
            below = node.children[word]
            if below.cluster is None:
                node = below
                continue
            known = sum(each != WILDCARD for each in below.cluster.template)
            if known >= self.tau * len(constants):
                return below.cluster
        return None

    def _by_words(self, constants: list[str]) -> _Cluster | None:
        there = set(constants)
        for cluster in self.clusters:
            if len(cluster.template) >= len(constants) / 2 and all(
                word in there or word == WILDCARD for word in cluster.template
            ):
                return cluster
        return None

    def _by_subsequence(self, words: list[str]) -> _Cluster | None:
        there, best, longest = set(words), None, -1
        for cluster in self.clusters:
            if len(set(cluster.template) & there) < len(words) / 2:
                continue
            length = len(_common(words, cluster.template))
            if length > longest or (
                length == longest and best is not None and len(cluster.template) < len(best.template)
            ):
                best, longest = cluster, length
        return best if longest >= self.tau * len(words) else None

    def _add(self, cluster: _Cluster) -> None:
        node = self.root
        for word in cluster.template:
            if word == WILDCARD:
                continue
            node = node.children.setdefault(word, _Node())
            node.count += 1
        if node.cluster is None and node is not self.root:
            node.cluster = cluster

    def _remove(self, cluster: _Cluster) -> None:
        node = self.root
        for word in cluster.template:
            if word == WILDCARD or word not in node.children:
                continue
            below = node.children[word]
            if below.count == 1:
                del node.children[word]
                return
            below.count -= 1
            node = below


def _cut(text: str) -> list[str]:
    return [word for word in re.split(r"[\s=:,]", text) if word]


def _common(first: list[str], second: list[str]) -> list[str]:
    """The longest common subsequence."""
    lengths = [[0] * (len(second) + 1) for _ in range(len(first) + 1)]
    for i, word in enumerate(first):
        for j, other in enumerate(second):
            lengths[i + 1][j + 1] = lengths[i][j] + 1 if word == other else max(lengths[i + 1][j], lengths[i][j + 1])
    found: list[str] = []
    i, j = len(first), len(second)
    while i and j:
        if lengths[i][j] == lengths[i - 1][j]:
            i -= 1
        elif lengths[i][j] == lengths[i][j - 1]:
            j -= 1
        else:
            found.append(first[i - 1])
            i, j = i - 1, j - 1
    return found[::-1]


def _generalised(common: list[str], template: list[str]) -> list[str]:
    """The template with wildcards for what is not common, up to the last common word."""
    if not common:
        return []
    left, made = common[::-1], list[str]()
    for place, word in enumerate(template):
        if word == left[-1]:
            made.append(word)
            left.pop()
        else:
            made.append(WILDCARD)
        if not left:
            if place < len(template) - 1:
                made.append(WILDCARD)
            break
    return made
