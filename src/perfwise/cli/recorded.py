"""What a user names as a run -> what it asked, and outcomes of some candidates: of a store, or of a result file."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from perfwise.core.json import Json
from perfwise.core.outcome import Outcome
from perfwise.core.store import open_store
from perfwise.errors import InvalidOption

__all__ = ["Recorded", "read_recorded"]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A run of programs.

    Args:
        spec: what was asked.
        groups: for each name that was wanted, its outcomes.
    """

    spec: Mapping[str, Json]
    groups: tuple[Sequence[Outcome], ...]


def read_recorded(run: str, names: Sequence[str], task: str | None, place: str | None) -> Recorded:
    """A run of programs and some of its candidates.

    Args:
        run: number or name of a stored run, `latest`, or a file that `perfwise eval --json` or `report` wrote.
        names: SET, or SET:ID.
        task: only outcomes of this one.
        place: of the store.
    Raises: InvalidOption for unknown runs and sets and for other engines; what reading a file raises.
    """
    if Path(run).is_file():
        return _of_file(Path(run), names, task)
    if run.endswith((".json", ".html")) or "/" in run:
        raise InvalidOption(f"there is no file {run}")
    with open_store(place, create=False) as store:
        record = store.run(run)
        _check_engine(f"run {record.id}", record.engine)

        def of_set(name: str) -> Iterable[Outcome]:
            return store.outcomes(record, candidate_set=name, task=task)

        return Recorded(dict(record.spec), _groups(f"run {record.id}", names, list(store.sets(record)), of_set))


def _of_file(path: Path, names: Sequence[str], task: str | None) -> Recorded:
    from perfwise.interchange.reading import read_results

    runs = [run for run in read_results(path).runs if run.outcomes]
    if len(runs) > 1:
        raise InvalidOption(
            f"{path} holds {len(runs)} runs; import them (perfwise store import {path}) and name one by its number"
        )
    outcomes = runs[0].outcomes
    _check_engine(str(path), outcomes[0].provenance.engine)

    def of_set(name: str) -> Iterable[Outcome]:
        return (one for one in outcomes if one.candidate_set == name and task in (None, one.task))

    sets = list(dict.fromkeys(one.candidate_set for one in outcomes))
    return Recorded(runs[0].spec or {}, _groups(str(path), names, sets, of_set))


def _check_engine(label: str, engine: str) -> None:
    if engine != "programs":
        raise InvalidOption(f"{label} is of the engine {engine}; only programs can be explained")


def _groups(
    label: str, names: Sequence[str], sets: Sequence[str], of_set: Callable[[str], Iterable[Outcome]]
) -> tuple[Sequence[Outcome], ...]:
    groups = []
    for name in names:
        candidate_set, _, wanted = (name, "", "") if name in sets else name.rpartition(":")
        if candidate_set not in sets:
            there = ", ".join(sets) or "none"
            raise InvalidOption(f"{label} has no set {name!r}; there are {there}; name a program SET:ID")
        groups.append([one for one in of_set(candidate_set) if not wanted or one.candidate == wanted])
    return tuple(groups)
