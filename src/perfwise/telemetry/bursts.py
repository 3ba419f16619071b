"""Templates over time: how often each comes an interval, and where that is unusual."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from perfwise.telemetry.detectors.template_rates import TemplateRates
from perfwise.telemetry.series import Floats

__all__ = ["Burst", "LogRates", "TemplateCount", "bursts_of", "log_rates"]


class TemplateCount(NamedTuple):
    """One template in a log.

    Args:
        id: of the template.
        text: of the template.
        lines: that have it.
        first_s, last_s: when it came first and last; NaN where times are not known.
    """

    id: int
    text: str
    lines: int
    first_s: float
    last_s: float


@dataclass(frozen=True, eq=False)
class LogRates:
    """Counts of lines by interval and template.

    Args:
        starts_s: (intervals,), where each begins.
        interval_s: how long each is.
        templates: those that are counted, the most frequent first.
        counts: (intervals, templates).
        others: (intervals,), lines of further templates.
        untimed: lines whose time is not known.
    """

    starts_s: Floats
    interval_s: float
    templates: tuple[TemplateCount, ...]
    counts: Floats
    others: Floats
    untimed: int

    @property
    def total(self) -> Floats:
        """(intervals,), all lines with a time."""
        return np.asarray(self.counts.sum(axis=1) + self.others)


@dataclass(frozen=True, slots=True)
class Burst:
    """An interval in which a template came unusually often, or not at all.

    Args:
        template: its id.
        text: of the template.
        kind: `new`, `burst` or `vanished`.
        at_s: where the interval begins.
        count: in the interval.
        usual: mean of the intervals before.
        score: -log10 of how likely that was.
    """

    template: int
    text: str
    kind: str
    at_s: float
    count: float
    usual: float
    score: float


def log_rates(
    ids: NDArray[np.int64], texts: Mapping[int, str], times_s: Floats, interval_s: float, most: int = 500
) -> LogRates:
    """Count.

    Args:
        ids: (lines,), template of each line.
        texts: by id.
        times_s: (lines,), NaN where not known.
        interval_s: positive.
        most: templates that are counted apart.
    """
    known = np.isfinite(times_s)
    first = float(np.floor(times_s[known].min() / interval_s) * interval_s) if known.any() else 0.0
    place = np.floor((times_s[known] - first) / interval_s).astype(np.int64)
    intervals = int(place.max()) + 1 if place.size else 0
    unique, column, lines = np.unique(ids, return_inverse=True, return_counts=True)
    order = np.argsort(-lines, kind="stable")
    kept = order[:most]
    rank = np.full(len(unique), len(kept))
    rank[kept] = np.arange(len(kept))
    cells = np.bincount(place * (len(kept) + 1) + rank[column[known]], minlength=intervals * (len(kept) + 1))
    counts = cells.reshape(intervals, len(kept) + 1).astype(np.float64)
    earliest, latest = np.full(len(unique), np.nan), np.full(len(unique), np.nan)
    np.fmin.at(earliest, column[known], times_s[known])
    np.fmax.at(latest, column[known], times_s[known])
    templates = tuple(
        TemplateCount(
            int(unique[each]),
            texts.get(int(unique[each]), "(no template)"),
            int(lines[each]),
            float(earliest[each]),
            float(latest[each]),
        )
        for each in kept
    )
    starts_s = first + interval_s * np.arange(float(intervals))
    untimed = int((~known).sum())
    return LogRates(starts_s, interval_s, templates, counts[:, :-1], counts[:, -1], untimed)


def bursts_of(rates: LogRates, detector: TemplateRates, most: int = 100) -> list[Burst]:
    """The most unusual intervals, one for each stretch of a template and kind, in order of time."""
    found = []
    for place, template in enumerate(rates.templates):
        counts = rates.counts[:, place]
        if len(counts) < 3:
            continue
        kinds, scores = detector.kinds(counts), detector.score(counts, 0)
        before = ""
        for interval, kind in enumerate(kinds):
            if kind and kind != before:
                history = counts[max(0, interval - detector.history) : interval]
                usual = float(history.mean()) if history.size else 0.0
                at_s = float(rates.starts_s[interval])
                score = float(scores[interval])
                found.append(Burst(template.id, template.text, kind, at_s, float(counts[interval]), usual, score))
            before = kind
    found.sort(key=lambda each: (-each.score, each.at_s, each.template))
    return sorted(found[:most], key=lambda each: (each.at_s, each.template))
