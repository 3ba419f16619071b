"""A person who answers in the place of a model."""

from collections.abc import Callable
from dataclasses import dataclass

from perfwise.improve.contracts import Answer, Request

__all__ = ["Person"]


@dataclass(frozen=True)
class Person:
    """Shows the last message and takes an answer; costs no tokens.

    Args:
        answer: shows a text and returns what the person wrote; empty: they are done.
    """

    answer: Callable[[str], str]

    @property
    def name(self) -> str:
        """`a person`."""
        return "a person"

    def ask(self, request: Request) -> Answer:
        """Their answer; an empty one when they are done."""
        return Answer(self.answer(request.messages[-1].content))
