"""Rankings of causes tried on incidents: outcomes with a quality and a cost."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from perfwise.core.cost import Cost
from perfwise.core.family import Family
from perfwise.core.json import Json, digest
from perfwise.core.outcome import Failure, Outcome, Provenance
from perfwise.errors import InvalidCandidate, InvalidTask
from perfwise.telemetry.attempts import CpuClock, described, provenance
from perfwise.telemetry.contracts import CauseMetric, Ranker
from perfwise.telemetry.incidents import Cause, Incident, Suspect
from perfwise.telemetry.metrics._series import DETAIL
from perfwise.telemetry.metrics.top_k import TopK

__all__ = ["IncidentTask", "RankerCandidate", "RankingEngine", "cause_metrics"]

ENGINE_VERSION = "1"
QUALITY = "Avg@5"
_KEPT = 20  # suspects in an outcome's detail


@dataclass(frozen=True, eq=False)
class IncidentTask:
    """An incident to explain; its cause judges."""

    incident: Incident

    @property
    def id(self) -> str:
        """The incident's."""
        return self.incident.id

    @cached_property
    def digest(self) -> str:
        """Of the incident and its cause."""
        return self.incident.digest


@dataclass(frozen=True)
class RankerCandidate:
    """A method that is tried.

    Args:
        id: unique within its set and task.
        ranker: itself.
        candidate_set: what it is compared as; empty: the id.
    """

    id: str
    ranker: Ranker
    candidate_set: str = ""

    def __post_init__(self) -> None:
        if not self.candidate_set:
            object.__setattr__(self, "candidate_set", self.id)

    @cached_property
    def digest(self) -> str:
        """Of the method and its parameters."""
        return digest(described(self.ranker))


@dataclass(frozen=True)
class RankingEngine:
    """Ranks the causes of an incident, and judges the ranking with every metric of causes.

    Quality is Avg@5; where nothing was wrong, 1 for blaming nothing and 0 for blaming anybody; None where the cause is
    not known. The cost is `cpu_s`.

    Args:
        clock: what measures.
    """

    clock: CpuClock = field(default_factory=CpuClock)

    @property
    def provenance(self) -> Provenance:
        """CPU time of this machine."""
        return provenance("telemetry.ranking", ENGINE_VERSION)

    def key(self, task: IncidentTask, candidate: RankerCandidate, seed: int) -> str:
        """Equal for attempts that cannot differ."""
        return digest([task.digest, candidate.digest, self.provenance.comparable(), seed])

    def run(self, task: IncidentTask, candidate: RankerCandidate, seed: int) -> Outcome:
        """One attempt. An incident that the method cannot take is its failure."""
        return self.ranked(task, candidate, seed)[1]

    def ranked(self, task: IncidentTask, candidate: RankerCandidate, seed: int) -> tuple[list[Suspect], Outcome]:
        """One attempt, and the whole ranking; an outcome keeps its beginning only."""
        failure, cost, suspects = None, Cost(), list[Suspect]()
        try:
            suspects, cpu_s = self.clock.timed(lambda: candidate.ranker.rank(task.incident, seed))
            cost = Cost(cpu_s=cpu_s)
        except (InvalidTask, InvalidCandidate) as refused:
            failure = Failure(refused.code, str(refused.args[0]))
        quality, judged = (None, dict[str, Json]()) if failure else _judged(suspects, task.incident.cause)
        outcome = Outcome(
            task=task.id,
            candidate_set=candidate.candidate_set,
            candidate=candidate.id,
            seed=seed,
            key=self.key(task, candidate, seed),
            quality=quality,
            cost=cost,
            failure=failure,
            caveats=tuple(task.incident.table.notes),
            provenance=self.provenance,
            detail={
                **judged,
                "suspects": [each.as_json() for each in suspects[:_KEPT]],
                "ranker": described(candidate.ranker),
            },
        )
        return suspects, outcome


def cause_metrics() -> list[CauseMetric]:
    """Every metric that judges rankings, with its own defaults, and top-3 beside top-1."""
    found = [each() for each in Family("perfwise.telemetry.metrics") if getattr(each, "judges", "") == "causes"]
    return [*found, TopK(3)]


def _judged(suspects: Sequence[Suspect], cause: Cause | None) -> tuple[float | None, dict[str, Json]]:
    if cause is None:
        return None, {DETAIL: {}, "undefined": {QUALITY: "the cause is not known"}}
    if not cause.component:
        return float(not suspects), {DETAIL: {"specificity": float(not suspects)}, "undefined": {}}
    measured = {metric.name: metric.measure(suspects, cause) for metric in cause_metrics()}
    numbers: dict[str, Json] = {name: each.value for name, each in measured.items() if each.value is not None}
    undefined: dict[str, Json] = {name: each.reason for name, each in measured.items() if each.value is None}
    return measured[QUALITY].value, {DETAIL: numbers, "undefined": undefined}
