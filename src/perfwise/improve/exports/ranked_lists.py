"""Candidates of one program with scores, best first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from perfwise.core.json import Json
from perfwise.improve.contracts import Entry

__all__ = ["RankedLists"]


@dataclass(frozen=True)
class RankedLists:
    """One row a program: `query`, `responses` and their `scores`, as a ranking loss wants them.

    The score is the original's count over the candidate's; 1 for the original, 0 for what is not verified. A candidate
    that was stopped as dearer scores what is known of it: it is worse than every verified one and better than a wrong.

    Source: Yuan et al., RRHF, NeurIPS 2023, arXiv:2304.05302; used for speed by PerfRL, arXiv:2312.05657.
    Differs: correctness and cost are one score here, with the named constant for a dearer one.
    """

    dearer: float = 0.5

    def rows(self, name: str, entries: Sequence[Entry], cost_name: str) -> Iterator[dict[str, Json]]:
        """At most one row of one archive; none for fewer than two distinct candidates."""
        if not entries:
            return
        base = entries[0].assessment.costs.get(cost_name)
        scored = [(self._score(one, base, cost_name), one) for one in entries if one.same_as is None]
        scored.sort(key=lambda pair: (-pair[0], pair[1].number))
        if len(scored) > 1:
            yield {
                "problem_id": name,
                "query": entries[0].proposal.text,
                "responses": [one.proposal.text for _, one in scored],
                "scores": [score for score, _ in scored],
            }

    def _score(self, entry: Entry, base: float | None, cost_name: str) -> float:
        found = entry.assessment
        if found.finding == "dearer":
            return self.dearer
        cost = found.costs.get(cost_name)
        return base / cost if found.finding == "verified" and base and cost else 0.0
