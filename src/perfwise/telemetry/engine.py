"""The engine of logs: a parser on a log with labels -> outcome."""

import resource
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from perfwise.core.cost import Cost
from perfwise.core.family import Family
from perfwise.core.json import Json, digest
from perfwise.core.outcome import Failure, Outcome, Provenance
from perfwise.errors import PerfwiseError
from perfwise.telemetry.attempts import described, provenance
from perfwise.telemetry.contracts import WILDCARD, Grouping, LogMetric, Parser
from perfwise.telemetry.labelled import LogTask
from perfwise.telemetry.lines import Lines
from perfwise.telemetry.metrics._groups import DETAIL

__all__ = ["ENGINE_VERSION", "LogEngine", "ParserCandidate", "log_metrics"]

ENGINE_VERSION = "1"
"""Changes when the same log and parser could give another outcome."""


@dataclass(frozen=True, eq=False)
class ParserCandidate:
    """A parser with its parameters.

    Args:
        parser: of the family `parsers`, or any other that keeps its contract.
        id: unique within its set.
        candidate_set: what a reader calls it.
    """

    parser: Parser
    id: str = "0"
    candidate_set: str = "parser"

    @cached_property
    def digest(self) -> str:
        """Of the method and its parameters."""
        return digest(described(self.parser))


@dataclass(frozen=True)
class LogEngine:
    """Parses a log and holds the groups against its labels. Quality is GA; costs are CPU seconds and peak memory.

    What is compiled is made ready before the clock starts.

    Args:
        metrics: beside those of the family with their defaults, further ones to keep with each outcome.
    """

    metrics: tuple[LogMetric, ...] = ()

    @property
    def provenance(self) -> Provenance:
        """Of every outcome. CPU time is a machine's."""
        return provenance("telemetry-logs", ENGINE_VERSION)

    def key(self, task: LogTask, candidate: ParserCandidate, seed: int) -> str:
        """Equal for attempts that cannot differ."""
        named = [metric.name for metric in self.metrics]
        return digest([task.digest, candidate.digest, self.provenance.comparable(), named, seed])

    def run(self, task: LogTask, candidate: ParserCandidate, seed: int) -> Outcome:
        """One attempt. A parser that raises has failed; that is its outcome, not an error."""
        try:
            candidate.parser.parse(Lines.of([b"ready 1", "bereit \u00e4".encode()]))
            before = time.process_time()
            found = candidate.parser.parse(task.lines)
            cpu_s = time.process_time() - before
        except PerfwiseError:
            raise
        except Exception as error:  # whatever a parser raises is its failure
            failure = Failure("exception", f"{type(error).__name__}: {error}")
            return self._outcome(task, candidate, seed, 0.0, Cost(), failure, {})
        return self.judged(task, candidate, seed, found, cpu_s)

    def judged(self, task: LogTask, candidate: ParserCandidate, seed: int, found: Grouping, cpu_s: float) -> Outcome:
        """The outcome of what a parser gave. Names of masks count as wildcards where texts are compared."""
        names = [mask.text for mask in getattr(candidate.parser, "masks", ()) if mask.text != WILDCARD]
        found = replace(found, templates={each: _unnamed(text, names) for each, text in found.templates.items()})
        scores: dict[str, Json] = {}
        reasons: dict[str, Json] = {}
        for metric in (*log_metrics(), *self.metrics):
            measured = metric.measure(task.true, found)
            scores[metric.name] = measured.value
            if measured.value is None:
                reasons[metric.name] = measured.reason
        detail: dict[str, Json] = {
            DETAIL: scores,
            "reasons": reasons,
            "templates": len(set(found.ids.tolist())),
            "true_templates": len(set(task.true.ids.tolist())),
            "lines": len(task.lines),
            "bytes": task.lines.size_bytes,
            "header": task.header,
        }
        quality = scores["GA"]
        assert quality is None or isinstance(quality, float)
        cost = Cost(cpu_s=cpu_s, peak_bytes=_peak_bytes())
        return self._outcome(task, candidate, seed, quality, cost, None, detail, found.notes)

    def _outcome(
        self,
        task: LogTask,
        candidate: ParserCandidate,
        seed: int,
        quality: float | None,
        cost: Cost,
        failure: Failure | None,
        detail: dict[str, Json],
        caveats: tuple[str, ...] = (),
    ) -> Outcome:
        return Outcome(
            task=task.id,
            candidate_set=candidate.candidate_set,
            candidate=candidate.id,
            seed=seed,
            key=self.key(task, candidate, seed),
            quality=quality,
            cost=cost,
            failure=failure,
            caveats=caveats,
            provenance=self.provenance,
            detail={"parser": described(candidate.parser), **detail},
        )


def log_metrics() -> Iterable[LogMetric]:
    """The family's metrics of parsers, with their defaults."""
    family = Family("perfwise.telemetry.metrics")
    for name in family.names():
        method = family.get(name)
        if getattr(method, "judges", "") == "logs":
            yield method()


def _unnamed(text: str, names: Iterable[str]) -> str:
    for name in names:
        text = text.replace(name, WILDCARD)
    return text


def _peak_bytes() -> int:
    """The most memory that the process has held so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak
