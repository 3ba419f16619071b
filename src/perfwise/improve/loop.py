"""The one loop of improving: ask the method, let the bench assess, let the archive decide, until nothing is left."""

import functools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from perfwise.core.json import Json
from perfwise.improve.accepting import front
from perfwise.improve.archive import Archive, lineage
from perfwise.improve.client import prompt_tokens
from perfwise.improve.contracts import (
    Answer,
    Bench,
    Budget,
    Entry,
    Method,
    ModelClient,
    Profile,
    Proposal,
    Request,
    TaskText,
)

__all__ = ["Improvement", "Run", "improve", "question_of"]

_BUDGET = Budget()
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Improvement:
    """What came of a run.

    Args:
        entries: all candidates, the original first.
        result: the entry that the method selected; entry 0 if nothing was better.
        steps: the accepted entries from the original to the result, without the original.
        front: entries that no other beats in every cost.
        spent: tokens and dollars.
        cost_name: the counted cost.
        stopped: why it ended: `nothing left to try`, or which budget was spent.
        unanswered: why the model gave no answer, each reason once with how often; empty where it always did.
    """

    entries: tuple[Entry, ...]
    result: Entry
    steps: tuple[Entry, ...]
    front: tuple[Entry, ...]
    spent: Mapping[str, float]
    cost_name: str
    stopped: str
    unanswered: tuple[str, ...] = ()

    @property
    def original(self) -> Entry:
        """Entry 0."""
        return self.entries[0]

    @property
    def ratio(self) -> float | None:
        """The original's count over the result's; above 1 is cheaper. A lower bound if it did not finish."""
        return _ratio(self.original, self.result, self.cost_name)


def question_of(
    bench: Bench, method: str, options: Mapping[str, Json], budget: Budget, model: str = ""
) -> dict[str, Json]:
    """Everything that decides a run, as the archive's first line keeps it."""
    return {
        "bench": dict(bench.identity),
        "method": method,
        "options": dict(options),
        "budget": [budget.candidates, budget.baselines, budget.tokens, budget.rounds],
        "model": model,
    }


def improve(
    bench: Bench,
    method: Method,
    archive: Archive,
    budget: Budget = _BUDGET,
    *,
    client: ModelClient | None = None,
    progress: Progress | None = None,
) -> Improvement:
    """Improve the bench's original.

    Args:
        bench: runs candidates.
        method: proposes and selects.
        archive: keeps everything; a run that it holds a part of goes on from there.
        budget: what may be spent.
        client: a model, for methods that ask one.
        progress: called with the candidates assessed so far and the most there can be.
    Raises: InvalidCandidate, InvalidTask from the bench's baseline; InvalidOption from the archive.
    """
    run = Run(bench, archive, budget, client)
    archive.begin(bench.original, bench.key(bench.original), bench.baseline)
    stopped = ""
    while not stopped:
        stopped = run.spent_up()
        if stopped:
            break
        proposals = method.propose(run)
        run.rounds += 1
        if not proposals:
            stopped = "nothing left to try"
            break
        stopped = _assess(run, proposals, progress)
    result = method.select(run)
    line = lineage(archive.entries, result)
    return Improvement(
        tuple(archive.entries),
        result,
        tuple(line[1:]),
        tuple(front(archive.entries, bench.cost_name)),
        archive.spent(),
        bench.cost_name,
        stopped,
        run.unanswered,
    )


def _assess(run: "Run", proposals: Sequence[Proposal], progress: Progress | None) -> str:
    """Assess a batch, each against the incumbent of the moment. Returns: why the run has to end, or nothing."""
    bench = run.bench
    for proposal in proposals:
        assess = functools.partial(bench.assess, proposal.text, run.best.assessment)
        entry = run.archive.judge(proposal, bench.key(proposal.text), assess)
        if entry.assessment.counterexample is not None and entry.same_as is None:
            bench.learn(entry.assessment.counterexample)
        run.count(entry)
        if progress is not None:
            progress(run.assessed, run.budget.candidates)
        if stopped := run.spent_up():
            return stopped
    return ""


