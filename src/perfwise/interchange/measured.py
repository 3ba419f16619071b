"""Outcomes of other tools' meters: repeats with their median and its interval, and where they come from."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

import numpy as np

from perfwise.core.cost import Cost
from perfwise.core.json import Json, digest
from perfwise.core.outcome import Failure, Outcome, Provenance

__all__ = ["UNKNOWN", "Origin", "Repeats", "Shelf", "interpreter_name"]

UNKNOWN = "unknown"
"""Stands in a provenance for what a file does not tell."""

_READING = "1"  # changes when a file that was read before would give other outcomes
_MOST_SAMPLES = 10_000  # of one outcome; of more, evenly spread ones are kept


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose numbers they are.

    Args:
        tool: that measured.
        meter: the clock or counter it read.
        identity: what else decides the numbers, e.g. which statistic of the repeats is the cost.
        interpreter: what ran the candidates.
        machine: its class.
        versions: of tool and packages.
    """

    tool: str
    meter: str
    identity: str
    interpreter: str = UNKNOWN
    machine: str = UNKNOWN
    versions: tuple[tuple[str, str], ...] = ()

    def provenance(self) -> Provenance:
        """Of outcomes. The tool's version is told, not compared: its format's meaning has not changed between them."""
        return Provenance(
            self.tool,
            _READING,
            self.meter,
            self.identity,
            self.interpreter or UNKNOWN,
            self.machine or UNKNOWN,
            self.versions,
        )


@dataclass(frozen=True, slots=True)
class Repeats:
    """Independent measurements of one amount.

    Args:
        cost: its name, e.g. `wall_s`.
        samples: at least one, in the order of measuring.
    """

    cost: str
    samples: Sequence[float]

    @property
    def value(self) -> float:
        """The median: one disturbed repeat does not move it."""
        return float(median(self.samples))

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the median between two of the samples; None below six, where there is none.

        Source: order statistics and the binomial distribution, Conover, Practical Nonparametric Statistics, 1999,
        ch. 3.2; `scipy.stats.quantile_test`.
        """
        if len(self.samples) < 6:
            return None
        from scipy.stats import quantile_test  # slow to import, and few files need it

        values = np.asarray(self.samples, dtype=np.float64)
        found = quantile_test(values, q=float(np.median(values)), p=0.5).confidence_interval(0.95)
        low, high = float(found.low), float(found.high)
        return (low, high) if np.isfinite(low) and np.isfinite(high) else None

    def detail(self) -> dict[str, Json]:
        """The repeats as an outcome's detail keeps them."""
        count = len(self.samples)
        kept = list(self.samples)
        if count > _MOST_SAMPLES:
            kept = [kept[place] for place in np.linspace(0, count - 1, _MOST_SAMPLES).round().astype(int)]
        told: dict[str, Json] = {"sampled_cost": self.cost, "cost_samples": kept, "repeats": count}
        if self.interval is not None:
            told["cost_interval"] = list(self.interval)
        return told


@dataclass(slots=True)
class Shelf:
    """Outcomes of one file as they are found; the n-th result of a task in a set is its candidate n."""

    outcomes: list[Outcome] = field(default_factory=list)
    _seen: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(  # noqa: PLR0913 - an outcome has as many parts
        self,
        task: str,
        candidate_set: str,
        origin: Origin,
        costs: Mapping[str, float | None],
        *,
        repeats: Repeats | None = None,
        quality: float | None = 1.0,
        failure: Failure | None = None,
        caveats: tuple[str, ...] = (),
        detail: Mapping[str, Json] | None = None,
    ) -> None:
        """Note one result.

        Args:
            task: what was attempted.
            candidate_set: who attempted it.
            origin: who measured.
            costs: amounts by name; None where unknown.
            repeats: measurements of one more amount.
            quality: 1 where the tool ran it to the end and had nothing to judge.
            failure: why it did not do what was asked.
            caveats: why the numbers deserve doubt.
            detail: more of the tool's own numbers.
        """
        known = {name: value for name, value in costs.items() if value is not None}
        more: dict[str, Json] = {name: value for name, value in (detail or {}).items() if value not in (None, "", {})}
        if repeats is not None and repeats.samples:
            known[repeats.cost] = repeats.value
            more |= repeats.detail()
        number = self._seen[candidate_set, task]
        self._seen[candidate_set, task] += 1
        provenance = origin.provenance()
        key = digest([task, candidate_set, number, provenance.as_json(), known, quality, more])
        cost = Cost(**known)
        self.outcomes.append(
            Outcome(task, candidate_set, str(number), 0, key, quality, cost, failure, caveats, provenance, more)
        )


def interpreter_name(implementation: str, version: str) -> str:
    """`CPython 3.11.7` of `cpython` and `3.11.7 (64-bit)`; empty where unknown."""
    spelling = {"cpython": "CPython", "pypy": "PyPy"}.get(implementation.lower(), implementation)
    return " ".join(part for part in (spelling, version.partition(" ")[0]) if part)
