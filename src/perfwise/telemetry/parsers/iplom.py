"""IPLoM: partitions by length, by a column of few words, by how two columns map to each other."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from perfwise.errors import InvalidOption
from perfwise.telemetry.contracts import WILDCARD, Grouping
from perfwise.telemetry.lines import Lines
from perfwise.telemetry.parsers._words import Words, grouped_by_text, masked_texts, same_lines_once
from perfwise.telemetry.scanning.masks import Mask

__all__ = ["Iplom"]

_Maps = dict[str, set[str]]


@dataclass(frozen=True)
class Iplom:
    """IPLoM: iterative partitioning, in four steps.

    Args:
        ct: a partition of which this share of columns has one word is not split by a mapping.
        lower_bound: below this share of different words in lines, the many side of a mapping holds constants.
        upper_bound: above it, that side holds variables, as it also does between the two.
        masks: what is deleted before lines are cut.

    Source: Makanju et al., IPLoM, KDD 2009; logpai/logparser 1.0.4, logparser/IPLoM.
    Differs: the thresholds on the size of partitions (0 there by default) are left out.
    """

    ct: float = 0.35
    lower_bound: float = 0.25
    upper_bound: float = 0.9
    masks: tuple[Mask, ...] = ()

    def __post_init__(self) -> None:
        for name in ("ct", "lower_bound", "upper_bound"):
            if not 0 <= getattr(self, name) <= 1:
                raise InvalidOption(f"{name} is a share from 0 to 1, not {getattr(self, name)}")

    def parse(self, lines: Lines) -> Grouping:
        """The template of every line, known when all are seen."""
        events, counts, which = same_lines_once(masked_texts(lines, self.masks, instead=""), _cut)
        number: Counter[Words] = Counter()
        for words, count in zip(events, counts, strict=True):
            number[words] += count
        by_length: dict[int, list[Words]] = {}
        for words in number:
            by_length.setdefault(len(words), []).append(words)
        templates: dict[Words, str] = {}
        for partition in by_length.values():
            for part, split in _by_column(partition):
                for last in self._by_mapping(part, split, number):
                    templates.update(dict.fromkeys(last, _template(last)))
        return grouped_by_text(templates[events[place]] for place in which)

    def _by_mapping(self, lines: list[Words], split: bool, number: Counter[Words]) -> list[list[Words]]:
        """Step 3. `split`: whether step 2 has split these from others."""
        columns = self._columns(lines, split)
        if columns is None:
            return [lines]
        first, second = columns
        there, back = _maps(lines, first, second), _maps(lines, second, first)
        one_many = {word for word, to in there.items() if len(to) > 1 and all(len(back[each]) == 1 for each in to)}
        many_one = {word for word, to in back.items() if len(to) > 1 and all(len(there[each]) == 1 for each in to)}
        ones = {word for word, to in there.items() if len(to) == 1 and len(back[next(iter(to))]) == 1}
        left = len(there) - len(ones) - len(one_many) - sum(len(back[word]) for word in many_one)
        right = len(back) - len(ones) - sum(len(there[word]) for word in one_many) - len(many_one)
        sizes = _sizes(lines, first, number), _sizes(lines, second, number)
        parts: dict[str | None, list[Words]] = {}
        for words in lines:
            a, b = words[first], words[second]
            if a in ones:
                key: str | None = a
            elif a in one_many:
                key = b if len(there[a]) / sizes[0][a] <= self.lower_bound else a
            elif b in many_one:
                key = a if len(back[b]) / sizes[1][b] <= self.lower_bound else b
            elif split:
                key = None
            else:
                key = a if left < right else b
            parts.setdefault(key, []).append(words)
        return list(parts.values())

    def _columns(self, lines: Sequence[Words], split: bool) -> tuple[int, int] | None:
        length = len(lines[0])
        if length < 2:
            return None
        if length == 2:
            return 0, 1
        kinds = [len({words[column] for words in lines}) for column in range(length)]
        if kinds.count(1) / length >= self.ct:
            return None
        return _most_alike(kinds) if split else _least_frequent(kinds)


def _cut(text: str) -> Words:
    return tuple(word for word in re.split(r"[\s=:,]", text) if word) or (" ",)


def _by_column(lines: list[Words]) -> list[tuple[list[Words], bool]]:
    """Step 2: split by the first of the columns with the fewest words, unless that has one."""
    kinds = [len({words[column] for words in lines}) for column in range(len(lines[0]))]
    column = kinds.index(min(kinds))
    if kinds[column] == 1:
        return [(lines, False)]
    parts: dict[str, list[Words]] = {}
    for words in lines:
        parts.setdefault(words[column], []).append(words)
    return [(part, True) for part in parts.values()]


def _most_alike(kinds: list[int]) -> tuple[int, int] | None:
    """The first two columns with the most common number of words; without a repeat there are none.

    One word does not count, and of equally common numbers the first is taken.
    """
    counted = Counter(count for count in kinds if count != 1)
    most = max(counted.values(), default=0)
    if most < 2:
        return None
    number = next(count for count in counted if counted[count] == most)
    first, second = [column for column, count in enumerate(kinds) if count == number][:2]
    return first, second


def _least_frequent(kinds: list[int]) -> tuple[int, int] | None:
    """The first column whose number of words is least common, and the first where it is second least common."""
    counted = Counter(kinds)
    ranks = sorted(set(counted.values()))
    if len(ranks) < 2:
        return None
    first, second = (next(c for c, count in enumerate(kinds) if counted[count] == rank) for rank in ranks[:2])
    return first, second


def _maps(lines: Sequence[Words], first: int, second: int) -> _Maps:
    found: _Maps = {}
    for words in lines:
        found.setdefault(words[first], set()).add(words[second])
    return found


def _sizes(lines: Sequence[Words], column: int, number: Counter[Words]) -> Counter[str]:
    found: Counter[str] = Counter()
    for words in lines:
        found[words[column]] += number[words]
    return found


def _template(lines: Sequence[Words]) -> str:
    return " ".join(column[0] if len(set(column)) == 1 else WILDCARD for column in zip(*lines, strict=True))
