"""Whether two sides may be compared at all: which cost both know, and whether it was measured alike."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from perfwise.core.cost import unit_of
from perfwise.core.outcome import Outcome, Provenance
from perfwise.errors import InvalidOption, NotComparable

__all__ = ["allowed_differences", "choose_cost"]

_PREFERRED = ("wasm_instructions", "latency_s", "wall_s", "cpu_s")
_REMEDIES = {
    "engine": "run both on one engine",
    "engine version": "measure both with one version of perfwise",
    "meter": "measure both with one meter",
    "meter identity": "measure both with one version of perfwise and its guest",
    "interpreter": "measure both on one interpreter",
    "machine": "measure both on one kind of machine, best in one run",
}

_Parts = Mapping[str, set[str]]


def choose_cost(
    first: Sequence[Outcome], second: Sequence[Outcome], wanted: str | None = None
) -> tuple[str, tuple[str, ...]]:
    """The cost to compare, and the others that both sides know.

    Without a wish it is the first of wasm_instructions, latency_s, wall_s and cpu_s that successes of both sides carry,
    else the only one that they do.

    Raises: InvalidOption if the wish has no unit in its name, or there is no wish and several could be meant.
    """
    if wanted is not None:
        unit_of(wanted)
    known = sorted(_carried(first) & _carried(second))
    if wanted is not None or not known:
        chosen = wanted or _PREFERRED[0]
    elif preferred := [name for name in _PREFERRED if name in known]:
        chosen = preferred[0]
    elif len(known) == 1:
        chosen = known[0]
    else:
        raise InvalidOption(f"both sides know several costs, {', '.join(known)}; name the one to compare")
    return chosen, tuple(name for name in known if name != chosen)


def _carried(outcomes: Iterable[Outcome]) -> set[str]:
    return {name for names in {tuple(one.cost) for one in outcomes if one.succeeded} for name in names}


def allowed_differences(
    names: tuple[str, str], outcomes: tuple[Sequence[Outcome], Sequence[Outcome]], cost: str, allow: Collection[str]
) -> list[str]:
    """Caveats for the differences of provenance that are allowed.

    Args:
        names: of the sides.
        outcomes: of the sides.
        cost: only outcomes that carry it count, or all of a side where none does.
        allow: parts of the provenance that may differ.
    Raises: NotComparable for those that are not allowed; InvalidOption for a part that provenance does not have.
    """
    one, other = (_parts(side, cost) for side in outcomes)
    if (one or other) and (unknown := sorted(set(allow) - {*one, *other})):
        raise InvalidOption(f"cannot allow {', '.join(unknown)}; provenance has {', '.join(one or other)}")
    both = {part: one.get(part, set()) | other.get(part, set()) for part in {**one, **other}}
    differing = {part: f"{part}: {', '.join(sorted(values))}" for part, values in both.items() if len(values) > 1}
    if refused := [part for part in differing if part not in allow]:
        told = "".join(f"\n  {_told(part, names, (one, other))}" for part in refused)
        raise NotComparable(
            f"{names[0]} and {names[1]} were measured differently:{told}\n"
            f"To compare them, {_joined(_REMEDIES[part] for part in refused)}; or accept what you know not to matter: "
            + " ".join(f"--allow-mismatch '{part}'" for part in refused),
            [differing[part] for part in refused],
        )
    return [f"compared although they differ in {text}" for text in differing.values()]


def _parts(outcomes: Sequence[Outcome], cost: str) -> dict[str, set[str]]:
    """The values of each part over the outcomes that carry the cost, or over all if none does."""
    carrying = _distinct(one.provenance for one in outcomes if cost in one.cost)
    parts: dict[str, set[str]] = {}
    for provenance in carrying or _distinct(one.provenance for one in outcomes):
        for part, value in provenance.comparable().items():
            parts.setdefault(part, set()).add(value)
    return parts


def _distinct(provenances: Iterable[Provenance]) -> set[Provenance]:
    # A store gives one object to all that share it; hashing each would take longer than all the rest.
    return set({id(provenance): provenance for provenance in provenances}.values())


def _told(part: str, names: tuple[str, str], sides: tuple[_Parts, _Parts]) -> str:
    values = [f"{', '.join(sorted(side.get(part, ())))} for {name}" for name, side in zip(names, sides, strict=True)]
    return f"{part}: {'; '.join(values)}"


def _joined(remedies: Iterable[str]) -> str:
    return " and ".join(Counter(remedies))
