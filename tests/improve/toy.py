"""A bench whose programs are arithmetic expressions: behaviour is the value, cost is the length of the text."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

from perfwise.improve.contracts import (
    Answer,
    Assessment,
    Counterexample,
    Profile,
    Proposal,
    Request,
    TaskText,
)


@dataclass
class ToyBench:
    original: str = "1 + 1 + 1 + 1"
    cost_name: str = "toy_instructions"
    levels: tuple[str, ...] = ("parses", "value")
    assessed: list[str] = field(default_factory=list)
    learned: list[Counterexample] = field(default_factory=list)

    @property
    def identity(self):
        return {"original": self.original}

    @property
    def task(self):
        return TaskText("toy", "make four")

    def key(self, text):
        return text.replace(" ", "")

    def baseline(self):
        return self._of(self.original)

    def assess(self, text, incumbent):
        self.assessed.append(text)
        return self._of(text)

    def learn(self, counterexample):
        self.learned.append(counterexample)

    def profile(self, text):
        return Profile()

    def _of(self, text):
        try:
            value = eval(compile(ast.parse(text, mode="eval"), "toy", "eval"), {})
        except SyntaxError as error:
            return Assessment("broken", message=str(error.msg))
        if value != 4:
            example = Counterexample("()", "4", repr(value))
            return Assessment("different", "parses", counterexample=example)
        return Assessment("verified", "value", {self.cost_name: 100.0 * len(text)}, tried=1)


@dataclass(frozen=True)
class Listed:
    """Proposes the listed texts, some a round."""

    texts: tuple[str, ...]
    each: int = 2

    def propose(self, state) -> Sequence[Proposal]:
        start = state.rounds * self.each
        return [Proposal(text, state.best.number, "listed") for text in self.texts[start : start + self.each]]

    def select(self, state):
        return state.best


@dataclass
class Parrot:
    """A model that gives its answers in turn and counts its questions."""

    answers: list[str]
    name: str = "parrot"
    asked: list[Request] = field(default_factory=list)

    def ask(self, request):
        self.asked.append(request)
        return Answer(self.answers[(len(self.asked) - 1) % len(self.answers)], tokens=10)


@dataclass(frozen=True)
class Asking:
    """Proposes what the model says, three times."""

    def propose(self, state):
        if state.rounds == 3:
            return []
        answer = state.client.ask(Request((), max_tokens=10, sample=state.rounds))
        return [] if answer.failure else [Proposal(answer.text, spent={"tokens": answer.tokens})]

    def select(self, state):
        return state.best
