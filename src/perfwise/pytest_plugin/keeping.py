"""Where baselines are kept between sessions: a file under version control, or a store."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from perfwise.core.cost import Cost
from perfwise.core.json import Json, digest
from perfwise.core.outcome import Outcome, Provenance
from perfwise.core.store import open_store
from perfwise.programs.engine import ENGINE_VERSION
from perfwise.pytest_plugin.baselines import Baselines, read_baselines, write_baselines

__all__ = ["BaselineFile", "BaselineStore", "Keeper"]

_SET = "baseline"


class Keeper(Protocol):
    """Keeps the baselines of one project; its text says where."""

    def read(self) -> Baselines | None:
        """The newest ones; None if there are none yet. Raises: PerfwiseError where they cannot be read."""

    def write(self, baselines: Baselines) -> None:
        """All of them or none. Raises: PerfwiseError."""


@dataclass(frozen=True, slots=True)
class BaselineFile:
    """A JSON file."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    def read(self) -> Baselines | None:
        """Raises: InvalidInput with every fault of the file."""
        return read_baselines(self.path)

    def write(self, baselines: Baselines) -> None:
        """Raises: InvalidOption."""
        write_baselines(self.path, baselines)


@dataclass(frozen=True, slots=True)
class BaselineStore:
    """A store, where each update is a run of the engine `pytest` with all baselines of a project.

    Args:
        place: of the store, a file or URL.
        project: whose baselines; several projects may share a store.
        now: tells the time of an update, ISO 8601.
    """

    place: str
    project: str
    now: Callable[[], str]

    def __str__(self) -> str:
        return f"the store {self.place} for the project {self.project!r}"

    def read(self) -> Baselines | None:
        """Of the newest update. Raises: StoreError where the store cannot be read."""
        if "://" not in self.place and not Path(self.place).exists():
            return None
        with open_store(self.place, create=False) as store:
            run = store.finished(digest(self._spec))
            outcomes = [] if run is None else list(store.outcomes(run, candidate_set=_SET))
        if not outcomes:
            return None
        costs: dict[str, dict[str, int]] = {}
        for one in outcomes:
            test, name = (str(one.detail.get(part, "")) for part in ("test", "name"))
            costs.setdefault(test, {})[name] = int(one.cost["wasm_instructions"])
        known = outcomes[0].provenance
        meter = {"name": known.meter, "identity": known.meter_identity, "interpreter": known.interpreter}
        return Baselines(meter, costs)

    def write(self, baselines: Baselines) -> None:
        """Raises: StoreError."""
        made = [
            _outcome(baselines, test, name, cost)
            for test, costs in baselines.costs.items()
            for name, cost in costs.items()
        ]
        with open_store(self.place) as store:
            run = store.begin("pytest", self._spec, self.now(), len(made))
            with store.writer(run) as writer:
                writer.append(made)
            store.finish(run)

    @property
    def _spec(self) -> dict[str, Json]:
        return {"pytest": "baselines", "project": self.project}


def _outcome(baselines: Baselines, test: str, name: str, cost: int) -> Outcome:
    meter = baselines.meter
    provenance = Provenance("pytest", ENGINE_VERSION, meter["name"], meter["identity"], meter["interpreter"])
    return Outcome(
        task=f"{test} {name}",
        candidate_set=_SET,
        candidate=name,
        seed=0,
        key=digest([test, name, dict(meter), cost]),
        quality=1.0,
        cost=Cost(wasm_instructions=cost),
        failure=None,
        caveats=(),
        provenance=provenance,
        detail={"test": test, "name": name},
    )
