"""`gate`: whether a comparison keeps the rules that somebody set for it."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Literal

import numpy as np

from perfwise.core._gate_rules import Rule, Tolerance, find_rules, read_rules
from perfwise.core.compare import Comparison, Resolution, Side, TaskComparison, compare, ratio_text
from perfwise.core.cost import unit_of
from perfwise.core.metric import Direction, Metric, difference, evaluate
from perfwise.core.outcome import Outcome
from perfwise.errors import InvalidMetric, InvalidOption
from perfwise.kit.stats import mean_interval

__all__ = ["Gate", "Rule", "RuleResult", "Status", "Tolerance", "Verdict", "find_rules", "read_rules"]

Status = Literal["pass", "fail", "undecided"]
_LEVEL = 0.05
_MOST_NAMED = 5
_BY_METER = Resolution()


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What came of one rule.

    Args:
        rule: that was applied.
        status: `undecided` where the value is worse than accepted, but chance could have made it so.
        why: one sentence.
        value: a ratio second / first for a cost of relative tolerance, else second minus first; of `per_task` the
            worst; None where nothing could be compared.
        low, high: its 95 % interval.
        limit: what the value is held against.
        n: tasks that took part.
        tasks: those that break a rule of `per_task`.
    """

    rule: Rule
    status: Status
    why: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    limit: float | None = None
    n: int = 0
    tasks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """All rules.

    Args:
        results: of the rules that apply, in order.
        skipped: labels of the rules for other sets.
    """

    results: tuple[RuleResult, ...]
    skipped: tuple[str, ...] = ()

    @property
    def status(self) -> Status:
        """`fail` if one fails, else `undecided` if one is, else `pass`."""
        found = {result.status for result in self.results}
        return "fail" if "fail" in found else "undecided" if "undecided" in found else "pass"

    @property
    def sentence(self) -> str:
        """For people."""
        count = {status: sum(one.status == status for one in self.results) for status in ("fail", "undecided", "pass")}
        told = ", ".join(f"{times} {_IN_WORDS[status]}" for status, times in count.items() if times)
        return f"Gate {'failed' if self.status == 'fail' else 'passed'}: {told} of {len(self.results)} rule(s)"


_IN_WORDS = {"fail": "broken", "undecided": "undecided", "pass": "kept"}


