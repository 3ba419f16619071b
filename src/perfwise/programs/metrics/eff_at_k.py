"""eff@k: how efficient the best of k attempts is beside an expert's solution, on inputs of growing size."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from perfwise.core.metric import Direction, Terms
from perfwise.core.outcome import Outcome
from perfwise.programs.contracts import CaseResult, cases_of
from perfwise.programs.metrics._estimators import best_of_k
from perfwise.programs.metrics._samples import DEFAULT_COST, MeanOverTasks, by_task, cost_of, label, require

__all__ = ["EffAtK"]


@dataclass(frozen=True, slots=True)
class _Yardstick:
    """A reference's dearest case by level that carries weight, and the limit T = alpha * the greatest of them."""

    dearest: Mapping[int, float]
    limit: float


@dataclass(frozen=True)
class EffAtK(MeanOverTasks):
    """Expected efficiency of the best of k samples, the mean over tasks; 1 is as good as the reference.

    Level l of a right sample scores f_l = (T - its dearest case) / (T - the reference's dearest case) with
    T = alpha * the reference's dearest case of all weighted levels, but not below 0. A case that a limit stopped, or
    that costs more than T + allowance, ends its level: this level and all later ones score 0, and the sample still
    counts as right. The sample scores sum(h_l f_l) / sum(h_l) over the levels the task has; a wrong one, or one that is
    over the limit on level 0, scores 0. Nothing is clipped at 1: beating the reference gives more.

    The reference is the task's cheapest right one; tasks without one, or without a level of weight, are left out, and
    so are samples of unknown cost.

    Args:
        k: number of draws. A k above the scored samples of a task is not defined: InvalidMetric.
        hardness: h by level, from level 0; 0 makes a level a mere gate. A level beyond is an InvalidMetric.
        alpha: T over the reference's dearest case, above 1.
        allowance: added to T where it ends a level, in the unit of the cost; ENAMEL allows 0.01 s.
        cost: name of the cost that the cases are counted in; one that a meter sums over calls, so not bytes.

    Source: Qiu et al., How Efficient is LLM-Generated Code? A Rigorous & High-Standard Benchmark, ICLR 2025,
        arXiv:2406.06647.
    Differs: one run of a case is enough where counts are exact; published times are a Hodges-Lehmann location of six
        repetitions. The allowance is 10^8 instructions by default, about 0.01 s of native time.
    """

    k: int = 1
    hardness: tuple[float, ...] = (0, 3, 3, 4)
    alpha: float = 2.0
    allowance: float = 1e8
    cost: str = DEFAULT_COST
    unit: ClassVar[str] = "score"
    direction: ClassVar[Direction] = "higher"

    def __post_init__(self) -> None:
        require(self.k >= 1, f"eff@k needs k of at least 1, not {self.k}")
        require(self.alpha > 1, f"eff@k needs alpha above 1, not {self.alpha}")
        require(min(self.hardness, default=-1) >= 0, f"eff@k needs hardness of at least 0, not {self.hardness}")
        require(not self.cost.endswith("_bytes"), f"eff@k needs a cost by case; {self.cost} is of a whole run")

    @property
    def name(self) -> str:
        """E.g. `eff@10`."""
        return label(f"eff@{self.k}", self.cost)

    def terms(self, outcomes: Sequence[Outcome], references: Sequence[Outcome]) -> Terms:
        """Expected best score by task. Raises: InvalidMetric if a task has fewer than k scored samples."""
        yardsticks = self._yardsticks(references)
        terms = {}
        for task, group in by_task(outcomes).items():
            if task not in yardsticks:
                continue
            scores = [self._score(outcome, yardsticks[task]) for outcome in group]
            known = [score for score in scores if score is not None]
            if known:
                require(len(known) >= self.k, f"{self.name} is not defined: {task} has only {len(known)} sample(s)")
                terms[task] = (best_of_k(known, self.k),)
        return terms

    def _yardsticks(self, references: Sequence[Outcome]) -> dict[str, _Yardstick]:
        right = [one for one in references if self._cost(one) < math.inf]
        cheapest = {task: min(group, key=self._cost) for task, group in by_task(right).items()}
        yardsticks = {task: self._yardstick(one) for task, one in cheapest.items()}
        return {task: yardstick for task, yardstick in yardsticks.items() if yardstick is not None}

    def _cost(self, reference: Outcome) -> float:
        return cost_of(reference, self.cost) or math.inf

    def _yardstick(self, reference: Outcome) -> _Yardstick | None:
        dearest = _dearest_by_level(cases_of(reference))
        require(
            max(dearest, default=0) < len(self.hardness),
            f"{self.name}: {reference.task} has a level {max(dearest, default=0)}, hardness is given for "
            f"{len(self.hardness)} levels only",
        )
        weighted = {level: cost for level, cost in dearest.items() if self.hardness[level] > 0}
        limit = self.alpha * max(weighted.values(), default=0.0)
        return _Yardstick(weighted, limit) if limit > 0 else None

    def _score(self, sample: Outcome, yardstick: _Yardstick) -> float | None:
        """None where the sample is right but its cost is not known."""
        if sample.quality != 1.0:
            return 0.0
        if cost_of(sample, self.cost) is None:
            return None
        cases = cases_of(sample)
        most = yardstick.limit + self.allowance
        end = min((case.level for case in cases if _ends_level(case, most)), default=math.inf)
        dearest = _dearest_by_level(cases)
        total = sum(
            self.hardness[level] * max(yardstick.limit - dearest[level], 0.0) / (yardstick.limit - reference)
            for level, reference in yardstick.dearest.items()
            if level < end and level in dearest
        )
        return total / sum(self.hardness[level] for level in yardstick.dearest)


def _ends_level(case: CaseResult, limit: float) -> bool:
    return case.verdict in ("stopped", "not-run") or (case.cost is not None and case.cost > limit)


def _dearest_by_level(cases: Sequence[CaseResult]) -> dict[int, float]:
    dearest: dict[int, float] = {}
    for case in cases:
        if case.cost is not None:
            dearest[case.level] = max(case.cost, dearest.get(case.level, 0.0))
    return dearest
