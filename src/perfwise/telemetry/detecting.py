"""Detectors tried on labelled series: outcomes with a quality and a cost."""

import contextlib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import cast

import numpy as np

from perfwise.core.cost import Cost
from perfwise.core.family import Family
from perfwise.core.json import Json, digest
from perfwise.core.outcome import Failure, Outcome, Provenance
from perfwise.errors import InvalidCandidate, InvalidTask
from perfwise.telemetry.attempts import CpuClock, described, provenance
from perfwise.telemetry.contracts import Detector, SeriesMetric
from perfwise.telemetry.metrics._series import DETAIL
from perfwise.telemetry.series import Floats, Series, filled

__all__ = ["Alarm", "DetectionEngine", "DetectorCandidate", "SeriesTask", "alarms", "series_metrics"]

ENGINE_VERSION = "1"
QUALITY = "PATE"


@dataclass(frozen=True, eq=False)
class SeriesTask:
    """A series in which to find what is unusual; its labels judge."""

    series: Series

    @property
    def id(self) -> str:
        """The series' name."""
        return self.series.name

    @cached_property
    def digest(self) -> str:
        """Of the series and its labels."""
        return self.series.digest


@dataclass(frozen=True)
class DetectorCandidate:
    """A detector that is tried.

    Args:
        id: unique within its set and task.
        detector: itself.
        candidate_set: what it is compared as; empty: the id.
    """

    id: str
    detector: Detector
    candidate_set: str = ""

    def __post_init__(self) -> None:
        if not self.candidate_set:
            object.__setattr__(self, "candidate_set", self.id)

    @cached_property
    def digest(self) -> str:
        """Of the method and its parameters."""
        return digest(described(self.detector))


@dataclass(frozen=True)
class DetectionEngine:
    """Scores a series with a detector, and the scores with every metric of series.

    Quality is PATE, None where it is undefined. Costs: `cpu_s`, and `cpu_per_point_s`.

    Args:
        clock: what measures; compiling is not measured.
    """

    clock: CpuClock = field(default_factory=CpuClock)

    @property
    def provenance(self) -> Provenance:
        """CPU time of this machine."""
        return provenance("telemetry.detecting", ENGINE_VERSION)

    def key(self, task: SeriesTask, candidate: DetectorCandidate, seed: int) -> str:
        """Equal for attempts that cannot differ."""
        return digest([task.digest, candidate.digest, self.provenance.comparable(), seed])

    def run(self, task: SeriesTask, candidate: DetectorCandidate, seed: int) -> Outcome:
        """One attempt. A series that the detector cannot take is its failure."""
        series, caveats = task.series, list(task.series.notes)
        failure, cost, judged = None, Cost(), _NOTHING
        try:
            scores, cpu_s = self.scores(series, candidate, seed)
        except (InvalidTask, InvalidCandidate) as refused:
            failure = Failure(refused.code, str(refused.args[0]))
        else:
            cost = Cost(cpu_s=cpu_s, cpu_per_point_s=cpu_s / len(series))
            judged = _judged(series, scores)
        undefined = judged["undefined"]
        assert isinstance(undefined, dict)
        caveats += [f"no {name}: {reason}" for name, reason in undefined.items() if name == QUALITY]
        quality = judged[DETAIL]
        assert isinstance(quality, dict)
        value = quality.get(QUALITY)
        detail: dict[str, Json] = {**judged, "points": len(series), "detector": described(candidate.detector)}
        return Outcome(
            task=task.id,
            candidate_set=candidate.candidate_set,
            candidate=candidate.id,
            seed=seed,
            key=self.key(task, candidate, seed),
            quality=min(1.0, value) if isinstance(value, float) and failure is None else None,
            cost=cost,
            failure=failure,
            caveats=tuple(caveats),
            provenance=self.provenance,
            detail=detail,
        )

    def scores(self, series: Series, candidate: DetectorCandidate, seed: int) -> tuple[Floats, float]:
        """(points,) and the CPU seconds that they took. Raises: as the detector; InvalidCandidate."""
        values = filled(series.values)
        _warm(cast("Hashable", candidate.detector))
        scores, cpu_s = self.clock.timed(lambda: candidate.detector.score(values, seed))
        if scores.shape != values.shape or not np.isfinite(scores).all():
            raise InvalidCandidate(f"{candidate.id} gave no finite score to each of {len(values)} points")
        return scores, cpu_s


@dataclass(frozen=True, slots=True)
class Alarm:
    """A stretch of unusual points.

    Args:
        start_s, end_s: times of its first and last point.
        peak_s: time of the highest score.
        score: the highest.
        value: of the series there.
    """

    start_s: float
    end_s: float
    peak_s: float
    score: float
    value: float


def alarms(series: Series, scores: Floats, *, threshold: float = 6.0, join: int = 5, most: int = 1000) -> list[Alarm]:
    """Stretches whose scores exceed what is usual for scores, in order of time; the highest so many.

    Args:
        series: what was scored.
        scores: (points,).
        threshold: above the median score, in robust scales of the scores.
        join: stretches with fewer points between them are one.
        most: the highest so many stretches.
    """
    low, middle, high = np.percentile(scores, [25, 50, 75])
    scale = (high - low) / 1.349 or float(scores.std()) or 1.0
    above = np.flatnonzero(scores > middle + threshold * scale)
    if above.size == 0:
        return []
    cuts = np.flatnonzero(np.diff(above) > join) + 1
    found = []
    for run in np.split(above, cuts):
        peak = int(run[np.argmax(scores[run])])
        times = series.times_s
        found.append(
            Alarm(
                float(times[run[0]]),
                float(times[run[-1]]),
                float(times[peak]),
                float(scores[peak]),
                float(series.values[peak]),
            )
        )
    highest = sorted(found, key=lambda each: -each.score)[:most]
    return sorted(highest, key=lambda each: each.start_s)


def series_metrics() -> list[SeriesMetric]:
    """Every metric that judges detectors, with its own defaults."""
    return [each() for each in Family("perfwise.telemetry.metrics") if getattr(each, "judges", "") == "series"]


_NOTHING: dict[str, Json] = {DETAIL: {}, "undefined": {}}


def _judged(series: Series, scores: Floats) -> dict[str, Json]:
    if series.labels is None:
        return {DETAIL: {}, "undefined": {QUALITY: "the series has no labels"}}
    numbers: dict[str, Json] = {}
    undefined: dict[str, Json] = {}
    for metric in series_metrics():
        measured = metric.measure(series.labels, scores)
        if measured.value is None:
            undefined[metric.name] = measured.reason
        else:
            numbers[metric.name] = measured.value
    return {DETAIL: numbers, "undefined": undefined}


@cache
def _warm(detector: Hashable) -> None:
    """Compile what a detector compiles, once, so that no attempt pays for it."""
    with contextlib.suppress(InvalidTask):
        cast("Detector", detector).score(np.sin(np.arange(600.0)), 0)


def candidates(names: Sequence[str]) -> list[DetectorCandidate]:
    """Detectors of the family by name, each a set of its own. Raises: InvalidOption naming what there is."""
    family = Family("perfwise.telemetry.detectors")
    return [DetectorCandidate(name, family.get(name)()) for name in names]