@dataclass(frozen=True)
class Gate:
    """Rules and what is needed to apply them.

    A rule that finds no task to compare fails: a gate that checks nothing shall not be green. Under no change, a
    settled rule of tolerance 0 alarms in at most 5 % of the cases, and half of that where the interval is symmetric.

    Args:
        rules: at least one.
        cost: that `cost` stands for; None: as `compare` chooses.
        resolution: differences of cost that count as none, whatever the tolerance.
        allow: parts of the provenance that may differ.
        metrics: a metric by its name. Raises: InvalidOption for a name that there is not.
        references: outcomes of the suite's own solutions, for metrics that ask for them.
    """

    rules: Sequence[Rule]
    cost: str | None = None
    resolution: Resolution = _BY_METER
    allow: Collection[str] = ()
    metrics: Callable[[str], Metric] | None = None
    references: Sequence[Outcome] = ()

    def judge(self, first: Side, second: Side) -> Verdict:
        """Hold the second side against the first.

        Raises: NotComparable where they were measured differently; InvalidOption for an unknown metric, or if no rule
            is for the second side's set.
        """
        sets = {outcome.candidate_set for outcome in second.outcomes} or {second.name}
        applied = [rule for rule in self.rules if any(fnmatchcase(name, rule.sets) for name in sets)]
        skipped = tuple(rule.label for rule in self.rules if rule not in applied)
        if not applied:
            raise InvalidOption(f"no rule of the gate is for {', '.join(sorted(sets))}; the gate would check nothing")
        return Verdict(tuple(self._apply(rule, first, second) for rule in applied), skipped)

    def _apply(self, rule: Rule, first: Side, second: Side) -> RuleResult:
        sides = (_about(first, rule.tasks), _about(second, rule.tasks))
        if not {one.task for one in sides[0].outcomes} & {one.task for one in sides[1].outcomes}:
            return RuleResult(rule, "fail", f"no task in common matches {rule.tasks}, so this checks nothing")
        if not rule.is_cost and rule.metric != "quality":
            return self._metric(rule, *sides)
        cost = self.cost if rule.metric in ("cost", "quality") else rule.metric
        found = compare(*sides, cost=cost, resolution=self.resolution, allow=self.allow)
        if rule.metric == "quality":
            return _quality(rule, found)
        if found.cost_ratio.value is None:
            return RuleResult(
                rule, "fail", f"no task is solved by both at a known {found.cost}, so this checks nothing"
            )
        return _each(rule, found) if rule.per_task else _cost(rule, found)

    def _metric(self, rule: Rule, first: Side, second: Side) -> RuleResult:
        if self.metrics is None:
            raise InvalidOption(f"the gate knows no metric {rule.metric!r}; there are cost, quality and names of costs")
        metric = self.metrics(rule.metric)
        try:
            change = difference(metric, first.outcomes, second.outcomes, self.references)
            common = {one.task for one in second.outcomes}
            base = evaluate(metric, [one for one in first.outcomes if one.task in common], self.references).value
        except InvalidMetric as undefined:
            return RuleResult(rule, "fail", f"{undefined.args[0]}, so this checks nothing")
        if change.value is None:
            return RuleResult(rule, "fail", f"{metric.name}: {change.note}, so this checks nothing")
        return _held(
            rule,
            _Change(change.value, change.low, change.high, change.n, change.unit),
            direction=rule.direction or metric.direction,
            base=base or 0.0,
        )


def _about(side: Side, tasks: str) -> Side:
    if tasks == "*":
        return side
    kept = {task for task in {one.task for one in side.outcomes} if fnmatchcase(task, tasks)}
    return replace(side, outcomes=[one for one in side.outcomes if one.task in kept])


@dataclass(frozen=True, slots=True)
class _Change:
    """Second minus first, or second over first where `is_ratio`."""

    value: float
    low: float | None
    high: float | None
    n: int
    unit: str
    exact: bool = False
    p: float | None = None
    is_ratio: bool = False


def _held(rule: Rule, change: _Change, *, direction: Direction, base: float, least: float = 0.0) -> RuleResult:
    """The change against the rule's limit.

    Args:
        rule: with tolerance.
        change: of the metric.
        direction: which way is better.
        base: the first side's value, for relative tolerances of differences; 1 for ratios.
        least: a relative tolerance that always holds.
    """
    sign = 1 if direction == "lower" else -1
    tolerance = max(rule.tolerance.amount, least) * abs(base) if rule.tolerance.relative else rule.tolerance.amount
    limit = sign * tolerance + (1.0 if change.is_ratio else 0.0)
    status, why = _decided(rule, change, sign, limit)
    told = _told(change)
    return RuleResult(rule, status, f"{told}: {why}", change.value, change.low, change.high, limit, change.n)


def _decided(rule: Rule, change: _Change, sign: int, limit: float) -> tuple[Status, str]:
    held = f"the limit of {limit:.4g}"
    if sign * (change.value - limit) <= 0:
        return "pass", f"within {held}"
    if not rule.settled:
        return "fail", f"beyond {held}"
    bound = change.low if sign > 0 else change.high
    if bound is None:
        return ("fail", f"beyond {held}, exactly") if change.exact else ("undecided", f"beyond {held}, but unsettled")
    if sign * (bound - limit) <= 0:
        return "undecided", f"beyond {held}, but the interval reaches within it"
    if change.p is not None and change.p > _LEVEL:
        return "undecided", f"beyond {held}, but by signed ranks p is above {_LEVEL:g}"
    return "fail", f"beyond {held}, with the whole interval"


