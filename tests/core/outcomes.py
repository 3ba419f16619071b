"""Outcomes for tests."""

from collections.abc import Sequence

from perfwise.core.cost import Cost
from perfwise.core.outcome import Outcome, Provenance

PROVENANCE = Provenance("toy", "1", "ticks", "guest-1", "none", versions=(("toy", "0.1"),))


def outcome(
    candidate: str = "0",
    *,
    task: str = "T/0",
    candidate_set: str = "model",
    quality: float | None = 1.0,
    cost: Cost | None = None,
) -> Outcome:
    return Outcome(
        task=task,
        candidate_set=candidate_set,
        candidate=candidate,
        seed=0,
        key=f"key of {task} {candidate_set} {candidate}",
        quality=quality,
        cost=Cost(wasm_instructions=1200) if cost is None else cost,
        failure=None,
        caveats=(),
        provenance=PROVENANCE,
    )


def outcomes(count: int) -> Sequence[Outcome]:
    return [outcome(f"{number:06d}") for number in range(count)]
