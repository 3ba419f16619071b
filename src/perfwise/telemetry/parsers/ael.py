"""AEL: equal after masking is one event; events that differ in few places are merged."""

from dataclasses import dataclass

from perfwise.errors import InvalidOption
from perfwise.telemetry.contracts import WILDCARD, Grouping
from perfwise.telemetry.lines import Lines
from perfwise.telemetry.parsers._words import Words, grouped_by_text, masked_texts, same_lines_once
from perfwise.telemetry.scanning.masks import Mask

__all__ = ["Ael"]


@dataclass(frozen=True)
class Ael:
    """AEL: bins by the numbers of words and of masked words, and in each bin merges what differs little.

    Args:
        min_event_count: a bin is merged if it has more events than this.
        merge_percent: largest share of differing words, against the first event of a merged one.
        masks: what is replaced before lines are compared.

    Source: Jiang et al., AEL, QSIC 2008; logpai/logparser 1.0.4, logparser/AEL.
    Differs: identical lines are found by hashing, not by a scan.
    """

    min_event_count: int = 2
    merge_percent: float = 1.0
    masks: tuple[Mask, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.merge_percent <= 1:
            raise InvalidOption(f"merge_percent is a share from 0 to 1, not {self.merge_percent}")

    def parse(self, lines: Lines) -> Grouping:
        """The template of every line, known when all are seen."""
        events, _, which = same_lines_once(masked_texts(lines, self.masks), _cut)
        bins: dict[tuple[int, int], dict[Words, None]] = {}
        for words in events:
            bins.setdefault((len(words), words.count(WILDCARD)), {})[words] = None
        templates = {words: text for each in bins.values() for words, text in self._reconciled(list(each)).items()}
        return grouped_by_text(templates[events[place]] for place in which)

    def _reconciled(self, events: list[Words]) -> dict[Words, str]:
        merged = {words: " ".join(words) for words in events}
        if len(events) <= self.min_event_count:
            return merged
        left = list(events)
        while left:
            first, rest = left[0], []
            members, template = [first], list(first)
            for words in left[1:]:
                differing = [place for place, word in enumerate(words) if word != first[place]]
                if 0 < len(differing) <= self.merge_percent * len(first):
                    members.append(words)
                    for place in differing:
                        template[place] = WILDCARD
                else:
                    rest.append(words)
            merged.update(dict.fromkeys(members, " ".join(template)))
            left = rest
        return merged


def _cut(text: str) -> Words:
    return tuple(text.split())
