"""A reward that any trainer can call: exact, so the same text earns the same number on every run and machine."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from perfwise.improve.contracts import Assessment, Bench

__all__ = ["Reward", "StepReward"]


@dataclass(frozen=True)
class StepReward:
    """Reward by what was found out, in steps, and among right candidates by the ratio of counts.

        correct:  base + weight * min(reference / candidate, cap)

    Args:
        broken: for a text that does not parse, load or define the function.
        different: for one that gives a wrong answer.
        dearer: for one that was stopped because it spends much more than the reference.
        unknown: where nothing could be compared.
        base: for a correct one, before its cost counts.
        weight: of the ratio of counts.
        cap: the most that the ratio counts.

    Source: Yang et al., ACECode, arXiv:2412.17264: the branch for correct code, 0.5 + 0.5 * min(ratio, cap).
    Differs: `cap` and the other constants are ours: the paper's were not obtainable, and no claim is made to them.
    """

    broken: float = -1.0
    different: float = -0.5
    dearer: float = 0.0
    unknown: float = 0.0
    base: float = 0.5
    weight: float = 0.5
    cap: float = 10.0

    def of(self, found: Assessment, reference: Assessment, cost_name: str) -> float:
        """The reward of an assessment against the reference's."""
        if found.finding != "verified":
            constants = {"broken": self.broken, "different": self.different, "dearer": self.dearer}
            return constants.get(found.finding, self.unknown)
        cost, bar = found.costs.get(cost_name), reference.costs.get(cost_name)
        ratio = bar / cost if bar and cost else 1.0
        return self.base + self.weight * min(ratio, self.cap)


class Reward:
    """Rewards of texts on one bench, e.g. `Reward(ProgramBench(task, source, WasmMeter()))`.

    Args:
        bench: whose original is the reference.
        rule: what a finding is worth.
        patience: a candidate is stopped at so many times the reference's count, and is `dearer` then.
    """

    def __init__(self, bench: Bench, rule: StepReward | None = None, patience: float = 20.0) -> None:
        self._bench, self._rule = bench, rule or StepReward()
        self._reference = bench.baseline()
        costs = {name: patience * amount for name, amount in self._reference.costs.items()}
        self._bound = replace(self._reference, costs=costs)
        self._known: dict[str, float] = {}

    def __call__(self, text: str) -> float:
        """The reward of a text; of equal programs it is worked out once."""
        key = self._bench.key(text)
        if key not in self._known:
            found = self._bench.assess(text, self._bound)
            self._known[key] = self._rule.of(found, self._reference, self._bench.cost_name)
        return self._known[key]

    def batch(self, texts: list[str], progress: Callable[[int, int], None] | None = None) -> list[float]:
        """The rewards of several texts, in order."""
        rewards = []
        for done, text in enumerate(texts, start=1):
            rewards.append(self(text))
            if progress is not None:
                progress(done, len(texts))
        return rewards
