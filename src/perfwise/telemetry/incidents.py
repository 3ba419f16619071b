"""`Incident`: series before and during a fault, who calls whom, and where known what the cause was."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from perfwise.core.json import Json, digest
from perfwise.errors import InvalidTask
from perfwise.telemetry.series import Floats, MetricTable

__all__ = ["CallGraph", "Cause", "Column", "Incident", "Suspect", "component_of"]


@dataclass(frozen=True, slots=True)
class Column:
    """What a series measures.

    Args:
        component: that it belongs to, e.g. a service.
        metric: e.g. `latency`; empty: not known.
        statistic: e.g. `p99`; empty: not known.
    """

    component: str
    metric: str = ""
    statistic: str = ""


@dataclass(frozen=True, slots=True)
class Cause:
    """What was wrong. `metric` is None where only the component is known; an empty component: nothing was wrong."""

    component: str
    metric: str | None = None


@dataclass(frozen=True, eq=False)
class CallGraph:
    """Who calls whom.

    Args:
        names: of the components, all different.
        calls: (components, components), whether row calls column.
    """

    names: tuple[str, ...]
    calls: NDArray[np.bool_]

    def __post_init__(self) -> None:
        if self.calls.shape != (len(self.names), len(self.names)) or len(set(self.names)) != len(self.names):
            raise InvalidTask(f"a call graph of {len(self.names)} different names is a square of calls between them")

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Place of each name."""
        return {name: place for place, name in enumerate(self.names)}

    def callees(self, name: str) -> list[str]:
        """Whom it calls; none for a name that is not there."""
        if name not in self.places:
            return []
        return [self.names[place] for place in np.flatnonzero(self.calls[self.places[name]])]

    def path(self, first: str, last: str) -> tuple[str, ...]:
        """The shortest chain of calls from one to the other, both included; empty if there is none."""
        came_from: dict[str, str] = {first: ""}
        waiting = deque([first])
        while waiting:
            here = waiting.popleft()
            if here == last:
                chain = [here]
                while came_from[chain[-1]]:
                    chain.append(came_from[chain[-1]])
                return tuple(reversed(chain))
            for callee in self.callees(here):
                if callee not in came_from:
                    came_from[callee] = here
                    waiting.append(callee)
        return ()


@dataclass(frozen=True, eq=False)
class Incident:
    """A fault to explain.

    Args:
        id: unique within a study.
        table: series over normal time and the time of the fault.
        begins: first point of the fault; before it everything is held for normal.
        columns: what each series of the table measures.
        graph: who calls whom, None where not known.
        target: where the fault was noticed; None: not known.
        cause: what was wrong, as far as known; None: not known.
    Raises: InvalidTask for an incident without points before or after its begin.
    """

    id: str
    table: MetricTable
    begins: int
    columns: tuple[Column, ...]
    graph: CallGraph | None = None
    target: Column | None = None
    cause: Cause | None = None

    def __post_init__(self) -> None:
        points = len(self.table.times_s)
        if not 0 < self.begins < points:
            raise InvalidTask(
                f"{self.id}: a fault begins after the first of {points} points and at the last at latest, not at point "
                f"{self.begins}"
            )
        if len(self.columns) != len(self.table.names):
            raise InvalidTask(f"{self.id}: {len(self.table.names)} series and {len(self.columns)} columns")

    @cached_property
    def components(self) -> tuple[str, ...]:
        """All that have a series, in their order."""
        return tuple(dict.fromkeys(column.component for column in self.columns))

    @cached_property
    def digest(self) -> str:
        """Of everything that a ranking sees and that judges it."""
        graph = None if self.graph is None else [list(self.graph.names), self.graph.calls.astype(int).tolist()]
        columns: list[Json] = [[each.component, each.metric, each.statistic] for each in self.columns]
        target = None if self.target is None else [self.target.component, self.target.metric, self.target.statistic]
        cause = None if self.cause is None else [self.cause.component, self.cause.metric]
        return digest([self.table.digest, self.begins, columns, graph, target, cause])

    def parts(self, place: int) -> tuple[Floats, Floats]:
        """The known values of one series before the fault and since."""
        column = self.table.values[:, place]
        before, since = column[: self.begins], column[self.begins :]
        return before[~np.isnan(before)], since[~np.isnan(since)]

    def alike(self, place: int) -> bool:
        """Whether a series measures the same as the target, in the same statistic; yes where that is not known."""
        wanted, column = self.target, self.columns[place]
        if wanted is None or not wanted.metric:
            return True
        return column.metric == wanted.metric and wanted.statistic in ("", column.statistic)


@dataclass(frozen=True, slots=True)
class Suspect:
    """One place of a ranking, and why it is there.

    Args:
        component: that is blamed.
        series: of the component, that shows it most.
        score: by which suspects are ranked; its unit is the method's.
        usual: what the series has in normal time, its median.
        seen: what it had when it was furthest from that.
        at_s: when that was.
        path: from the target to the component, along calls; empty where not known.
        reason: what the method says, in a few words.
    """

    component: str
    series: str
    score: float
    usual: float
    seen: float
    at_s: float
    path: tuple[str, ...] = ()
    reason: str = ""

    @property
    def shift(self) -> float:
        """How far the series went from its usual value, in its own unit."""
        return self.seen - self.usual

    def as_json(self) -> dict[str, Json]:
        """Plain data; what is not known is null."""

        def known(value: float) -> float | None:
            return value if np.isfinite(value) else None

        return {
            "component": self.component,
            "series": self.series,
            "score": known(self.score),
            "usual": known(self.usual),
            "seen": known(self.seen),
            "shift": known(self.shift),
            "at_s": known(self.at_s),
            "path": list(self.path),
            "reason": self.reason,
        }


def component_of(series: str, known: Sequence[str] = ()) -> Column:
    """What a series named `component.metric.statistic` measures; `:` and `|` part as well, and `_` after a known name.

    Args:
        series: its name.
        known: components; the longest one that the name begins with is taken.
    """
    for component in sorted(known, key=len, reverse=True):
        if series == component or (series.startswith(component) and not series[len(component)].isalnum()):
            rest = series[len(component) + 1 :]
            return Column(component, *_parted(rest)[:2])
    component, *rest_parts = _parted(series)
    return Column(component, *rest_parts[:2])


def _parted(name: str) -> list[str]:
    for mark in ("|", ":", "."):
        if mark in name:
            return name.split(mark, 2)
    return [name]
