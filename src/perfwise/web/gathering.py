"""What a page is about: outcomes of one or more runs, by set, each set under a name of its own."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from perfwise.core.json import digest
from perfwise.core.outcome import Outcome
from perfwise.core.store import RunRecord, Store
from perfwise.core.task import REFERENCE
from perfwise.errors import InvalidOption
from perfwise.interchange.contracts import Results
from perfwise.interchange.reading import read_results

__all__ = ["Gathered", "Part", "file_parts", "gathered", "stored_part"]


@dataclass(frozen=True, slots=True)
class Part:
    """The outcomes of one run, or of one file.

    Args:
        title: name of the run or file.
        outcomes: any order, the suite's references among them.
        run: what the store says of it; None for a file.
    """

    title: str
    outcomes: Sequence[Outcome]
    run: RunRecord | None = None


@dataclass(frozen=True, slots=True)
class Gathered:
    """All parts of a page.

    Args:
        parts: in the order they were named.
        sets: outcomes by the name a reader sees; the references are apart.
        references: of all parts.
        labels: (index of the part, candidate set) -> the name a reader sees.
    """

    parts: tuple[Part, ...]
    sets: Mapping[str, Sequence[Outcome]]
    references: Sequence[Outcome]
    labels: Mapping[tuple[int, str], str]

    @property
    def outcomes(self) -> list[tuple[str, Outcome]]:
        """Each with the name of its set, in the order of the parts; references last."""
        named = [(label, outcome) for label, group in self.sets.items() for outcome in group]
        return [*named, *((REFERENCE, outcome) for outcome in self.references)]


def stored_part(store: Store, which: str) -> Part:
    """A run by number, name or `latest`, or one set of it as RUN:SET, references included.

    Raises: InvalidOption if there is no such run or set.
    """
    head, separator, wanted = which.partition(":")
    run = store.run(head)
    if not separator:
        return Part(run.name, tuple(store.outcomes(run, unread_detail=True)), run)
    known = store.sets(run)
    if wanted not in known:
        there = ", ".join(name for name in known if name != REFERENCE) or "none"
        raise InvalidOption(f"the run {run.name} has no set {wanted!r}; there are {there}")
    names = dict.fromkeys([wanted, *(name for name in known if name == REFERENCE)])
    outcomes = [outcome for name in names for outcome in store.outcomes(run, candidate_set=name, unread_detail=True)]
    return Part(f"{run.name}:{wanted}", tuple(outcomes), run)


def file_parts(path: Path) -> list[Part]:
    """The runs in a result file: a report, a document of --json, or what another tool wrote.

    Raises: InvalidInput naming every fault.
    """
    return [
        Part(results.name or path.name, results.outcomes, _as_recorded(results, path.name))
        for results in read_results(path).runs
    ]


def _as_recorded(results: Results, title: str) -> RunRecord | None:
    """What the file says of the run; None where it does not say what was asked."""
    if results.spec is None or not results.outcomes:
        return None
    engine, asked = results.outcomes[0].provenance.engine, len(results.outcomes)
    name, begun = results.name or title, results.created_at or "at an unknown time"
    return RunRecord(0, name, begun, engine, asked, True, digest(results.spec), results.spec)


def gathered(parts: Iterable[Part]) -> Gathered:
    """Parts side by side; sets of one name in several parts are told apart by the title of their part."""
    parts = tuple(parts)
    by_part = [_by_set(part.outcomes) for part in parts]
    times = Counter(name for groups in by_part for name in groups if name != REFERENCE)
    labels: dict[tuple[int, str], str] = {}
    sets: dict[str, Sequence[Outcome]] = {}
    for place, (part, groups) in enumerate(zip(parts, by_part, strict=True)):
        for name, group in groups.items():
            if name == REFERENCE:
                continue
            label = _free(name if times[name] == 1 else f"{name} ({part.title})", sets)
            labels[place, name] = label
            sets[label] = group
    references = [outcome for groups in by_part for outcome in groups.get(REFERENCE, ())]
    return Gathered(parts, sets, references, labels)


def _by_set(outcomes: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(outcome.candidate_set, []).append(outcome)
    return groups


def _free(label: str, taken: Mapping[str, object]) -> str:
    """The label, with a number where the same run was named twice."""
    number, free = 2, label
    while free in taken:
        free, number = f"{label} {number}", number + 1
    return free
