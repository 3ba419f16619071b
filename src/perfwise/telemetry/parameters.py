"""What stood in a line where its template has a wildcard or the name of a mask."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from perfwise.telemetry.contracts import WILDCARD
from perfwise.telemetry.scanning.masks import Mask

__all__ = ["Filled", "Slots"]

_SPACE = r"\s+"


@dataclass(frozen=True, slots=True)
class Filled:
    """The values of one line.

    Args:
        values: in the order of the template's wildcards and names of masks.
        exact: whether the line is the template with these values; else the line's whole text is the only value.
    """

    values: tuple[str, ...]
    exact: bool


@dataclass(frozen=True)
class Slots:
    """The places of one template in which values stand.

    Args:
        template: its text.
        masks: those that lines were masked by.
    """

    template: str
    masks: tuple[Mask, ...] = ()

    @cached_property
    def types(self) -> tuple[str, ...]:
        """What each value is: a mask's name, or `*`."""
        return tuple(self._names.findall(self.template))

    def values(self, line: str) -> Filled:
        """The values of a line of this template. They are always told: of a line that cannot be cut, the whole text."""
        words = line.split()
        if len(words) == len(self._words):
            found: list[str] = []
            for word, pattern in zip(words, self._words, strict=True):
                if pattern is None:
                    found.append(word)
                elif isinstance(pattern, str):
                    if word != pattern:
                        break
                else:
                    match = pattern.fullmatch(word)
                    if match is None:
                        break
                    found += match.groups()
            else:
                return Filled(tuple(found), exact=True)
        match = self._whole.fullmatch(line.strip())
        return Filled((line,), exact=False) if match is None else Filled(match.groups(), exact=True)

    def line(self, values: Sequence[str]) -> str:
        """The line again, with one space between words."""
        left = iter(values)
        return self._names.sub(lambda _: next(left), self.template)

    @cached_property
    def _names(self) -> re.Pattern[str]:
        names = {WILDCARD, *(mask.text for mask in self.masks)}
        return re.compile(
            "<(" + "|".join(re.escape(name[1:-1]) for name in sorted(names, key=len, reverse=True)) + ")>"
        )

    @cached_property
    def _words(self) -> tuple["re.Pattern[str] | str | None", ...]:
        """For each word of the template: the word, None for any word, or a pattern with a group a value."""
        return tuple(self._word(word) for word in self.template.split(" ")) if self.template else ()

    def _word(self, word: str) -> "re.Pattern[str] | str | None":
        if self._names.fullmatch(word):
            return None
        return re.compile(self._pattern(word, r"(\S+?)")) if self._names.search(word) else word

    @cached_property
    def _whole(self) -> re.Pattern[str]:
        return re.compile(_SPACE.join(self._pattern(word, "(.+?)") for word in self.template.split(" ")), re.DOTALL)

    def _pattern(self, word: str, group: str) -> str:
        parts = self._names.split(word)  # texts and names in turns
        return group.join(re.escape(part) for part in parts[::2])
