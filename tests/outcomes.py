"""Outcomes made by hand, for tests of what reads them."""

from collections.abc import Sequence
from dataclasses import replace

from perfwise.core.cost import Cost
from perfwise.core.json import Json
from perfwise.core.outcome import Failure, Outcome, Provenance
from perfwise.core.task import REFERENCE

EXACT = Provenance("programs", "1", "wasm", "guest-a", "CPython 3.14.0 wasm32")
NOISY = replace(EXACT, meter="cpu", meter_identity="cpu", machine="x86_64")

Case = tuple[int, float | None, str]  # level, cost, verdict


def made(
    task: str = "t",
    cost: float | None = 100.0,
    *,
    candidate: str = "0",
    right: bool = True,
    cost_name: str = "wasm_instructions",
    candidate_set: str = "a",
    cases: Sequence[Case] = (),
    score: float | None = None,
    provenance: Provenance = EXACT,
    caveats: tuple[str, ...] = (),
) -> Outcome:
    """An outcome with one total cost, or None where it is not known."""
    detail: dict[str, Json] = {} if score is None else {"score": score}
    if cases:
        detail["case_level"] = [level for level, _, _ in cases]
        detail["case_stress"] = [False] * len(cases)
        detail["case_cost"] = [amount for _, amount, _ in cases]
        detail["case_verdict"] = [verdict for _, _, verdict in cases]
    return Outcome(
        task=task,
        candidate_set=candidate_set,
        candidate=candidate,
        seed=0,
        key=f"{task}/{candidate_set}/{candidate}",
        quality=1.0 if right else 0.0,
        cost=Cost() if cost is None else Cost(**{cost_name: cost}),
        failure=None if right else Failure("wrong-answer"),
        caveats=caveats,
        provenance=provenance,
        detail=detail,
    )


def samples(task: str, costs: Sequence[float | None], cost_name: str = "wasm_instructions") -> list[Outcome]:
    """Candidates 0, 1, ... of one task; None is a wrong one."""
    return [
        made(task, cost, candidate=str(i), right=cost is not None, cost_name=cost_name) for i, cost in enumerate(costs)
    ]


def reference(
    task: str = "t",
    cost: float | None = 100.0,
    *,
    candidate: str = "0",
    right: bool = True,
    cost_name: str = "wasm_instructions",
    cases: Sequence[Case] = (),
    score: float | None = None,
) -> Outcome:
    """One of the suite's own solutions."""
    return made(
        task,
        cost,
        candidate=candidate,
        right=right,
        cost_name=cost_name,
        candidate_set=REFERENCE,
        cases=cases,
        score=score,
    )
