"""What a user names as a side of a comparison -> its outcomes: a stored run, one of its sets, or a result file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from perfwise.core.compare import Side
from perfwise.core.outcome import Outcome
from perfwise.core.store import RunRecord, Store, open_store
from perfwise.core.task import REFERENCE
from perfwise.errors import InvalidOption, NotComparable

__all__ = ["Sides", "read_sides"]

_NAMED = 3


@dataclass(frozen=True, slots=True)
class Sides:
    """Both sides.

    Args:
        first, second: named apart.
        references: outcomes of the suites' own solutions of both, each attempt once.
    """

    first: Side
    second: Side
    references: tuple[Outcome, ...]


def read_sides(first: str, second: str, place: str | None) -> Sides:
    """Both sides of a comparison.

    Args:
        first: RUN, RUN:SET, FILE or FILE:SET; RUN is a number, a name or `latest`.
        second: the same.
        place: of the store.
    Raises: InvalidOption listing what there is where a text names no set or several; NotComparable if they have no task
        in common; what reading a file raises.
    """
    one, other = _read(first, place), _read(second, place)
    sides = _named_apart(one.side, other.side)
    _check_common(*sides)
    references = {outcome.attempt: outcome for outcome in (*one.references, *other.references)}
    return Sides(*sides, tuple(references.values()))


@dataclass(frozen=True, slots=True)
class _Read:
    side: Side
    references: Sequence[Outcome]


def _read(text: str, place: str | None) -> _Read:
    head, _, tail = text.rpartition(":")
    for source, wanted in ((text, ""), (head, tail)):
        if _is_file(source):
            return _from_file(source, wanted)
    source, _, wanted = text.partition(":")
    if source.endswith(".json") or "/" in source:
        raise InvalidOption(f"there is no file {source}")
    with open_store(place, create=False) as store:
        return _from_store(store, store.run(source), source, wanted)


def _is_file(source: str) -> bool:
    """A folder, as asv writes one, only where it cannot be the name of a run."""
    return bool(source) and (Path(source).is_file() or ("/" in source and Path(source).is_dir()))


def _from_file(source: str, wanted: str) -> _Read:
    from perfwise.interchange.reading import read_outcomes

    groups = read_outcomes(Path(source))
    chosen = _chosen(source, wanted, groups)
    return _Read(Side(chosen, groups[chosen], run=str(Path(source).resolve())), groups.get(REFERENCE, []))


def _from_store(store: Store, run: RunRecord, source: str, wanted: str) -> _Read:
    sets = store.sets(run)
    chosen = _chosen(source, wanted, sets)
    outcomes, references = (
        list(store.outcomes(run, candidate_set=name, unread_detail=True)) if name in sets else []
        for name in (chosen, REFERENCE)
    )
    return _Read(Side(chosen, outcomes, run=f"{store.url} {run.id}"), references)


def _chosen(source: str, wanted: str, sets: Mapping[str, object]) -> str:
    """The set that is meant; the references only by name."""
    ranked = [name for name in sets if name != REFERENCE]
    if not wanted and len(ranked) == 1:
        return ranked[0]
    if wanted not in sets:
        there = ", ".join(f"{source}:{name}" for name in ranked) or "none"
        asked = f"{source}:{wanted}" if wanted else source
        raise InvalidOption(f"{asked!r} does not name one set; there are {there}")
    return wanted


def _named_apart(first: Side, second: Side) -> tuple[Side, Side]:
    """Two sets of one name, as of two runs, are called the first and the second."""
    if first.name != second.name:
        return first, second
    return replace(first, name=f"{first.name} (first)"), replace(second, name=f"{second.name} (second)")


def _check_common(first: Side, second: Side) -> None:
    one, other = ({outcome.task for outcome in side.outcomes} for side in (first, second))
    if not one & other:
        raise NotComparable(
            f"{first.name} and {second.name} have no task in common: {first.name} attempted {_some(one)}; "
            f"{second.name} attempted {_some(other)}. Measure both on the same tasks",
            ["tasks"],
        )


def _some(tasks: set[str]) -> str:
    named = ", ".join(sorted(tasks)[:_NAMED])
    return f"{named} and {len(tasks) - _NAMED} more" if len(tasks) > _NAMED else named or "nothing"
