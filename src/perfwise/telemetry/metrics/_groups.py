"""What all metrics of parsers start from: groups of lines and their texts, as arrays."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from perfwise.core.metric import Direction, Terms, mean_of_terms
from perfwise.core.outcome import Outcome
from perfwise.errors import InvalidMetric
from perfwise.telemetry.contracts import Grouping, Measured

__all__ = ["DETAIL", "NORMALISATIONS", "Counts", "OfGroups", "OfTexts", "group_counts", "normalised", "text_counts"]

DETAIL = "scores"
"""Where in an outcome's detail the metrics' values are, by name."""

NORMALISATIONS = ("none", "merged", "corrected")


@dataclass(frozen=True, slots=True)
class Counts:
    """What the metrics are ratios of.

    Args:
        lines: judged.
        right_lines: of these, in a right group, or with the right text.
        found: predicted groups or templates that are judged.
        right_found: of these, right.
        true: true groups or templates that are judged.
        right_true: of these, found.
    """

    lines: int
    right_lines: int
    found: int
    right_found: int
    true: int
    right_true: int


def group_counts(true: Grouping, found: Grouping, at_most: int = 0) -> Counts:
    """Of groups of lines: a group is right if a true group has exactly its lines.

    Args:
        true: the labels.
        found: what a parser gave, of the same lines.
        at_most: only true groups of at most so many lines, and predicted groups with a line of theirs; 0: all.
    """
    _, t = np.unique(true.ids, return_inverse=True)
    _, p = np.unique(found.ids, return_inverse=True)
    return _counts(t, p, np.zeros(0, np.int64), at_most)


def text_counts(true: Grouping, found: Grouping, normalisation: str, at_most: int = 0) -> Counts:
    """Of texts: a predicted template is right if all its lines, and these alone, have its text as the true one.

    A line is right if its text is the true one.

    Args:
        true: the labels.
        found: what a parser gave, of the same lines.
        normalisation: of both texts before they are compared, see `normalised`.
        at_most: only true templates of at most so many lines, and predicted ones with a line of theirs; 0: all.
    """
    codes: dict[str, int] = {}
    t = _coded(true, normalisation, codes)
    p = _coded(found, normalisation, codes)
    lines = _judged(t, at_most)
    pairs = np.unique(np.stack([p[lines], t[lines]]), axis=1)
    whole = np.unique(np.stack([p, t]), axis=1)
    _, kinds = np.unique(whole[0], return_counts=True)
    alone = set(np.unique(whole[0])[kinds == 1].tolist())
    right = {int(a) for a, b in pairs.T if a == b and int(a) in alone}
    found_texts, true_texts = set(p[lines].tolist()), set(t[lines].tolist())
    return Counts(
        int(lines.sum()),
        int((t == p)[lines].sum()),
        len(found_texts),
        len(right),
        len(true_texts),
        len(right & true_texts),
    )


def normalised(text: str, how: str) -> str:
    """A template's text before it is compared.

    Args:
        text: of a template.
        how: `none`: as it is; `merged`: a word with a wildcard in it is a wildcard, and wildcards in a row are one;
            `corrected`: the rules by which loghub's labels were corrected, see the method `pa`.
    """
    if how == "none":
        return text
    if how == "merged":
        words = ["<*>" if "<*>" in word else word for word in text.split()]
        return " ".join(
            word for place, word in enumerate(words) if word != "<*>" or words[place - 1 : place] != ["<*>"]
        )
    if how == "corrected":
        return _corrected(text)
    raise InvalidMetric(f"there is no normalisation {how!r}; there are {', '.join(NORMALISATIONS)}")


_CONSTANTS = {"true", "false", "null", "root", "admin"}
_DELIMITERS = re.compile(r"([\s,!;:=|\"'\[\](){}])")


def _corrected(text: str) -> str:
    parts = _DELIMITERS.split(" ".join(text.split()))
    text = "".join("<*>" if _is_value(part) else part for part in parts)
    before = ""
    while before != text:
        before = text
        text = re.sub(r"<\*>(?:[.]?<\*>)+", "<*>", text)
        text = re.sub(r"(?<![^\s,!;:=|\"'\[\](){}])[\w./-]*<\*>[\w./-]*(?![^\s,!;:=|\"'\[\](){}])", "<*>", text)
    return text


def _is_value(word: str) -> bool:
    return word.lower() in _CONSTANTS or word.isdigit() or bool(re.fullmatch(r"/[^\s/]+(?:/[^\s/]*)*", word))


def _coded(grouping: Grouping, normalisation: str, codes: dict[str, int]) -> NDArray[np.int64]:
    """For each line a number that stands for its text."""
    ids, inverse = np.unique(grouping.ids, return_inverse=True)
    texts = [normalised(grouping.templates.get(int(each), ""), normalisation) for each in ids]
    return np.array([codes.setdefault(text, len(codes)) for text in texts], np.int64)[inverse]


def _judged(t: NDArray[np.int64], at_most: int) -> NDArray[np.bool_]:
    if at_most <= 0:
        return np.ones(len(t), np.bool_)
    _, inverse, sizes = np.unique(t, return_inverse=True, return_counts=True)
    return np.asarray(sizes[inverse] <= at_most)


def _counts(t: NDArray[np.int64], p: NDArray[np.int64], _: NDArray[np.int64], at_most: int) -> Counts:
    lines = _judged(t, at_most)
    sizes_t, sizes_p = np.bincount(t), np.bincount(p)
    pairs, sizes = np.unique(np.stack([t, p]), axis=1, return_counts=True)
    whole = (sizes == sizes_t[pairs[0]]) & (sizes == sizes_p[pairs[1]])
    judged = np.unique(t[lines])
    whole &= np.isin(pairs[0], judged)
    right = int(whole.sum())
    return Counts(int(lines.sum()), int(sizes[whole].sum()), len(np.unique(p[lines])), right, len(judged), right)


class _Shown:
    """What metrics of parsers have in common: values kept with the outcome, averaged over tasks."""

    judges: ClassVar[str] = "logs"
    unit: ClassVar[str] = "share"
    direction: ClassVar[Direction] = "higher"
    combine = staticmethod(mean_of_terms)

    @property
    def name(self) -> str:
        """With its parameters."""
        raise NotImplementedError

    def terms(self, outcomes: Sequence[Outcome], references: Sequence[Outcome]) -> Terms:  # noqa: ARG002
        """The value by task, the mean where a task has several outcomes; without a value it is left out."""
        numbers: dict[str, list[float]] = {}
        for outcome in outcomes:
            scores = outcome.detail.get(DETAIL)
            value = scores.get(self.name) if isinstance(scores, Mapping) else None
            if isinstance(value, int | float) and not isinstance(value, bool):
                numbers.setdefault(outcome.task, []).append(float(value))
        return {task: (sum(values) / len(values),) for task, values in numbers.items()}


class OfGroups(_Shown):
    """A metric of groups of lines."""

    short: ClassVar[str]
    at_most: int

    @property
    def name(self) -> str:
        """With `@N` where only templates of at most N lines are judged."""
        return f"{self.short}@{self.at_most}" if self.at_most else self.short

    def counts(self, true: Grouping, found: Grouping) -> Counts:
        """What the metric is a ratio of."""
        return group_counts(true, found, self.at_most)

    def measure(self, true: Grouping, found: Grouping) -> Measured:
        """The metric on one log."""
        counts = self.counts(true, found)
        if not counts.lines:
            return Measured(None, _nothing(true, self.at_most))
        return Measured(self.ratio(counts))

    def ratio(self, counts: Counts) -> float:
        """The metric of at least one line."""
        raise NotImplementedError


class OfTexts(OfGroups):
    """A metric of the templates' texts."""

    normalisation: str

    def __post_init__(self) -> None:
        normalised("", self.normalisation)

    @property
    def name(self) -> str:
        """With the normalisation, unless it is none, and `@N` where only templates of at most N lines are judged."""
        named = self.short if self.normalisation == "none" else f"{self.short}-{self.normalisation}"
        return f"{named}@{self.at_most}" if self.at_most else named

    def counts(self, true: Grouping, found: Grouping) -> Counts:
        """What the metric is a ratio of."""
        return text_counts(true, found, self.normalisation, self.at_most)


def _nothing(true: Grouping, at_most: int) -> str:
    return f"no true template has at most {at_most} lines" if len(true.ids) else "there are no lines"