def _told(change: _Change) -> str:
    number = ratio_text if change.is_ratio else "{:+.3g}".format
    unit = "times" if change.is_ratio else change.unit
    size = f"{number(change.value)} {unit}"
    interval = "" if change.low is None or change.high is None else f" ({number(change.low)} to {number(change.high)})"
    return f"{size}{interval} on {change.n} task(s)"


def _quality(rule: Rule, found: Comparison) -> RuleResult:
    change, means = found.quality_change, found.qualities
    if change.value is None or means is None:
        return RuleResult(rule, "fail", "no common task could be judged, so this checks nothing")
    described = _Change(change.value, change.low, change.high, change.n, "quality", exact=found.exact)
    return _held(rule, described, direction=rule.direction or "higher", base=means[0])


def _cost(rule: Rule, found: Comparison) -> RuleResult:
    ratio = found.cost_ratio
    assert ratio.value is not None
    direction = rule.direction or "lower"
    if found.tied == ratio.n and found.exact:
        why = f"{ratio_text(ratio.value)} times on {ratio.n} task(s): every task ties, as far as the meter can tell"
        return RuleResult(rule, "pass", why, ratio.value, ratio.low, ratio.high, None, ratio.n)
    if rule.tolerance.relative:
        change = _Change(ratio.value, ratio.low, ratio.high, ratio.n, "", found.exact, found.p, is_ratio=True)
        return _held(rule, change, direction=direction, base=1.0, least=found.resolution)
    costs = np.array([task.second_cost - task.first_cost for task in found.tasks])
    low, high = mean_interval(costs) or (None, None)
    described = _Change(float(costs.mean()), low, high, ratio.n, unit_of(found.cost), found.exact, found.p)
    return _held(rule, described, direction=direction, base=1.0)


def _each(rule: Rule, found: Comparison) -> RuleResult:
    """Every task by itself; where repeats tell the noise, what is not settled over all tasks together ties already."""
    sign = 1 if rule.direction in (None, "lower") else -1
    judged = {task: _one(rule, task, found, sign) for task in found.tasks}
    broken, unsettled = ([task for task, one in judged.items() if one == status] for status in ("fail", "undecided"))
    worst = max(found.tasks, key=lambda task: sign * task.ratio)
    status: Status = "fail" if broken else "undecided" if unsettled else "pass"
    told = broken or unsettled
    named = ", ".join(f"{task.task} ({ratio_text(task.ratio)} times)" for task in told[:_MOST_NAMED])
    more = f" and {len(told) - _MOST_NAMED} more" if len(told) > _MOST_NAMED else ""
    what = {"fail": "worse than accepted", "undecided": "maybe worse than accepted"}.get(status, "")
    why = f"{len(told)} of {len(found.tasks)} task(s) {what}: {named}{more}" if told else "each task within the limit"
    names = tuple(task.task for task in broken)
    return RuleResult(rule, status, why, worst.ratio, worst.low, worst.high, None, len(found.tasks), names)


def _one(rule: Rule, task: TaskComparison, found: Comparison, sign: int) -> Status:
    amount = rule.tolerance.amount
    if rule.tolerance.relative:
        over = sign * (task.ratio - 1) - max(amount, found.resolution)
        bound = task.low if sign > 0 else task.high
        certain = bound is not None and sign * (bound - 1) > amount
    else:
        over = sign * (task.second_cost - task.first_cost) - amount
        bound = task.low if sign > 0 else task.high
        certain = bound is not None and sign * (bound - 1) * task.first_cost > amount
    if over <= 0 or (task.standing == "tied" and (found.exact or task.low is None)):
        return "pass"
    if not rule.settled or (task.low is None and found.exact):
        return "fail"
    return "fail" if certain and task.standing != "tied" else "undecided"
