"""Where a program's cost goes, by function and by line, and where the difference of two comes from."""

import functools
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from perfwise.core.outcome import Outcome
from perfwise.errors import InvalidOption
from perfwise.kit.stacks import Frame
from perfwise.programs.contracts import CaseResult, ProgramCandidate, ProgramTask, cases_of
from perfwise.programs.engine import ProgramEngine
from perfwise.programs.judge import Judge, OpenTask
from perfwise.programs.meters.wasm import WasmMeter
from perfwise.programs.probing import LineSpent, NodeSpent, Probed, ProbedTask, probed

__all__ = ["Change", "Explanation", "FunctionCost", "LineCost", "changes", "explain"]

_OWN_FILE = "<candidate>"
_FAR_OFF = 0.1  # of the count: parts that had to be scaled by more are told of


@dataclass(frozen=True, slots=True)
class FunctionCost:
    """What a function spent, over all its callers.

    Args:
        name: qualified.
        place: `program:LINE`, or module and line for a function of the library.
        calls: times it was entered; in the first part only where not all was watched.
        own: without the functions that it called.
        total: with them, each only once where it calls itself.
    """

    name: str
    place: str
    calls: int
    own: float
    total: float


@dataclass(frozen=True, slots=True)
class LineCost:
    """What a line of the program spent.

    Args:
        line: number, from 1.
        function: qualified name of the one that it is in.
        text: of the line.
        visits: times it was come to; 0 for a function's first line, which stands for entering it.
        own: without the functions that it called.
        total: with them.
    """

    line: int
    function: str
    text: str
    visits: int
    own: float
    total: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Where a program's cost goes.

    Args:
        task: id.
        candidate_set: name.
        candidate: id.
        source: the program.
        cost: WebAssembly instructions of the counted calls, from the run without probes.
        calls: how many were counted.
        functions: the dearest by their own amount first; their own amounts add up to `cost`.
        lines: in the order of the program.
        stacks: functions below their callers.
        probes_ratio: instructions of the probed run as a multiple of `cost`.
        seen_ratio: what the probes saw, without their own part, as a multiple of `cost`; the parts are scaled by it.
        sampled: whether lines and their visits are estimates from a part of the steps.
        caveats: why the parts deserve doubt, if they do.
    """

    task: str
    candidate_set: str
    candidate: str
    source: str
    cost: float
    calls: int
    functions: tuple[FunctionCost, ...]
    lines: tuple[LineCost, ...]
    stacks: Frame
    probes_ratio: float
    seen_ratio: float
    sampled: bool
    caveats: tuple[str, ...]

    @property
    def label(self) -> str:
        """Set and candidate, for people."""
        alone = self.candidate in {self.candidate_set, self.task}
        return self.candidate_set if alone else f"{self.candidate_set}:{self.candidate}"


def explain(task: ProgramTask, candidate: ProgramCandidate, outcome: Outcome, *, memory_bytes: int) -> Explanation:
    """Explain a cost that was counted.

    The counted run stays what it was; two more are made, one that watches functions and one that watches lines too.
    Their parts are scaled so that they add up to the count.

    Args:
        task: that was attempted.
        candidate: the program.
        outcome: of the attempt. If another meter made it, the instructions are counted now.
        memory_bytes: the most that the program may hold.
    Raises: InvalidOption if no call was counted; InvalidTask; InvalidCandidate if the program defeats the probes.
    """
    if candidate.language != "python":
        raise InvalidOption(f"{candidate.id} is written in {candidate.language}; only Python can be explained so far")
    caveats = []
    if outcome.provenance.meter != WasmMeter().name:
        caveats.append(f"parts of wasm instructions; the cost that was measured is by {outcome.provenance.meter}")
        outcome = ProgramEngine(WasmMeter(), memory_bytes=memory_bytes).run(task, candidate, outcome.seed)
    cases = [case for case in cases_of(outcome) if case.cost is not None]
    if not any(case.cost for case in cases):
        told = f": {outcome.failure}" if outcome.failure else ""
        raise InvalidOption(f"{candidate.id} of {candidate.candidate_set} on {task.id} has no counted call{told}")
    opened = _judge().open(task)
    counted = _counted(cases)
    stopped = cases[-1].verdict == "stopped"
    run = ProbedTask(
        task.entry_point,
        opened.inputs,
        counted,
        [case.cost or 0.0 for case in cases],
        stopped,
        memory_bytes,
        outcome.seed,
    )
    by_line = probed(candidate.source, run, lines=True)
    by_function = by_line
    if not stopped:  # a loop without calls has no event that could end it, so then lines have to do
        by_function = probed(candidate.source, run, lines=False)
    if by_function.one_in > 1:  # a function's stretches differ more than a line's: these are the better sample
        by_function = by_line
    caveats += _doubts(by_function, by_line, opened, cases)
    cost = sum(case.cost or 0.0 for case, counts in zip(cases, counted, strict=True) if counts)
    return _explanation(candidate, cost, sum(counted), (by_function, by_line), caveats)


def _counted(cases: Sequence[CaseResult]) -> list[bool]:
    """The calls that make up the cost: those of stress inputs, or all where none of these was run."""
    stress = [case.stress for case in cases]
    return stress if any(stress) else [True] * len(cases)


@functools.cache
def _judge() -> Judge:
    return Judge()


def _doubts(by_function: Probed, by_line: Probed, opened: OpenTask, cases: Sequence[CaseResult]) -> list[str]:
    told = []
    finished = [case.verdict for case in cases if case.verdict != "stopped"]
    verdicts = opened.judge(by_function.calls).verdicts[: len(finished)]
    if any(a != b for a, b in zip(finished, verdicts, strict=False)):
        told.append("under probes the program answered otherwise: it depends on the clock, or on being watched")
    if by_function.traced or by_line.traced:
        told.append("the program sets a trace or profile function of its own, or touches the probes")
    if not by_function.complete:
        told.append("it takes too many steps to watch all: the parts are those of the first ones")
    elif not by_line.complete:
        told.append("it takes too many steps to watch every line: within a function, the parts are those of the first")
    return told


def _explanation(
    candidate: ProgramCandidate, cost: float, calls: int, runs: tuple[Probed, Probed], caveats: list[str]
) -> Explanation:
    by_function, by_line = runs
    seen = sum(max(node.spent, 0) for node in _inside(by_function.nodes))
    scale = cost / seen if seen else 0.0
    if by_function.complete and by_function.one_in == 1 and abs(seen / cost - 1) > _FAR_OFF:
        caveats.append(f"the probes saw {seen / cost:.0%} of the cost; the parts are scaled to it, and as doubtful")
    functions = _functions(by_function.nodes, scale)
    return Explanation(
        task=candidate.task,
        candidate_set=candidate.candidate_set,
        candidate=candidate.id,
        source=candidate.source,
        cost=cost,
        calls=calls,
        functions=functions,
        lines=_lines(by_line, functions, candidate.source, cost),
        stacks=_tree(by_function.nodes, scale),
        probes_ratio=by_function.fuel / cost,
        seen_ratio=seen / cost,
        sampled=by_line.one_in > 1,
        caveats=tuple(caveats),
    )


def _first(nodes: Sequence[NodeSpent]) -> int:
    """Place of the guest's own function that makes the call; the meter does not count what that spends."""
    return next((place for place, node in enumerate(nodes) if node.parent == 0 and node.name == "call"), 0)


