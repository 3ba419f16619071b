"""Pick one of several samples of a task: by tests, then by agreement with the others, then by exact count."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from perfwise.core.outcome import Failure
from perfwise.programs.charging import charged, idle_calls
from perfwise.programs.contracts import Call, Limits, Meter, ProgramCandidate, ProgramTask
from perfwise.programs.judge import Judge, OpenTask
from perfwise.programs.variation import mutated, scaled
from perfwise.recipes.improve_programs.watching import Seen, Watch, agreeing, answer_key

__all__ = ["Selection", "select"]

_SMALL_BUDGET = 2e7
_CASE_BUDGET = 2e9
_SIZES = (30, 200)
_REFUSING = 0.1


@dataclass(frozen=True, slots=True)
class Selection:
    """What was picked, and why.

    Args:
        task: id.
        chosen: the sample; None if none passes the tests.
        cost: its count on the measured inputs; None if none was chosen.
        samples: how many there were.
        passing: how many pass the tests.
        distinct: how many different programs these are.
        clusters: sizes of the groups that behave alike, in samples, the largest first.
        measured: how many were counted on the measured inputs.
        costs: (id, count) of those measured that behave as the chosen one.
    """

    task: str
    chosen: ProgramCandidate | None
    cost: float | None
    samples: int
    passing: int
    distinct: int
    clusters: tuple[int, ...]
    measured: int
    costs: tuple[tuple[str, float], ...]


def select(
    task: ProgramTask, samples: Sequence[ProgramCandidate], meter: Meter, *, most: int = 20, seed: int = 0
) -> Selection:
    """The cheapest sample of those that most samples agree with.

    Samples pass the task's tests. The passing ones are grouped by all that they do on tests, seeded mutations of them
    and larger inputs, except those that a tenth of them refuse by an exception. Of the largest group, counted in
    samples, or of all groups that are as large, those that cost least on these are counted on the measured inputs, at
    most `most`. Among them the answers that most samples give decide, then the count.

    Args:
        task: its inputs and tests.
        samples: of this task.
        meter: an exact one.
        most: how many are counted on the measured inputs, at least 1.
        seed: of the mutations.
    Source: clustering as in Li et al., AlphaCode, Science 378, 2022; the count inside the cluster is ours.
    """
    opened = Judge().open(task)
    tests = [data for data, case in zip(opened.inputs, opened.cases, strict=True) if not case.stress]
    stress = [data for data, case in zip(opened.inputs, opened.cases, strict=True) if case.stress]
    votes = Counter(sample.digest for sample in samples)
    first = {sample.digest: sample for sample in reversed(samples)}
    passing = [
        key for key in dict.fromkeys(sample.digest for sample in samples) if _passes(meter, task, opened, first[key])
    ]
    inputs = _inputs(task, tests, seed)
    seen = {key: _seen(meter, task, first[key], inputs) for key in passing}
    groups = _groups(seen, votes)
    counts = tuple(sorted((sum(votes[key] for key in group) for group in groups), reverse=True))
    told = (len(samples), sum(votes[key] for key in passing), len(passing), counts)
    if not groups:
        return Selection(task.id, None, None, *told, 0, ())
    most_votes = max(counts)
    best = [key for group in groups if sum(votes[each] for each in group) == most_votes for key in group]
    proxy = {key: sum(one.cost or _SMALL_BUDGET for one in seen[key]) for key in best}
    order = sorted(best, key=lambda key: (proxy[key], passing.index(key)))[:most]
    measured = {key: _measured(meter, task, first[key], stress or tests) for key in order}
    finished = {key: calls for key, calls in measured.items() if calls is not None}
    agreed = _agreed(finished, votes)
    costs = {key: sum(call.cost or 0.0 for call in finished[key]) for key in agreed}
    if not costs:
        return Selection(task.id, first[order[0]], None, *told, len(measured), ())
    chosen = min(costs, key=lambda key: (costs[key], passing.index(key)))
    pairs = tuple((first[key].id, cost) for key, cost in costs.items())
    return Selection(task.id, first[chosen], costs[chosen], *told, len(measured), pairs)


def _passes(meter: Meter, task: ProgramTask, opened: OpenTask, sample: ProgramCandidate) -> bool:
    first = next((place for place, case in enumerate(opened.cases) if case.stress), len(opened.cases))
    if not first:
        return True
    run = meter.measure(sample.source, task.entry_point, opened.inputs[:first], Limits(_CASE_BUDGET * 2), 0)
    if run.failure is not None or len(run.calls) < first or run.calls[-1].stopped is not None:
        return False
    return all(verdict == "ok" for verdict in opened.judge(run.calls).verdicts)


def _inputs(task: ProgramTask, tests: Sequence[bytes], seed: int) -> tuple[bytes, ...]:
    if not task.entry_point or not tests:
        return tuple(tests)
    near = mutated(tests, 60, seed)
    return (*tests, *near, *(one for size in _SIZES for one in scaled(tests[:3], size, seed)))


def _seen(meter: Meter, task: ProgramTask, sample: ProgramCandidate, inputs: Sequence[bytes]) -> tuple[Seen, ...]:
    seen = Watch(meter, task.entry_point, 512 << 20).see(sample.source, inputs, [_SMALL_BUDGET] * len(inputs))
    return () if isinstance(seen, Failure) else tuple(seen)


def _groups(seen: Mapping[str, tuple[Seen, ...]], votes: Mapping[str, int]) -> list[list[str]]:
    """Samples that do alike on every input that they finish, but those that are likely not allowed.

    An input on which a tenth of the passing samples, or more, raise an exception is taken to be none that the task
    allows: what a right program does there is anybody's choice.
    """
    width = max(map(len, seen.values()), default=0)
    rows = {key: row for key, row in seen.items() if len(row) == width}
    voters = sum(votes[key] for key in rows)
    raising = [sum(votes[key] for key, row in rows.items() if row[place].raising) for place in range(width)]
    allowed = [place for place in range(width) if raising[place] < _REFUSING * voters] or list(range(width))
    whole = {key: tuple(row[place] for place in allowed) for key, row in rows.items()}
    groups: list[list[str]] = []
    for key, row in sorted(whole.items(), key=lambda item: -votes[item[0]]):
        home = next((group for group in groups if agreeing(whole[group[0]], row)), None)
        if home is None:
            groups.append([key])
        else:
            home.append(key)
    return groups


def _measured(meter: Meter, task: ProgramTask, sample: ProgramCandidate, inputs: Sequence[bytes]) -> list[Call] | None:
    """Each input in a fresh guest; None if one is not finished."""
    calls: list[Call] = []
    limits = Limits(_CASE_BUDGET, None, 512 << 20)
    for data in inputs:
        run = meter.measure(sample.source, task.entry_point, [data], limits, 0)
        idle = idle_calls(meter, task.entry_point, [data], limits.memory_bytes)
        calls += charged(meter, run.calls, idle, limits)[:1]
        if run.failure is not None or not run.calls or calls[-1].stopped is not None:
            return None
    return calls


def _agreed(finished: Mapping[str, Sequence[Call]], votes: Mapping[str, int]) -> list[str]:
    """Those whose answers on the measured inputs most samples give."""
    groups: dict[str, list[str]] = {}
    for key, calls in finished.items():
        groups.setdefault(answer_key(calls), []).append(key)
    return max(groups.values(), key=lambda group: sum(votes[key] for key in group), default=[])
