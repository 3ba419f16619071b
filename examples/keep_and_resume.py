"""Keep outcomes in a store: equal programs run once, and what is there already is not run again."""

import tempfile
from pathlib import Path

from perfwise import ProgramCandidate, ProgramEngine, ProgramTask, Study, WasmMeter, evaluate, open_store
from perfwise.programs.metrics.pass_at_k import PassAtK

TASK = ProgramTask(
    id="largest",
    entry_point="largest",
    script="""
def inputs():
    yield ([3, 1, 2],)
    yield ([-5, -7],)

reference = max
""",
)

SAMPLES = [
    "def largest(numbers):\n    return sorted(numbers)[-1]\n",
    "def largest(numbers):\n    return max(numbers)\n",
    "def largest(numbers):\n    return max(numbers)  # a comment does not make it another program\n",
    "def largest(numbers):\n    best = 0\n    for n in numbers:\n        best = max(best, n)\n    return best\n",
]


def main() -> None:
    candidates = [ProgramCandidate(str(i), "samples", TASK.id, source) for i, source in enumerate(SAMPLES)]
    with tempfile.TemporaryDirectory() as folder, open_store(Path(folder) / "outcomes.db") as store:
        run = store.begin(engine="programs", spec={"task": TASK.id}, created_at="2026-01-01", planned=len(candidates))
        for attempt in ("first", "again"):
            study = Study.paired([TASK], candidates, ProgramEngine(WasmMeter()), log=store.log(run))
            plan = study.plan()
            print(f"{attempt}: {plan.total} attempts, {plan.already_done} kept before, {plan.to_run} to run")
            for outcome in study.run():  # yields what is committed
                print(f"  {outcome.candidate}: {outcome.failure or 'right'}")
        result = evaluate(PassAtK(k=1), list(store.outcomes(run)))
        print(f"{result.name} = {result.value:.2f}")


if __name__ == "__main__":
    main()
