"""Islands of programs with a grid of elites each: who lives where, derived from the entries of a run."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from perfwise.improve.accepting import changed_lines
from perfwise.improve.contracts import Entry, State

__all__ = ["Island", "cell_of", "fitness", "islands"]

_BINS = 10


@dataclass(slots=True)
class Island:
    """One island.

    Args:
        members: working programs in the order they came, the original first.
        elites: the fittest member of each cell.
    """

    members: list[Entry] = field(default_factory=list)
    elites: dict[tuple[int, int], Entry] = field(default_factory=dict)


def fitness(state: State, entry: Entry) -> float:
    """Logarithm of the original's count over the entry's: 0 for the original, above 0 is cheaper; unknown: 0."""
    ratio = state.ratio(entry)
    return math.log(ratio) if ratio else 0.0


def cell_of(original: str, text: str) -> tuple[int, int]:
    """Features: length against the original's, and lines changed, both in ten bins on a scale of doublings."""
    length = math.log2(max(len(text), 1) / max(len(original), 1))
    changed = math.log2(1 + changed_lines(original, text))
    return (_bin(length + _BINS / 2), _bin(changed))


def _bin(value: float) -> int:
    return min(max(int(value), 0), _BINS - 1)


def islands(state: State, count: int, migrate_every: int, share: float) -> list[Island]:
    """The islands now.

    An entry belongs to the island that its detail `island` names. After every `migrate_every` candidates of an island
    its best `share` (at least one) moves to both neighbours in the ring, each program once.
    """
    original = state.entries[0]
    found = [Island() for _ in range(count)]
    for island in found:
        _settle(state, island, original)
    born = [0] * count
    travelled: set[int] = {0}
    for entry in state.entries[1:]:
        home = entry.proposal.detail.get("island")
        if not isinstance(home, int) or not 0 <= home < count:
            continue
        born[home] += 1
        if entry.assessment.finding == "verified" and entry.same_as is None:
            _settle(state, found[home], entry)
        if born[home] % migrate_every == 0:
            for traveller in _best(state, found[home].members, share):
                if traveller.number not in travelled:
                    travelled.add(traveller.number)
                    for step in (-1, 1):
                        _settle(state, found[(home + step) % count], traveller)
    return found


def _settle(state: State, island: Island, entry: Entry) -> None:
    if any(member.number == entry.number for member in island.members):
        return
    island.members.append(entry)
    cell = cell_of(state.entries[0].proposal.text, entry.proposal.text)
    holder = island.elites.get(cell)
    if holder is None or fitness(state, entry) > fitness(state, holder):
        island.elites[cell] = entry


def _best(state: State, members: Sequence[Entry], share: float) -> list[Entry]:
    order = sorted(members, key=lambda entry: (-fitness(state, entry), entry.number))
    return order[: max(1, math.ceil(share * len(order)))]
