"""What the metrics read from outcomes: numbers of the run's summary, averaged over the outcomes of a task."""

from collections.abc import Mapping, Sequence

from perfwise.core.metric import Terms, mean_of_terms
from perfwise.core.outcome import Outcome
from perfwise.errors import InvalidMetric
from perfwise.serving.summary import DETAIL, STATISTICS

__all__ = ["MeanOverTasks", "require_one_of", "require_statistic", "terms_at"]


class MeanOverTasks:
    """Combine the terms of a metric by the mean of the first."""

    combine = staticmethod(mean_of_terms)


def terms_at(outcomes: Sequence[Outcome], *path: str) -> Terms:
    """The number at `path` in the summaries, by task, the mean where a task has several outcomes.

    Outcomes without that number (a run that failed, a quantity that is not defined) are left out.
    """
    numbers: dict[str, list[float]] = {}
    for outcome in outcomes:
        value: object = outcome.detail.get(DETAIL)
        for name in path:
            value = value.get(name) if isinstance(value, Mapping) else None
        if isinstance(value, int | float) and not isinstance(value, bool):
            numbers.setdefault(outcome.task, []).append(float(value))
    return {task: (sum(values) / len(values),) for task, values in numbers.items()}


def require_statistic(statistic: str) -> None:
    """Raises: InvalidMetric if there is no such statistic of a distribution."""
    require_one_of("statistic", statistic, STATISTICS)


def require_one_of(what: str, given: str, known: Sequence[str]) -> None:
    """Raises: InvalidMetric naming what there is."""
    if given not in known:
        raise InvalidMetric(f"there is no {what} {given!r}; there are {', '.join(known)}")
