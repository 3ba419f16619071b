"""Attempts of telemetry's candidates on its tasks, with progress, kept where a store is named."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar

from perfwise.cli.progress import progress_bar
from perfwise.core.engine import Engine
from perfwise.core.json import Json
from perfwise.core.outcome import Outcome
from perfwise.core.store import open_store
from perfwise.core.study import Study
from perfwise.core.task import Candidate, Task

__all__ = ["attempted"]

T = TypeVar("T", bound=Task)
C = TypeVar("C", bound=Candidate)


def attempted(
    tasks: Sequence[T], candidates: Sequence[C], engine: Engine[T, C], seed: int, *, store: str | None, name: str
) -> tuple[list[Outcome], int | None]:
    """Every candidate on every task, and the number of the run that keeps the outcomes.

    Args:
        tasks: at least one.
        candidates: at least one.
        engine: what runs them.
        seed: of all attempts.
        store: where to keep the outcomes; None: nowhere.
        name: of the kind of run, e.g. `telemetry-series`.
    Raises: as the study and the store.
    """
    with progress_bar("attempts") as progress:
        if store is None:
            return list(Study.product(tasks, candidates, engine, (seed,)).run(ordered=True, progress=progress)), None
        spec: dict[str, Json] = {
            "tasks": [[task.id, task.digest] for task in tasks],
            "candidates": [[each.candidate_set, each.digest] for each in candidates],
            "seed": seed,
        }
        with open_store(store) as opened:
            run = opened.begin(
                name, spec, datetime.now(UTC).isoformat(timespec="seconds"), len(tasks) * len(candidates)
            )
            study = Study.product(tasks, candidates, engine, (seed,), log=opened.log(run))
            outcomes = list(study.run(ordered=True, progress=progress))
            opened.finish(run)
            return outcomes, run.id
