"""Drain as Drain3 has it: a tree of fixed depth, templates that only grow more general."""

from dataclasses import dataclass, field

from perfwise.telemetry.contracts import Grouping
from perfwise.telemetry.learning.learner import TreeLearner
from perfwise.telemetry.learning.state import TreeSettings
from perfwise.telemetry.lines import Lines
from perfwise.telemetry.scanning.masks import Mask

__all__ = ["Drain"]


@dataclass(frozen=True)
class Drain:
    """Drain as Drain3 0.9.11 has it, id for id: online, one pass, compiled, over bytes.

    A line goes down a tree by its number of words and its leading words to a leaf, joins the cluster of the leaf with
    the largest share of equal words, and makes each word that differs a wildcard; or it begins a cluster.

    Args:
        sim_th: least share of equal words.
        depth: levels of the tree, at least 3; depth - 3 leading words choose the leaf.
        max_children: most children of a node.
        max_clusters: least recently used ones go beyond; 0: no bound.
        max_bytes: least recently used ones go when clusters take more bytes; 0: no bound.
        parametrize_numeric_tokens: whether leading words with digits are taken as wildcards.
        extra_delimiters: what separates words beside white space.
        masks: what is replaced before lines are compared.
        threads: that mask and hash lines; the ids do not depend on it.

    Source: He et al., Drain, ICWS 2017; logpai/Drain3 0.9.11, whose ids it reproduces.
    Differs: words are compared by hashes of 62 bits, so that two different words are taken for one with a chance of
        1 in 4.6e18 a pair.
    """

    sim_th: float = 0.4
    depth: int = 4
    max_children: int = 100
    max_clusters: int = 0
    max_bytes: int = 0
    parametrize_numeric_tokens: bool = True
    extra_delimiters: tuple[str, ...] = ()
    masks: tuple[Mask, ...] = ()
    threads: int = field(default=1, compare=False)

    def __post_init__(self) -> None:
        self._settings()

    def learner(self) -> TreeLearner:
        """A state that has seen nothing and learns as this says."""
        return TreeLearner(self._settings(), self.masks, self.extra_delimiters, self.threads)

    def parse(self, lines: Lines) -> Grouping:
        """Learn all lines; each has the id that it had when it was learnt, a template's text is the last one."""
        learner = self.learner()
        learnt = learner.learn(lines)
        notes = () if not learner.scanner.slow.for_all_lines else (_slow_note(self.masks, self.extra_delimiters),)
        return Grouping(learnt.ids, {each.id: each.text for each in learnt.templates}, notes)

    def _settings(self) -> TreeSettings:
        return TreeSettings(
            self.sim_th,
            self.depth,
            self.max_children,
            self.max_clusters or None,
            self.max_bytes or None,
            self.parametrize_numeric_tokens,
        )


def _slow_note(masks: tuple[Mask, ...], delimiters: tuple[str, ...]) -> str:
    named = [f"{mask.name} ({mask.pattern})" for mask in masks if not mask.compiled]
    named += [f"delimiter {each!r}" for each in delimiters if len(each) != 1 or not each.isascii()]
    return f"lines are masked by re, which is slower, because of {', '.join(named)}"
