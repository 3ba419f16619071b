"""Brain: how often words stand at their place says which belong together."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from perfwise.errors import InvalidOption
from perfwise.telemetry.contracts import WILDCARD, Grouping
from perfwise.telemetry.lines import Lines
from perfwise.telemetry.parsers._words import Words, grouped_by_text, masked_texts, same_lines_once
from perfwise.telemetry.scanning.masks import Mask

__all__ = ["Brain"]

_DIGITS = 0.3  # a word with at least this share of digits is a value


@dataclass(frozen=True)
class Brain:
    """Brain: the words of a line that are equally frequent, each at its place, are its root.

    Lines of one length with one root (a frequency, and how many words have it) are a group. Where a group's first line
    has another frequency, a column of at least `threshold` different words makes these words variable in the group.

    Args:
        threshold: different words that make a column variable.
        separators: texts behind which a word ends, beside the comma; each published setting has its own.
        masks: what is replaced before lines are cut.

    Source: Yu et al., Brain, TSC 2023; logpai/logparser 1.0.4, logparser/Brain.
    Differs: the step from the root to more frequent words compares a number with a tuple there and never acts, so that
        it is left out; separators are a parameter and do not depend on the name of the log; equal lines are counted
        once with their number.
    """

    threshold: int = 4
    separators: tuple[str, ...] = (":", "=", "(", ")", "[", "]", "|")
    masks: tuple[Mask, ...] = ()

    def __post_init__(self) -> None:
        if self.threshold < 1:
            raise InvalidOption(f"threshold is at least 1, not {self.threshold}")

    def parse(self, lines: Lines) -> Grouping:
        """The template of every line, known when all are seen."""
        events, counts, which = same_lines_once(masked_texts(lines, self.masks), self._cut)
        often: Counter[tuple[int, str]] = Counter()
        for words, count in zip(events, counts, strict=True):
            for column in enumerate(words):
                often[column] += count
        groups: dict[tuple[int, int, int], list[int]] = {}
        frequencies = [[often[column] for column in enumerate(words)] for words in events]
        for place, found in enumerate(frequencies):
            root = Counter(found).most_common(1)[0]  # of equal ones the first in the line
            groups.setdefault((len(found), *root), []).append(place)
        templates = [""] * len(events)
        for (_, frequency, _), members in groups.items():
            variable = self._variable([events[place] for place in members], frequencies[members[0]], frequency)
            for place in members:
                templates[place] = " ".join(WILDCARD if _is_value(w) or w in variable else w for w in events[place])
        return grouped_by_text(templates[place] for place in which)

    def _cut(self, text: str) -> Words:
        for separator in (*self.separators, ","):
            text = text.replace(separator, f"{separator} ")
        return tuple(re.sub(" +", " ", text).split(" "))

    def _variable(self, lines: Sequence[Words], frequencies: Sequence[int], root: int) -> set[str]:
        found: set[str] = set()
        for column, frequency in enumerate(frequencies):
            if frequency != root:
                words = {line[column] for line in lines}
                if len(words) >= self.threshold:
                    found |= words
        return found


def _is_value(word: str) -> bool:
    if WILDCARD in word:
        return True
    digits = len(re.findall(r"\d", word))
    return digits > 0 and digits / len(word) >= _DIGITS