def _inside(nodes: Sequence[NodeSpent]) -> list[NodeSpent]:
    """The nodes below the call, in the order that has callers before callees."""
    first, below = _first(nodes), set[int]()
    for place, node in enumerate(nodes):
        if node.parent == first or node.parent in below:
            below.add(place)
    return [node for place, node in enumerate(nodes) if place in below]


def _place(file: str, line: int) -> str:
    if file == _OWN_FILE:
        return f"program:{line}"
    if file.startswith("/0/"):
        return f"guest.{file.removeprefix('/0/').removesuffix('.py')}:{line}"
    module = file.removeprefix("<frozen ").removesuffix(">").partition("/python/")[2] or file.strip("<>")
    module = module.removeprefix("frozen ").removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return f"{module}:{line}"


def _functions(nodes: Sequence[NodeSpent], scale: float) -> tuple[FunctionCost, ...]:
    """Over all callers; a function never stands below itself, so totals may be added."""
    totals = [max(node.spent, 0) for node in nodes]
    for place in range(len(nodes) - 1, 0, -1):
        totals[nodes[place].parent] += totals[place]
    inside = {id(node) for node in _inside(nodes)}
    sums: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0, 0.0, 0.0])
    for node, total in zip(nodes, totals, strict=True):
        if id(node) in inside:
            row = sums[node.name, _place(node.file, node.line)]
            row[0] += node.calls
            row[1] += max(node.spent, 0) * scale
            row[2] += total * scale
    rows = [FunctionCost(*key, int(calls), own, total) for key, (calls, own, total) in sums.items()]
    return tuple(sorted(rows, key=lambda row: (-row.own, -row.total, row.place, row.name)))