class Run:
    """A run as its method sees it (`contracts.State`)."""

    def __init__(self, bench: Bench, archive: Archive, budget: Budget, client: ModelClient | None) -> None:
        self.bench, self.archive, self.budget = bench, archive, budget
        self.rounds = 0
        self.assessed = 0
        self._counted = 0.0
        self._profiles: dict[int, Profile] = {}
        self._client = None if client is None else _Recorded(client, archive, budget.tokens)

    @property
    def task(self) -> TaskText:
        """See `State`."""
        return self.bench.task

    @property
    def cost_name(self) -> str:
        """See `State`."""
        return self.bench.cost_name

    @property
    def entries(self) -> Sequence[Entry]:
        """See `State`."""
        return tuple(self.archive.entries)

    @property
    def best(self) -> Entry:
        """See `State`."""
        return self.archive.best

    @property
    def client(self) -> ModelClient | None:
        """See `State`."""
        return self._client

    @property
    def unanswered(self) -> tuple[str, ...]:
        """See `Improvement`."""
        failures = {} if self._client is None else self._client.failures
        return tuple(
            f"the model gave no answer {count} time{'s' if count > 1 else ''}: {why}" for why, count in failures.items()
        )

    @property
    def budget_left(self) -> Budget:
        """See `State`."""
        whole = self.budget
        baseline = self.archive.entries[0].assessment.costs.get(self.cost_name, 0.0)
        return replace(
            whole,
            candidates=max(whole.candidates - self.assessed, 0),
            baselines=max(whole.baselines - self._counted / baseline, 0.0) if baseline else whole.baselines,
            tokens=max(whole.tokens - int(self.archive.spent()["tokens"]), 0),
            rounds=max(whole.rounds - self.rounds, 0),
        )

    def ratio(self, entry: Entry) -> float | None:
        """See `State`."""
        return _ratio(self.archive.entries[0], entry, self.cost_name)

    def lineage(self, entry: Entry) -> Sequence[Entry]:
        """See `State`."""
        return lineage(self.archive.entries, entry)

    def profile(self, entry: Entry) -> Profile:
        """See `State`."""
        if entry.number not in self._profiles:
            self._profiles[entry.number] = self.bench.profile(entry.proposal.text)
        return self._profiles[entry.number]

    def tried(self, text: str) -> Entry | None:
        """See `State`."""
        return self.archive.known(self.bench.key(text))

    def count(self, entry: Entry) -> None:
        """Take an entry into the account."""
        if entry.same_as is None:
            self.assessed += 1
            self._counted += entry.assessment.costs.get(self.cost_name, 0.0)

    def spent_up(self) -> str:
        """Which budget is spent; empty if none is."""
        left = self.budget_left
        if left.candidates <= 0:
            return f"the budget of {self.budget.candidates} candidates is spent"
        if left.baselines <= 0:
            return f"the budget of {self.budget.baselines:g} times the original's count is spent"
        if left.rounds <= 0:
            return f"the budget of {self.budget.rounds} rounds is spent"
        return ""


class _Recorded:
    """A model whose answers the archive keeps and replays, and which is not asked beyond the ceiling of tokens."""

    def __init__(self, client: ModelClient, archive: Archive, ceiling: int) -> None:
        self._client, self._archive, self._ceiling = client, archive, ceiling
        self.failures: Counter[str] = Counter()

    @property
    def name(self) -> str:
        """Of the model."""
        return self._client.name

    def ask(self, request: Request) -> Answer:
        """From the archive, or from the model within the ceiling."""
        answer = self._asked(request)
        if answer.failure:
            self.failures[answer.failure] += 1
        return answer

    def _asked(self, request: Request) -> Answer:
        if not self._archive.answered(request):
            most = prompt_tokens(request) + request.max_tokens
            if self._archive.spent()["tokens"] + most > self._ceiling:
                return Answer("", failure=f"the ceiling of {self._ceiling:,} tokens could be passed")
        return self._archive.answer(request, self._client.ask)


def _ratio(original: Entry, entry: Entry, cost_name: str) -> float | None:
    before, after = (one.assessment.costs.get(cost_name) for one in (original, entry))
    if before is None or not after:
        return None
    return before / after
