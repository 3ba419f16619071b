"""What the metrics of series read from outcomes: numbers by name under `scores`, averaged over a task's outcomes."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from perfwise.core.metric import Direction, Terms, mean_of_terms
from perfwise.core.outcome import Outcome

__all__ = ["DETAIL", "MeanScore"]

DETAIL = "scores"
"""Key of an outcome's detail that holds the numbers by the names of their metrics; an undefined one is absent."""


class MeanScore:
    """A share between 0 and 1 that the engine worked out for each task; the value is the mean over tasks."""

    name: ClassVar[str]
    judges: ClassVar[str] = "series"
    unit: ClassVar[str] = "share"
    direction: ClassVar[Direction] = "higher"
    combine = staticmethod(mean_of_terms)

    def terms(self, outcomes: Sequence[Outcome], references: Sequence[Outcome]) -> Terms:  # noqa: ARG002 - of all metrics
        """The number by task; tasks on which it is undefined are left out."""
        numbers: dict[str, list[float]] = {}
        for outcome in outcomes:
            scores = outcome.detail.get(DETAIL)
            value = scores.get(self.name) if isinstance(scores, Mapping) else None
            if isinstance(value, int | float) and not isinstance(value, bool):
                numbers.setdefault(outcome.task, []).append(float(value))
        return {task: (sum(values) / len(values),) for task, values in numbers.items()}