def _tree(nodes: Sequence[NodeSpent], scale: float) -> Frame:
    first = _first(nodes)
    callees: dict[int, list[Frame]] = defaultdict(list)
    for place in range(len(nodes) - 1, 0, -1):
        node = nodes[place]
        made = Frame(node.name, _place(node.file, node.line), max(node.spent, 0) * scale, tuple(callees[place][::-1]))
        callees[node.parent].append(made)
    return Frame("all counted calls", "", 0.0, tuple(callees[first][::-1]))


def _lines(run: Probed, functions: Iterable[FunctionCost], source: str, cost: float) -> tuple[LineCost, ...]:
    """Each function's lines share what the run by functions found for it: probed lines are a little dearer."""
    texts = source.split("\n")
    known = {(row.name, row.place): row.own for row in functions}
    whole = sum(max(node.spent, 0) for node in _inside(run.nodes))
    groups: dict[tuple[str, int], list[LineSpent]] = defaultdict(list)
    for line in run.lines:
        groups[line.name, line.first_line].append(line)
    rows = []
    for (name, first_line), lines in groups.items():
        seen = sum(max(line.spent, 0) for line in lines)
        share = known.get((name, f"program:{first_line}"), 0.0) / seen if seen else 0.0
        for line in lines:
            own = max(line.spent, 0) * share
            called = max(line.total - line.spent, 0) * cost / whole if whole else 0.0
            text = texts[line.line - 1] if 0 < line.line <= len(texts) else ""
            rows.append(LineCost(line.line, name, text, line.visits, own, min(own + called, cost)))
    return tuple(sorted(rows, key=lambda row: (row.line, row.function)))


@dataclass(frozen=True, slots=True)
class Change:
    """What a function spends itself in two programs; 0 where it is not there.

    Args:
        name: qualified.
        module: `program`, or the library's module; functions of the library with one name are told apart by it.
        first: own amount in the first program.
        second: own amount in the second.
        share: of the whole difference; negative where it works against it; NaN where there is none.
    """

    name: str
    module: str
    first: float
    second: float
    share: float

    @property
    def difference(self) -> float:
        """Second minus first."""
        return self.second - self.first


def changes(first: Explanation, second: Explanation) -> tuple[Change, ...]:
    """Where the difference comes from, the largest part first; the parts add up to it.

    Raises: InvalidOption if the two did not attempt the same task.
    """
    if first.task != second.task:
        raise InvalidOption(f"programs of two tasks have no difference to explain: {first.task}, {second.task}")
    sums: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for side, explanation in enumerate((first, second)):
        for row in explanation.functions:
            sums[row.name, row.place.rpartition(":")[0]][side] += row.own
    whole = second.cost - first.cost
    rows = [Change(*key, a, b, (b - a) / whole if whole else math.nan) for key, (a, b) in sums.items()]
    return tuple(sorted(rows, key=lambda row: (-abs(row.difference), row.module, row.name)))
