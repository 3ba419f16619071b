"""Our own rows and documents back into outcomes."""

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from perfwise.core.json import canonical
from perfwise.core.outcome import Outcome
from perfwise.core.task import REFERENCE
from perfwise.errors import InvalidOption
from perfwise.interchange.contracts import Results
from perfwise.interchange.fields import parts, refuse_version
from perfwise.kit.textfiles import Record

__all__ = ["outcomes_of", "results_of"]

_FORMAT = 1


def results_of(root: Record, set_name: str | None) -> Results:
    """Of a document with `run` and `outcomes`; faults are noted."""
    run: dict[str, Any] = root.fields["run"] if isinstance(root.fields.get("run"), dict) else {}
    if (form := run.get("format", _FORMAT)) != _FORMAT:
        refuse_version(root, "perfwise", form, str(_FORMAT))
        return Results(())
    outcomes = outcomes_of(parts(root, "outcomes"), set_name)
    name, created_at, spec = run.get("name"), run.get("created_at"), run.get("spec")
    return Results(
        outcomes,
        created_at if isinstance(created_at, str) else None,
        name if isinstance(name, str) else None,
        spec if isinstance(spec, dict) else None,
    )


def outcomes_of(records: Iterable[Record], set_name: str | None) -> tuple[Outcome, ...]:
    """One a record, in another set where one is named; faults are noted, also of attempts that are there twice."""
    outcomes: dict[Any, Outcome] = {}
    for record in records:
        try:
            outcome = Outcome.from_row(record.fields)
            _check_finite(outcome)
        except (InvalidOption, OverflowError, ValueError, RecursionError) as fault:  # e.g. NaN within a detail
            record.add("wrong-outcome", str(fault.args[0]))
            continue
        if set_name is not None and outcome.candidate_set != REFERENCE:
            outcome = replace(outcome, candidate_set=set_name)
        if outcome.attempt in outcomes:
            record.add("duplicate-attempt", f"{outcome.attempt} is there twice")
        outcomes[outcome.attempt] = outcome
    return tuple(outcomes.values())


def _check_finite(outcome: Outcome) -> None:
    """Raises: ValueError for NaN or infinity, which JSON readers take and no store does."""
    if outcome.quality is not None and not math.isfinite(outcome.quality):
        raise ValueError(f"the quality is {outcome.quality}")
    canonical(outcome.detail)
