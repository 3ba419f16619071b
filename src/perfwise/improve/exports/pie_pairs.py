"""Pairs of a slower and a faster program."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from perfwise.core.json import Json
from perfwise.improve.contracts import Entry

__all__ = ["PiePairs"]


@dataclass(frozen=True)
class PiePairs:
    """One row a pair: `input` the slower text, `target` the faster, with the counts of both and their ratio.

    Each accepted step gives a pair with its parent, and the result one with the original.

    Source: Shypula et al., Learning Performance-Improving Code Edits, ICLR 2024, arXiv:2302.07867; the field names of
        LearningOpt/pie's data files.
    Differs: `speedup` is a ratio of exact counts, not of times; `tag` is 1 to 10 by closeness to the best known, as the
        performance-conditioned prompts want it.
    """

    def rows(self, name: str, entries: Sequence[Entry], cost_name: str) -> Iterator[dict[str, Json]]:
        """Rows of one archive."""
        accepted = [one for one in entries if one.accepted]
        best = accepted[-1].assessment.costs.get(cost_name) if accepted else None
        seen: set[tuple[int, int]] = set()
        for after in accepted[1:]:
            for number in dict.fromkeys((after.proposal.parent, 0)):
                before = entries[number]
                slow, fast = (one.assessment.costs.get(cost_name) for one in (before, after))
                if slow is None or not fast or slow <= fast or (number, after.number) in seen:
                    continue
                seen.add((number, after.number))
                yield {
                    "problem_id": name,
                    "input": before.proposal.text,
                    "target": after.proposal.text,
                    "cost_before": slow,
                    "cost_after": fast,
                    "cost_name": cost_name,
                    "speedup": slow / fast,
                    "improvement_frac": 100.0 * (1 - fast / slow),
                    "tag": max(1, min(10, round(10 * (best or fast) / fast))),
                    "reason": after.proposal.reason,
                }
