"""Islands of programs, elites by features, inspirations; answers as replacements or whole programs."""

import math
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from perfwise.improve.asking import (
    asked,
    client_of,
    conversation,
    fenced,
    history,
    hot_lines,
    outcome_of,
    prompt,
    proposal_of,
    task_text,
)
from perfwise.improve.contracts import Answer, Entry, Proposal, Request, State
from perfwise.improve.population import Island, cell_of, fitness, islands

__all__ = ["Evolve"]

_BLOCK = re.compile(r"^<{5,} ?SEARCH\n(.*?)^={5,}\n(.*?)^>{5,} ?REPLACE", re.DOTALL | re.MULTILINE)
_TRIES = 3


@dataclass(frozen=True)
class Evolve:
    """Evolve programs on islands, one candidate a round, each a model's change of a parent.

    The islands take turns. The parent is a member of the island drawn evenly (20 %), an elite of any island (70 %), or
    a member drawn by fitness (10 %). Shown beside it are the island's best program and some elites of near cells. After
    every `migrate_every` candidates of an island its best tenth goes to both neighbours, each program once. The
    archive is the checkpoint: everything here is derived from it. Three answers in a row without a program end the run.

    Args:
        generations: candidates asked for.
        count: islands, at least 1.
        migrate_every: candidates of an island between migrations.
        inspirations: programs shown beside the parent.
        temperature: of sampling.
        seed: of every draw.

    Source: Novikov et al., AlphaEvolve, 2025, arXiv:2506.13131; codelion/openevolve for islands, cells and shares.
    Differs: only programs that behave as the original live on; no weighted ensemble of models; fixed phrasing; five
        islands and fifty generations between migrations there, which small budgets never reach.
    """

    generations: int = 40
    count: int = 3
    migrate_every: int = 5
    inspirations: int = 3
    temperature: float = 0.7
    seed: int = 0

    def propose(self, state: State) -> Sequence[Proposal]:
        """The next candidate; empty at the end."""
        if state.rounds >= self.generations:
            return []
        client, home = client_of(state, "evolve"), state.rounds % self.count
        living = islands(state, self.count, self.migrate_every, 0.1)
        parent = self._parent(state, living, home)
        messages = conversation(self._text(state, living[home], parent))
        requests = [Request(messages, self.temperature, sample=_TRIES * state.rounds + n) for n in range(_TRIES)]
        for request, answer in asked(client, requests):
            whole = Answer(replaced(parent.proposal.text, answer.text), answer.tokens, answer.usd, answer.failure)
            made = proposal_of(state, request, whole, parent=parent, reason="a change", detail={"island": home})
            if made is not None:
                return [made]
        return []

    def select(self, state: State) -> Entry:
        """The cheapest accepted one."""
        return state.best

    def _parent(self, state: State, living: Sequence[Island], home: int) -> Entry:
        generator = random.Random(f"{self.seed}/{state.rounds}")  # noqa: S311 - spreads the search
        drawn, members = generator.random(), living[home].members
        if drawn < 0.2:
            return generator.choice(members)
        if drawn < 0.9:
            elites = {entry.number: entry for island in living for entry in island.elites.values()}
            return elites[generator.choice(sorted(elites))]
        return generator.choices(members, [math.exp(fitness(state, entry)) for entry in members])[0]

    def _text(self, state: State, island: Island, parent: Entry) -> str:
        original = state.entries[0].proposal.text
        length, changed = cell_of(original, parent.proposal.text)
        failed = [entry for entry in state.entries[1:] if not entry.accepted]
        return prompt(
            "evolve",
            program=fenced(parent.proposal.text),
            task=task_text(state),
            outcome=outcome_of(state, parent),
            place=f"length class {length}, change class {changed}, of 0 to 9",
            lines=hot_lines(state, parent),
            inspirations=self._inspirations(state, island, parent),
            tried=history(state, failed, 3),
        )

    def _inspirations(self, state: State, island: Island, parent: Entry) -> str:
        original = state.entries[0].proposal.text
        place = cell_of(original, parent.proposal.text)
        best = max(island.members, key=lambda entry: (fitness(state, entry), -entry.number))
        near = sorted(island.elites.items(), key=lambda item: (math.dist(item[0], place), item[0]))
        chosen = {
            entry.number: entry for entry in (best, *(entry for _, entry in near)) if entry.number != parent.number
        }
        shown = list(chosen.values())[: self.inspirations]
        return "\n\n".join(f"{fenced(entry.proposal.text)}\n{outcome_of(state, entry)}" for entry in shown) or "none"


def replaced(program: str, answer: str) -> str:
    """The program with an answer's replacements made, each where its text stands for the first time, to the letter.

    An answer without such blocks, or with one whose text is not there, stays as it is and is read as a whole program.
    """
    blocks = _BLOCK.findall(answer)
    for before, after in blocks:
        if not before or before not in program:
            return answer
        program = program.replace(before, after, 1)
    return fenced(program) if blocks else answer
