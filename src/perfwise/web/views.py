"""What the live pages and their API read out of a store, in pages and within bounds."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass, replace
from typing import TypeVar

from perfwise.core.outcome import Attempt, Outcome
from perfwise.core.store import Page, RunRecord, Store
from perfwise.core.task import REFERENCE
from perfwise.errors import InvalidOption
from perfwise.web.findings import Findings, chosen_cost, findings
from perfwise.web.gathering import Gathered, gathered, stored_part

__all__ = ["Kept", "OutcomePage", "RunView", "attempted", "outcome_page", "run_view", "side_by_side"]

T = TypeVar("T")

_MOST_OUTCOMES = 100_000  # that a page reads whole
_KEPT = 64


@dataclass(frozen=True, slots=True)
class RunView:
    """A run and how far it is.

    Args:
        run: as stored.
        sets: outcomes committed by set, references among them.
    """

    run: RunRecord
    sets: dict[str, int]

    @property
    def committed(self) -> int:
        """Outcomes so far."""
        return sum(self.sets.values())

    @property
    def ranked(self) -> list[str]:
        """Its sets without the references."""
        return [name for name in self.sets if name != REFERENCE]


@dataclass(frozen=True, slots=True)
class OutcomePage:
    """A page of outcomes.

    Args:
        outcomes: of the page.
        cost: the one that is shown: that which is sorted by, or the one that most of the page know.
        more: whether others follow.
    """

    outcomes: list[Outcome]
    cost: str
    more: bool


class Kept:
    """The newest results of costly work by what they depend on; equal work is done once at a time."""

    def __init__(self) -> None:
        self._results: OrderedDict[Hashable, object] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gave for this key; an error is raised and not kept."""
        with self._lock:
            if key not in self._results:
                self._results[key] = make()
                while len(self._results) > _KEPT:
                    self._results.popitem(last=False)
            self._results.move_to_end(key)
            return self._results[key]  # type: ignore[return-value]


def run_view(store: Store, which: int | str) -> RunView:
    """Raises: InvalidOption if there is no such run."""
    run = store.run(which)
    return RunView(run, store.sets(run))


def outcome_page(store: Store, run: RunRecord, page: Page) -> OutcomePage:
    """One page, and whether more follow. Raises: InvalidOption for an order there cannot be."""
    found = store.page(run, replace(page, limit=page.limit + 1))
    shown = found[: page.limit]
    cost = page.order if page.order not in {"attempt", "quality"} else chosen_cost(shown)
    return OutcomePage(shown, cost, len(found) > page.limit)


def attempted(store: Store, run: RunRecord, attempt: Attempt) -> Outcome:
    """The outcome of an attempt. Raises: InvalidOption if the run has none."""
    outcome = store.outcome(run, attempt)
    if outcome is None:
        raise InvalidOption(f"the run {run.name} has no outcome of {attempt}")
    return outcome


def side_by_side(
    store: Store, sides: Collection[str], cost: str | None, allow: Collection[str] = ()
) -> tuple[Gathered, Findings]:
    """Runs, or sets of runs as RUN:SET, beside each other.

    Raises: InvalidOption for what is not there, and where it is too much for a page.
    """
    for side in sides:
        name, _, wanted = side.partition(":")
        view = run_view(store, name)
        size = view.sets.get(wanted, 0) if wanted else view.committed
        if size > _MOST_OUTCOMES:
            raise InvalidOption(
                f"{side} has {size:,} outcomes, more than the {_MOST_OUTCOMES:,} that a page reads; use perfwise "
                "compare or perfwise report"
            )
    together = gathered(stored_part(store, side) for side in sides)
    return together, findings(together, cost=cost, allow=allow)
