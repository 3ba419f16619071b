"""A reward for each candidate."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from perfwise.core.json import Json
from perfwise.improve.contracts import Entry
from perfwise.improve.reward import StepReward

__all__ = ["Rewards"]


@dataclass(frozen=True)
class Rewards:
    """One row a candidate: `query`, `response`, `reward`, and what was found out.

    Source: the step reward of Yang et al., ACECode, arXiv:2412.17264, for its form.
    Differs: the constants are ours and have names (`perfwise.improve.reward`); no claim is made to the paper's.
    """

    def rows(self, name: str, entries: Sequence[Entry], cost_name: str) -> Iterator[dict[str, Json]]:
        """Rows of one archive, without the original."""
        step = StepReward()
        for entry in entries[1:]:
            if entry.same_as is None:
                yield {
                    "problem_id": name,
                    "query": entries[0].proposal.text,
                    "response": entry.proposal.text,
                    "reward": step.of(entry.assessment, entries[0].assessment, cost_name),
                    "finding": entry.assessment.finding,
                    "level": entry.assessment.level,
                }
