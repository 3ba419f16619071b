"""Drain as logparser has it: other than Drain3 on short lines, and groups by the text of the template."""

from dataclasses import dataclass

from perfwise.telemetry.contracts import Grouping
from perfwise.telemetry.learning.learner import TreeLearner
from perfwise.telemetry.learning.state import TreeSettings
from perfwise.telemetry.lines import Lines
from perfwise.telemetry.parsers._words import grouped_by_text, masked_texts
from perfwise.telemetry.scanning.masks import Mask

__all__ = ["DrainOriginal"]


@dataclass(frozen=True)
class DrainOriginal:
    """Drain as logpai/logparser has it.

    Lines of at most depth - 3 words never join each other, as their clusters never get into the tree; groups of lines
    whose templates end up with one text are one, as a template's id is the digest of its text.

    Args:
        sim_th: least share of equal words, `st` there.
        depth: levels of the tree.
        max_children: most children of a node, `maxChild` there.
        masks: what is replaced before lines are compared, `rex` there.

    Source: He et al., Drain, ICWS 2017; logpai/logparser 1.0.4, logparser/Drain.
    """

    sim_th: float = 0.4
    depth: int = 4
    max_children: int = 100
    masks: tuple[Mask, ...] = ()

    def __post_init__(self) -> None:
        self._settings()

    def parse(self, lines: Lines) -> Grouping:
        """Learn all lines; a template's text is the last one."""
        once, which = masked_texts(lines, self.masks)
        cut = [" ".join(text.split()) for text in once]
        texts = [cut[place] for place in which.tolist()]
        long = [place for place, text in enumerate(texts) if text.count(" ") + bool(text) > self.depth - 3]
        learnt = TreeLearner(self._settings()).learn(Lines.of([texts[place] for place in long]))
        last = {each.id: each.text for each in learnt.templates}
        for place, cluster in zip(long, learnt.ids.tolist(), strict=True):
            texts[place] = last[cluster]
        return grouped_by_text(texts)

    def _settings(self) -> TreeSettings:
        return TreeSettings(self.sim_th, self.depth, self.max_children)
