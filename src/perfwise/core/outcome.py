"""`Outcome`: what one candidate achieved on one task, and what that cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from perfwise.core.cost import Cost
from perfwise.core.json import Json, digest
from perfwise.errors import InvalidOption

__all__ = ["Attempt", "Failure", "Outcome", "Provenance"]


class Attempt(NamedTuple):
    """Which candidate on which task, from which seed: what names an outcome within a run."""

    task: str
    candidate_set: str
    candidate: str
    seed: int


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a candidate did not do what was asked.

    Args:
        kind: stable and short, e.g. `wrong-answer`, `out-of-fuel`, `exception`.
        message: one line for people.
    """

    kind: str
    message: str = ""

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}" if self.message else self.kind


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a number comes from. Outcomes whose `comparable` parts differ are not compared silently.

    Args:
        engine: e.g. `programs`.
        engine_version: changes when the same input could give another outcome.
        meter: e.g. `wasm`.
        meter_identity: everything that decides the meter's numbers, e.g. digest of the guest.
        interpreter: what ran the candidate, e.g. `CPython 3.14.0 wasm32`.
        machine: `any` where the number is the same on all machines, else what kind it is.
        versions: of the packages that took part; told, not compared; kept sorted by name.
    """

    engine: str
    engine_version: str
    meter: str
    meter_identity: str
    interpreter: str
    machine: str = "any"
    versions: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "versions", tuple(sorted(self.versions)))

    def comparable(self) -> dict[str, str]:
        """The parts that must agree for two costs to be compared."""
        return {
            "engine": self.engine,
            "engine version": self.engine_version,
            "meter": self.meter,
            "meter identity": self.meter_identity,
            "interpreter": self.interpreter,
            "machine": self.machine,
        }

    def as_json(self) -> dict[str, Json]:
        """Plain data with the field names as keys; `from_json` reads it back."""
        return {
            "engine": self.engine,
            "engine_version": self.engine_version,
            "meter": self.meter,
            "meter_identity": self.meter_identity,
            "interpreter": self.interpreter,
            "machine": self.machine,
            "versions": dict(self.versions),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> "Provenance":
        """Inverse of `as_json`. Raises: InvalidOption when a field is missing or not text."""
        versions = data.get("versions", {})
        if not isinstance(versions, Mapping):
            raise InvalidOption("provenance: `versions` must be an object")
        names = ("engine", "engine_version", "meter", "meter_identity", "interpreter", "machine")
        if missing := [name for name in names if not isinstance(data.get(name), str)]:
            raise InvalidOption(f"provenance lacks {', '.join(missing)}")
        pairs = tuple(sorted((name, str(version)) for name, version in versions.items()))
        engine, engine_version, meter, identity, interpreter, machine = (str(data[name]) for name in names)
        return cls(engine, engine_version, meter, identity, interpreter, machine, pairs)

    @property
    def digest(self) -> str:
        """Identity of the whole record."""
        return digest(self.as_json())


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one candidate achieved on one task. Immutable.

    Args:
        task: id of the task.
        candidate_set: the set the candidate belongs to.
        candidate: id of the candidate within its set and task.
        seed: what randomness started from.
        key: equal for attempts that cannot differ: digest of task, candidate, meter, engine version, seed.
        quality: 0 to 1, higher is better; None where it could not be judged.
        cost: what it took; amounts that are not known are absent.
        failure: None where it did what was asked.
        caveats: why the numbers deserve doubt, if they do; every renderer shows them.
        provenance: where the numbers come from.
        detail: the engine's own plain data, e.g. cost by case.
    """

    task: str
    candidate_set: str
    candidate: str
    seed: int
    key: str
    quality: float | None
    cost: Cost
    failure: Failure | None
    caveats: tuple[str, ...]
    provenance: Provenance
    detail: Mapping[str, Json] = field(default_factory=dict)

    @property
    def attempt(self) -> Attempt:
        """What it is the outcome of."""
        return Attempt(self.task, self.candidate_set, self.candidate, self.seed)

    @property
    def succeeded(self) -> bool:
        """It did what was asked: judged, and nothing failed. Where quality is graded, it may still be below 1."""
        return self.failure is None and self.quality is not None

    def row(self) -> dict[str, Json]:
        """One row of an export: plain data under documented names."""
        return {
            "task": self.task,
            "set": self.candidate_set,
            "candidate": self.candidate,
            "seed": self.seed,
            "key": self.key,
            "quality": self.quality,
            "cost": self.cost.as_dict(),
            "failure": None if self.failure is None else {"kind": self.failure.kind, "message": self.failure.message},
            "caveats": list(self.caveats),
            "provenance": self.provenance.as_json(),
            "detail": self.detail,
        }

    @classmethod
    def from_row(cls, row: Mapping[str, Json]) -> "Outcome":
        """Inverse of `row`; `detail` may be absent. Raises: InvalidOption naming the field that is missing or wrong."""
        failure, provenance, cost, detail = (_object(row, name) for name in ("failure", "provenance", "cost", "detail"))
        quality, caveats = row.get("quality"), row.get("caveats", ())
        if isinstance(quality, bool) or not isinstance(quality, int | float | None):
            raise InvalidOption(f"an outcome's `quality` must be a number or null, not {quality!r}")
        if isinstance(caveats, str) or not isinstance(caveats, Sequence):
            raise InvalidOption("an outcome's `caveats` must be a list")
        return cls(
            task=_text(row, "task"),
            candidate_set=_text(row, "set"),
            candidate=_text(row, "candidate"),
            seed=_seed(row),
            key=_text(row, "key"),
            quality=quality,
            cost=_cost(cost or {}),
            failure=None if failure is None else Failure(_text(failure, "kind"), _text(failure, "message")),
            caveats=tuple(str(caveat) for caveat in caveats),
            provenance=Provenance.from_json(provenance or {}),
            detail=detail or {},
        )


def _text(row: Mapping[str, Json], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str):
        raise InvalidOption(f"an outcome's `{name}` must be text, not {value!r}")
    return value


def _seed(row: Mapping[str, Json]) -> int:
    seed = row.get("seed")
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise InvalidOption(f"an outcome's `seed` must be a whole number, not {seed!r}")
    return seed


def _object(row: Mapping[str, Json], name: str) -> Mapping[str, Json] | None:
    value = row.get(name)
    if value is not None and not isinstance(value, Mapping):
        raise InvalidOption(f"an outcome's `{name}` must be an object, not {value!r}")
    return value


def _cost(amounts: Mapping[str, Json]) -> Cost:
    known = {name: amount for name, amount in amounts.items() if isinstance(amount, int | float)}
    if wrong := sorted(amounts.keys() - known.keys()):
        raise InvalidOption(f"an outcome's `cost` must hold numbers; not so {', '.join(wrong)}")
    return Cost(**known)
