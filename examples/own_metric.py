"""A metric of your own: the numbers of each task, and how many tasks become one; the interval comes by itself."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perfwise import Outcome, ProgramCandidate, ProgramEngine, ProgramTask, WasmMeter, cases_of, evaluate
from perfwise.core.metric import Direction, Terms


@dataclass(frozen=True)
class Growth:
    """By which power of the input's size the cost grows: 1 is linear, 2 is quadratic.

    The exponent between the first and the last level, which this example's tasks make 8 times as large.
    """

    name: str = "growth"
    unit: str = "exponent"
    direction: Direction = "lower"

    def terms(self, outcomes: Sequence[Outcome], references: Sequence[Outcome]) -> Terms:
        """One exponent a task, of its first right program."""
        right = {outcome.task: cases_of(outcome) for outcome in reversed(outcomes) if outcome.succeeded}
        return {
            task: (float(np.log(cases[-1].cost / cases[0].cost) / np.log(8)),)
            for task, cases in right.items()
            if cases[0].cost and cases[-1].cost
        }

    def combine(self, terms: NDArray[np.float64]) -> NDArray[np.float64]:
        """(..., tasks, 1) -> (...): the mean."""
        return np.asarray(terms[..., 0].mean(axis=-1))


def task(name: str, answer: str) -> ProgramTask:
    cases = "def cases():\n    yield Case((list(range(250)),), 0)\n    yield Case((list(range(2000)),), 1)\n"
    return ProgramTask(id=name, entry_point=name, script=f"{cases}\ndef reference(numbers):\n    return {answer}\n")


TASKS = [task("backwards", "numbers[::-1]"), task("distinct", "len(set(numbers))"), task("total", "sum(numbers)")]

SAMPLES = {
    "backwards": "def backwards(ns):\n    out = []\n    for n in ns:\n        out.insert(0, n)\n    return out\n",
    "distinct": "def distinct(ns):\n    return sum(n not in ns[:i] for i, n in enumerate(ns))\n",
    "total": "def total(ns):\n    result = 0\n    for n in ns:\n        result += n\n    return result\n",
}


def main() -> None:
    engine = ProgramEngine(WasmMeter())
    outcomes = [engine.run(each, ProgramCandidate("0", "mine", each.id, SAMPLES[each.id]), 0) for each in TASKS]
    for outcome in outcomes:
        alone = evaluate(Growth(), [outcome])
        print(f"{outcome.task:>9}: n^{alone.value:.2f}")
    result = evaluate(Growth(), outcomes)
    print(f"{result.name} = {result.value:.2f} [{result.low:.2f}, {result.high:.2f}] over {result.n} tasks")


if __name__ == "__main__":
    main()
