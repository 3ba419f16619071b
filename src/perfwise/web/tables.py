"""The rows that a page shows: outcomes beside the cheapest success of their task, and failures with what went wrong."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from perfwise.core.json import Json
from perfwise.core.outcome import Outcome
from perfwise.web.embedding import Place
from perfwise.web.findings import Findings
from perfwise.web.gathering import Gathered
from perfwise.web.set_metrics import priced

__all__ = ["FailureGroup", "Row", "cases", "evidence", "failures", "row", "rows"]

State = Literal["succeeded", "failed", "unjudged"]
_LONGEST = 4000  # characters of an input or an answer


@dataclass(frozen=True, slots=True)
class Row:
    """One outcome in a table.

    Args:
        place: (index of its part, index in the part).
        set_name: as readers see it.
        outcome: itself.
        cost: the amount compared; None if it is not known.
        ratio: of that to the cheapest success of the task; None unless it succeeded.
    """

    place: Place
    set_name: str
    outcome: Outcome
    cost: float | None
    ratio: float | None

    @property
    def state(self) -> State:
        """What came of it, in a word."""
        if self.outcome.failure is not None:
            return "failed"
        return "unjudged" if self.outcome.quality is None else "succeeded"


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Failures of one kind at one task, and one of them in full.

    Args:
        task, set_name, kind: what they have in common.
        times: how many.
        candidate: of the example.
        message: of the example.
        evidence: (what, text) of the example, e.g. its input, what was expected and what came.
    """

    task: str
    set_name: str
    kind: str
    times: int
    candidate: str
    message: str
    evidence: tuple[tuple[str, str], ...]


def row(place: Place, set_name: str, outcome: Outcome, cost: str, cheapest: Mapping[str, float]) -> Row:
    """One row."""
    known = outcome.cost.get(cost)
    least = cheapest.get(outcome.task)
    ratio = None if known is None or least is None or not priced(outcome, cost) else known / least
    return Row(place, set_name, outcome, known, ratio)


def rows(gathered: Gathered, found: Findings, most: int) -> list[Row]:
    """All outcomes but the references, in their order; where there are too many, those that ask for a look.

    Args:
        gathered: the outcomes.
        found: what was found of them.
        most: rows at the most; then half of it are failures, and the others those dearest beside the task's cheapest.
    """
    made = list(_all_rows(gathered, found))
    if len(made) <= most:
        return made
    failed = [one for one in made if one.state != "succeeded"]
    dear = sorted((one for one in made if one.state == "succeeded"), key=lambda one: -(one.ratio or 0.0))
    some = failed[: max(most // 2, most - len(dear))]
    chosen = {one.place for one in [*some, *dear[: most - len(some)]]}
    return [one for one in made if one.place in chosen]


def failures(shown: Sequence[Row], most: int = 40) -> list[FailureGroup]:
    """The failures among the rows, one example of each task, set and kind, in the order of the rows."""
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for one in shown:
        if one.outcome.failure is not None:
            groups.setdefault((one.outcome.task, one.set_name, one.outcome.failure.kind), []).append(one)
    return [_group(*key, members) for key, members in list(groups.items())[:most]]


def evidence(outcome: Outcome) -> tuple[tuple[str, str], ...]:
    """(what, text): the input that failed, what was expected and what came, as far as the engine tells."""
    wrong = outcome.detail.get("wrong")
    told = wrong if isinstance(wrong, Mapping) else {}
    return tuple(
        (name, str(told[name])[:_LONGEST]) for name in ("input", "expected", "got", "message") if told.get(name)
    )


def cases(outcome: Outcome, most: int = 1000) -> list[tuple[str, str, str, str]]:
    """(verdict, level, size, cost) of each case as texts, a dash where the engine does not tell."""
    columns = [outcome.detail.get(f"case_{name}") for name in ("verdict", "level", "size", "cost")]
    listed = [column if isinstance(column, Sequence) and not isinstance(column, str) else () for column in columns]
    return [_case(*values) for values in itertools.islice(itertools.zip_longest(*listed), most)]


def _case(*values: Json) -> tuple[str, str, str, str]:
    verdict, level, size, cost = ("-" if value is None else value for value in values)
    return str(verdict), str(level), str(size), f"{cost:,.10g}" if isinstance(cost, int | float) else str(cost)


def _all_rows(gathered: Gathered, found: Findings) -> Iterator[Row]:
    for number, part in enumerate(gathered.parts):
        for place, outcome in enumerate(part.outcomes):
            label = gathered.labels.get((number, outcome.candidate_set))
            if label is not None:
                yield row((number, place), label, outcome, found.cost, found.cheapest)


def _group(task: str, set_name: str, kind: str, members: Sequence[Row]) -> FailureGroup:
    outcome = members[0].outcome
    message = "" if outcome.failure is None else outcome.failure.message[:_LONGEST]
    return FailureGroup(task, set_name, kind, len(members), outcome.candidate, message, evidence(outcome))
