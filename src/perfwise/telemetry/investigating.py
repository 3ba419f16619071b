"""From logs and metrics to ranked causes, with the cost of each step."""

import numpy as np

from perfwise.errors import InvalidOption
from perfwise.telemetry.incidents import CallGraph, Cause, Column, Incident, component_of
from perfwise.telemetry.series import MetricTable, filled
from perfwise.telemetry.tables import seconds_of

__all__ = ["first_great_change", "incident_of"]

_LEAST = 10  # points that a time held for normal has


def incident_of(
    table: MetricTable, at: str | None, graph: CallGraph | None, target: str | None = None, cause: str | None = None
) -> Incident:
    """The incident that a table shows.

    Args:
        table: series named COMPONENT.METRIC, or beginning with a component of the graph.
        at: when the fault began, seconds or ISO 8601; None: at the first great change.
        graph: who calls whom.
        target: component at which it was noticed.
        cause: component that was wrong, where known.
    Raises: InvalidOption for a time or a component that is not there.
    """
    known = graph.names if graph is not None else ()
    columns = tuple(component_of(name, known) for name in table.names)
    there = {*(column.component for column in columns), *known}
    for what, name in (("--target", target), ("--cause", cause)):
        if name is not None and name not in there:
            listed = ", ".join(sorted(there)[:20])
            raise InvalidOption(f"{what}: there is no component {name!r}; there are {listed}")
    begins = first_great_change(table) if at is None else _place(table, at)
    return Incident(
        "incident",
        table,
        begins,
        columns,
        graph,
        None if target is None else Column(target),
        None if cause is None else Cause(cause),
    )


def first_great_change(table: MetricTable) -> int:
    """Point at which the series together depart most from what came before.

    Each series is set in robust scales; at each point the medians over the series of the mean change are compared
    before and after, as a likelihood ratio of one change of level in all series (Page, Hinkley, Biometrika 57, 1970).

    Raises: InvalidOption for a table that is too short, or all of whose series are constant.
    """
    points = len(table.times_s)
    if points < 2 * _LEAST:
        raise InvalidOption(f"give --at: {points} points are too few to find when the fault began")
    gain = np.zeros(points - 1)
    moving = 0
    counts = np.arange(1, points)
    for place in range(len(table.names)):
        column = table.values[:, place]
        if np.isnan(column).all() or np.nanmax(column) == np.nanmin(column):
            continue
        values = filled(column)
        low, middle, high = np.percentile(values, [25, 50, 75])
        scale = (high - low) / 1.349 or float(values.std())
        scaled = np.clip((values - middle) / scale, -10.0, 10.0)
        left = np.cumsum(scaled)[:-1]
        right = scaled.sum() - left
        difference = left / counts - right / (points - counts)
        gain += difference**2 * counts * (points - counts) / points
        moving += 1
    if not moving:
        raise InvalidOption("give --at: every series is constant, so nothing says when the fault began")
    gain[: _LEAST - 1] = -1.0
    return int(np.argmax(gain)) + 1


def _place(table: MetricTable, at: str) -> int:
    moment = seconds_of(at)
    first, last = float(table.times_s[0]), float(table.times_s[-1])
    if not np.isfinite(moment):
        raise InvalidOption(f"--at: {at!r} is neither seconds nor an ISO 8601 time")
    if not first < moment <= last:
        raise InvalidOption(
            f"--at: {moment:.0f} s lies not within the metrics, which go from {first:.0f} to {last:.0f} s"
        )
    return int(np.searchsorted(table.times_s, moment))
