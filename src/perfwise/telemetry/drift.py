"""What changed between two windows of a log, by its templates."""

import math
from dataclasses import dataclass

import numpy as np

from perfwise.errors import InvalidOption
from perfwise.telemetry.lines import Lines
from perfwise.telemetry.parsers.drain import Drain

__all__ = ["KINDS", "Change", "Drift", "drift_of"]

KINDS = ("new", "vanished", "burst", "changed")


@dataclass(frozen=True, slots=True)
class Change:
    """One template that is not what it was.

    Args:
        kind: one of `KINDS`.
        template_id: of the cluster.
        template: text, as it is after both windows.
        before, after: lines in each window.
        ratio: share of the lines after over the share before; infinite for new ones.
        z: how many standard deviations the lines after are from what the share before makes expect.
        example: a line of it, from the window that has some.
        was: the text before, where that changed; else empty.
    """

    kind: str
    template_id: int
    template: str
    before: int
    after: int
    ratio: float
    z: float
    example: str
    was: str = ""


@dataclass(frozen=True)
class Drift:
    """Two windows compared.

    Args:
        before_lines, after_lines: of each window.
        changes: the most surprising first within each kind.
    """

    before_lines: int
    after_lines: int
    changes: tuple[Change, ...]


def drift_of(before: Lines, after: Lines, drain: Drain, *, ratio: float = 3.0, least_z: float = 4.0) -> Drift:
    """Templates that are new, vanished, bursting or changed in the second window.

    The second window is learnt on top of the first. A template bursts if its share of the lines is at least `ratio`
    times what it was and its number of lines at least `least_z` standard deviations above what that share makes expect
    (the two windows' sum split as their lengths are). One vanished whose absence is as surprising.

    Args:
        before: contents of the first window.
        after: of the second.
        drain: how lines are grouped; not bounded, as a cluster that has to go would seem to vanish.
        ratio: at least 1.
        least_z: at least 0.
    Raises: InvalidOption for a bound or limit out of range.
    """
    if drain.max_clusters or drain.max_bytes:
        raise InvalidOption("drift needs all templates: leave max_clusters and max_bytes away")
    if ratio < 1 or least_z < 0:
        raise InvalidOption(
            f"a burst is at least 1 times what was, and 0 deviations from it, not {ratio} and {least_z}"
        )
    learner = drain.learner()
    first = learner.learn(before)
    was = {each.id: each.text for each in first.templates}
    second = learner.learn(after)
    now = was | {each.id: each.text for each in second.templates}
    counts = [np.bincount(each.ids, minlength=len(now) + 1) for each in (first, second)]
    found = []
    for each, text in now.items():
        b, a = int(counts[0][each]), int(counts[1][each])
        z, times = _surprise(b, a, len(before), len(after))
        kind = _kind(b, a, times, z, (ratio, least_z), changed=was.get(each, text) != text)
        if kind:
            where = (after, second.ids) if a else (before, first.ids)
            example = where[0].line(int(np.flatnonzero(where[1] == each)[0])).decode("utf-8", "replace")
            old = was[each] if kind == "changed" else ""
            found.append(Change(kind, each, text, b, a, times, z, example[:500], old))
    order = {kind: place for place, kind in enumerate(KINDS)}
    found.sort(key=lambda change: (order[change.kind], -abs(change.z), change.template_id))
    return Drift(len(before), len(after), tuple(found))


def _kind(before: int, after: int, times: float, z: float, limits: tuple[float, float], *, changed: bool) -> str:
    if not before:
        return "new"
    if not after:
        return "vanished" if z <= -limits[1] else ""
    if times >= limits[0] and z >= limits[1]:
        return "burst"
    return "changed" if changed else ""


def _surprise(before: int, after: int, lines_before: int, lines_after: int) -> tuple[float, float]:
    """Standard deviations from the expected number, and the ratio of the shares."""
    total = lines_before + lines_after
    if not lines_before or not lines_after:
        return 0.0, math.inf if after else 0.0
    share, n = lines_after / total, before + after
    z = (after - n * share) / math.sqrt(n * share * (1 - share))
    return z, (after / lines_after) / (before / lines_before) if before else math.inf
