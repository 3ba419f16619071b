"""Runs for pages: two sets with failures, cases and caveats, and what an attacker would name things."""

from collections.abc import Sequence
from dataclasses import replace

from perfwise.core.outcome import Failure, Outcome
from perfwise.core.store import RunRecord, Store
from perfwise.core.task import REFERENCE
from tests.outcomes import made

HOSTILE = "<img src=x onerror=alert(1)></script><script>alert(2)</script>\x1b[2J\u202e'\"&"
SIZES = (10, 100, 1000, 10_000)


def outcome(task: str, name: str, cost: float, *, right: bool = True, candidate: str = "0") -> Outcome:
    """With four cases whose cost is linear in their size and adds up to `cost`."""
    total = sum(SIZES)
    one = made(
        task,
        cost,
        candidate=candidate,
        right=right,
        candidate_set=name,
        cases=[(0, cost * size / total, "ok" if right else "wrong") for size in SIZES],
    )
    detail = {**one.detail, "case_size": list(SIZES)}
    if right:
        return replace(one, detail=detail)
    wrong = {"case": 3, "input": f"({task!r},)", "expected": "1", "got": "2", "message": ""}
    return replace(one, detail={**detail, "wrong": wrong}, failure=Failure("wrong-answer", "case 3: expected 1, got 2"))


def two_sets(tasks: int = 12) -> list[Outcome]:
    """`fast` costs half of `slow` and fails at the last task; references cost a tenth."""
    outcomes = []
    for number in range(tasks):
        task = f"t/{number:02d}"
        outcomes += [
            outcome(task, "slow", 1e6 + number),
            outcome(task, "fast", 5e5 + number, right=number < tasks - 1),
            outcome(task, REFERENCE, 1e5),
        ]
    return outcomes


def hostile() -> list[Outcome]:
    """Names and texts that want to be markup, or to steer a terminal."""
    one = outcome("t", "a", 100.0, right=False)
    wrong = {"case": 0, "input": HOSTILE, "expected": HOSTILE, "got": HOSTILE, "message": HOSTILE}
    return [
        replace(
            one,
            task=HOSTILE,
            candidate_set=HOSTILE,
            candidate=HOSTILE,
            failure=Failure("exception", HOSTILE),
            caveats=(HOSTILE,),
            provenance=replace(one.provenance, interpreter=HOSTILE),
            detail={**one.detail, "wrong": wrong, "source": HOSTILE},
        ),
        replace(outcome(HOSTILE, HOSTILE + "2", 50.0), key="other"),
    ]


def stored(
    store: Store, outcomes: Sequence[Outcome], *, finished: bool = True, planned: int | None = None
) -> RunRecord:
    """A run of these outcomes."""
    run = store.begin("programs", {"samples": []}, "2024-05-01T12:00:00+00:00", planned or len(outcomes))
    append(store, run, outcomes)
    if finished:
        store.finish(run)
    return store.run(run.id)


def append(store: Store, run: RunRecord, outcomes: Sequence[Outcome]) -> None:
    """Commit more outcomes of a run."""
    with store.writer(run) as writer:
        writer.append(outcomes)
