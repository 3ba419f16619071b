"""How far each series went from normal, and the ranking of components that follows."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from perfwise.telemetry.incidents import Incident, Suspect
from perfwise.telemetry.series import Floats

__all__ = ["Centre", "Deviations", "deviations", "mean_and_spread", "median_and_quartiles", "ranked"]

Centre = Callable[[Floats], tuple[Floats, Floats]]
"""(points, series) without gaps -> centre and scale of each series; a scale of 0 means that it never moved."""


class Deviations(NamedTuple):
    """Of each series, the point since the fault began that lies furthest from normal; NaN where nothing is known.

    Args:
        scores: (series,), its distance in scales; signed where asked for.
        usual: (series,), the centre in normal time.
        seen: (series,), the value at that point.
        at: (series,), the point.
    """

    scores: Floats
    usual: Floats
    seen: Floats
    at: Floats


def median_and_quartiles(values: Floats) -> tuple[Floats, Floats]:
    """Median and interquartile range."""
    low, middle, high = np.percentile(values, [25, 50, 75], axis=0)
    return middle, high - low


def mean_and_spread(values: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation."""
    return values.mean(axis=0), values.std(axis=0)


def deviations(incident: Incident, centre: Centre, *, signed: bool) -> Deviations:
    """Distances from normal in scales; a scale of 0 counts as 1, as published, and a constant series as not moved."""
    values = incident.table.values
    count = len(incident.columns)
    found = Deviations(*(np.full(count, np.nan) for _ in range(4)))
    gaps = np.isnan(values).any(axis=0)
    whole = np.flatnonzero(~gaps)
    if whole.size:
        before, since = values[: incident.begins, whole], values[incident.begins :, whole]
        _fill(found, whole, centre(before), since, signed=signed, first=incident.begins)
    for place in np.flatnonzero(gaps).tolist():
        known, since = incident.parts(place)[0], values[incident.begins :, place]
        if known.size and not np.isnan(since).all():
            one = np.array([place])
            _fill(found, one, centre(known[:, None]), since[:, None], signed=signed, first=incident.begins)
    return found


def _fill(
    found: Deviations, places: np.ndarray, normal: tuple[Floats, Floats], since: Floats, *, signed: bool, first: int
) -> None:
    usual, scale = normal
    distance = (since - usual) / np.where(scale > 0, scale, 1.0)
    compared = np.where(np.isnan(distance), -np.inf, distance if signed else np.abs(distance))
    worst, own = compared.argmax(axis=0), np.arange(len(places))
    found.scores[places], found.usual[places] = compared[worst, own], usual
    found.seen[places], found.at[places] = since[worst, own], first + worst


def ranked(incident: Incident, found: Deviations, unit: str) -> list[Suspect]:
    """Components by the highest score of their series; those of which nothing is known come last, in their order."""
    best: dict[str, int] = {}
    for place, column in enumerate(incident.columns):
        if np.isnan(found.scores[place]):
            continue
        held = best.get(column.component)
        if held is None or found.scores[place] > found.scores[held]:
            best[column.component] = place
    order = sorted(best.values(), key=lambda place: (-found.scores[place], place))
    return [_suspect(incident, found, place, unit) for place in order]


def _suspect(incident: Incident, found: Deviations, place: int, unit: str) -> Suspect:
    component = incident.columns[place].component
    path: tuple[str, ...] = ()
    if incident.graph is not None and incident.target is not None:
        path = incident.graph.path(incident.target.component, component)
    score = float(found.scores[place])
    at_s = float(incident.table.times_s[int(found.at[place])])
    return Suspect(
        component,
        incident.table.names[place],
        score,
        float(found.usual[place]),
        float(found.seen[place]),
        at_s,
        path,
        f"{score:.3g} {unit} from normal",
    )
